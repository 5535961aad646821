// The vehicles of a rehearsal without a session: who is away or sleeps, what waits for them, and what is lost.
#include "model_fleet.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet::modelled;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

// Who is away for good, or sleeps.

TEST_F(model_vehicles, offline_vehicles_leave_when_the_load_begins) {
    behaviours_ = {behaves({})};
    behaviours_.front().online = false;
    keep_sessions();
    build();
    EXPECT_EQ(fleet_->asked(), 1U);
    EXPECT_EQ(fleet_->online(), 1U);
    fleet_->begin_load(start);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "away as it should be";
    EXPECT_EQ(fleet_->reachable(), 1U);
    command("r1");
    run_to(100s);
    EXPECT_THAT(told_, IsEmpty());
    EXPECT_THAT(links_, ElementsAre("away at 0"));
    EXPECT_THAT(states_, ElementsAre("offline at 0"));
}

TEST_F(model_vehicles, wrong_credentials_never_get_a_session) {
    behaviours_ = {behaves({})};
    behaviours_.front().credentials = vehicle::credentials{"nobody", "wrong"};
    begin();
    EXPECT_EQ(fleet_->asked(), 0U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_THAT(links_, ElementsAre("away at 0"));
    command("r1");
    run_to(100s);
    EXPECT_THAT(told_, IsEmpty());
    EXPECT_EQ(fleet_->take().sessions.refused, 1U);
}

TEST_F(model_vehicles, absent_ones_are_told_of_when_they_are_called_if_that_is_wanted) {
    manner_.absent_when_called = true;
    behaviours_ = {behaves({say(word::kind::executed)}), behaves({})};
    behaviours_[1].name = "gone";
    behaviours_[1].online = false;
    options_.segments = {{"here", {0.5}, "tested"}, {"gone", {0.5}, "gone"}};
    begin(100);
    EXPECT_EQ(fleet_->online(), 50U);
    EXPECT_EQ(fleet_->asked(), 100U);
    EXPECT_THAT(session_, IsEmpty());
    EXPECT_THAT(links_, IsEmpty());
    EXPECT_THAT(states_, IsEmpty());
    for (std::uint32_t v = 0; v < 100; ++v) command("r" + std::to_string(v), v);
    EXPECT_THAT(links_, testing::SizeIs(50)) << "each when a command came for it";
    EXPECT_THAT(words_, testing::SizeIs(50));
    EXPECT_EQ(fleet_->remembered(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "away as it should be";
}

TEST_F(model_vehicles, absent_ones_of_a_share_are_counted_exactly) {
    manner_.absent_when_called = true;
    share_ = {1, 3};
    behaviours_ = {behaves({say(word::kind::executed)}), behaves({})};
    behaviours_[1].name = "gone";
    behaviours_[1].online = false;
    options_.segments = {{"here", {0.7}, "tested"}, {"gone", {0.3}, "gone"}};
    begin(100);
    const vehicle::segmentation same(seed, 100, options_.segments);
    std::uint32_t here = 0;
    for (std::uint32_t v = 1; v < 100; v += 3) here += same.segment_of(vehicle_id{v}) == 0 ? 1U : 0U;
    EXPECT_EQ(fleet_->asked(), 33U);
    EXPECT_EQ(fleet_->online(), here);
}

class sleeping_vehicles : public model_vehicles {
protected:
    void SetUp() override {
        behaviours_ = {behaves({wait_for(100ms), say(word::kind::executed)})};
        behaviours_.front().asleep = vehicle::sleep{.woken_by = vehicle::sleep::bearer::sms, .takes = exactly(5s)};
    }
};

TEST_F(sleeping_vehicles, are_woken_take_what_waits_answer_and_sleep_again) {
    begin();
    EXPECT_EQ(fleet_->asked(), 1U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_THAT(states_, ElementsAre("asleep sms at 0"));
    run_to(1s);
    command("r1"); // in spite of a clean start: these always keep their session
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0}); // is on its way already
    run_to(20s);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 6100"));
    EXPECT_THAT(states_, ElementsAre("asleep sms at 0", "online at 6000", "asleep sms at 8100"));
    EXPECT_THAT(links_, ElementsAre("away at 0", "back at 6000", "away at 8100"));
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(sleeping_vehicles, awake_ones_hear_no_trigger_and_stay_while_they_work) {
    behaviours_.front().steps = {wait_for(10s), say(word::kind::executed)};
    begin();
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(6s);
    fleet_->wake(vehicle_id{0});
    run_to(60s);
    EXPECT_THAT(links_, ElementsAre("away at 0", "back at 5000", "away at 17000"));
}

TEST_F(sleeping_vehicles, triggers_are_lost) {
    behaviours_.front().asleep->loss.of_one = 0.5;
    constexpr std::uint32_t fleet = 2000;
    begin(fleet);
    for (std::uint32_t v = 0; v < fleet; ++v) fleet_->wake(vehicle_id{v});
    run_to(6s);
    EXPECT_NEAR(fleet_->online(), fleet / 2.0, 100);
    for (int again = 0; again < 20; ++again)
        for (std::uint32_t v = 0; v < fleet; ++v) fleet_->wake(vehicle_id{v});
    run_to(6500ms);
    EXPECT_NEAR(fleet_->online(), fleet / 2.0, 100);
}

// Sessions: what waits, what is lost.

TEST_F(model_vehicles, commands_for_an_absent_vehicle_wait_or_are_lost) {
    struct row {
        bool kept;
        std::chrono::seconds session_expiry;
        mqtt::version protocol;
        std::uint8_t qos;
        mqtt::qos subscribed;
        nanoseconds expires;
        bool arrives;
    };
    using enum mqtt::version;
    using enum mqtt::qos;
    const std::vector<row> table{
        {true, 3600s, v5_0, 1, at_least_once, 1000s, true},   {true, 3600s, v5_0, 2, exactly_once, 1000s, true},
        {true, 3600s, v5_0, 0, at_least_once, 1000s, false},  // QoS 0 is for those who are there
        {true, 3600s, v5_0, 1, at_most_once, 1000s, false},   // as granted
        {true, 3600s, v5_0, 1, at_least_once, 40s, false},    // the message has expired
        {true, 3600s, v5_0, 1, at_least_once, 60s, true},     // it has not, on the dot
        {true, 30s, v5_0, 1, at_least_once, 1000s, false},    // the session has
        {true, 0s, v3_1_1, 1, at_least_once, 1000s, true},    // 3.1.1 keeps it for ever
        {true, 0s, v5_0, 1, at_least_once, 1000s, false},     // 5.0 ends it with the connection
        {false, 3600s, v5_0, 1, at_least_once, 1000s, false}, // a clean start
    };
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& r = table[i];
        SCOPED_TRACE(i);
        fleet_.reset();
        had_.clear();
        told_.clear();
        conditions_ = {befalls(condition::kind::garage, 10s, 50s)};
        options_.mqtt.session.clean_start = !r.kept;
        options_.mqtt.session.session_expiry = r.session_expiry;
        options_.mqtt.session.protocol = r.protocol;
        options_.mqtt.command_qos = r.subscribed;
        behaviours_ = {behaves({})};
        begin();
        run_to(20s);
        command("r1", 0, r.qos, r.expires);
        run_to(100s);
        if (r.arrives)
            EXPECT_THAT(told_, ElementsAre("delivered r1 at 60000"));
        else
            EXPECT_THAT(told_, IsEmpty());
    }
}

TEST_F(model_vehicles, what_waits_comes_in_order) {
    keep_sessions();
    behaviours_ = {behaves({})};
    conditions_ = {befalls(condition::kind::garage, 1s, 5s)};
    begin();
    run_to(2s);
    for (const auto* id : {"r1", "r2", "r3"}) command(id);
    run_to(10s);
    EXPECT_THAT(told_, ElementsAre("delivered r1 at 6000", "delivered r2 at 6000", "delivered r3 at 6000"));
    EXPECT_THAT(session_, ElementsAre("garage begins at 1000", "off line: garage at 1000", "garage ends at 6000",
                                      "on line, session present at 6000"));
}

} // namespace
