// Sessions of simulated vehicles: offline and sleeping vehicles, queued and lost messages.
#include "simulated_fleet_fixture.hpp"

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
using namespace loadsim::fleet::simulation_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

// Permanently offline and sleeping vehicles.

TEST_F(simulated_fleet_test, offline_vehicles_disconnect_when_the_load_begins) {
    behaviours_ = {make_behaviour({})};
    behaviours_.front().online = false;
    keep_sessions();
    build();
    EXPECT_EQ(fleet_->expected_online(), 1U);
    EXPECT_EQ(fleet_->online(), 1U);
    fleet_->begin_load(start);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0})) << "offline on purpose";
    EXPECT_EQ(fleet_->available(), 1U);
    command("r1");
    run_to(100s);
    EXPECT_THAT(events_, IsEmpty());
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 0"));
    EXPECT_THAT(presence_, ElementsAre("offline at 0"));
}

TEST_F(simulated_fleet_test, wrong_credentials_never_get_a_session) {
    behaviours_ = {make_behaviour({})};
    behaviours_.front().credentials = vehicle::credentials{"nobody", "wrong"};
    begin();
    EXPECT_EQ(fleet_->expected_online(), 0U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 0"));
    command("r1");
    run_to(100s);
    EXPECT_THAT(events_, IsEmpty());
    EXPECT_EQ(fleet_->take_counts().sessions.refused, 1U);
}

TEST_F(simulated_fleet_test, absent_ones_are_reported_lazily_if_configured) {
    simulation_.report_absent_lazily = true;
    behaviours_ = {make_behaviour({respond_with(response_step::kind::executed)}), make_behaviour({})};
    behaviours_[1].name = "gone";
    behaviours_[1].online = false;
    options_.segments = {{"here", {0.5}, "tested"}, {"gone", {0.5}, "gone"}};
    begin(100);
    EXPECT_EQ(fleet_->online(), 50U);
    EXPECT_EQ(fleet_->expected_online(), 100U);
    EXPECT_THAT(session_events_, IsEmpty());
    EXPECT_THAT(reachability_, IsEmpty());
    EXPECT_THAT(presence_, IsEmpty());
    for (std::uint32_t v = 0; v < 100; ++v) command("r" + std::to_string(v), v);
    EXPECT_THAT(reachability_, testing::SizeIs(50)) << "each when a command came for it";
    EXPECT_THAT(responses_, testing::SizeIs(50));
    EXPECT_EQ(stored_vehicles(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0})) << "offline on purpose";
}

TEST_F(simulated_fleet_test, absent_ones_of_a_partition_are_counted_exactly) {
    simulation_.report_absent_lazily = true;
    share_ = {1, 3};
    behaviours_ = {make_behaviour({respond_with(response_step::kind::executed)}), make_behaviour({})};
    behaviours_[1].name = "gone";
    behaviours_[1].online = false;
    options_.segments = {{"here", {0.7}, "tested"}, {"gone", {0.3}, "gone"}};
    begin(100);
    const vehicle::segmentation same(seed, 100, options_.segments);
    std::uint32_t here = 0;
    for (std::uint32_t v = 1; v < 100; v += 3) here += same.segment_of(vehicle_id{v}) == 0 ? 1U : 0U;
    EXPECT_EQ(fleet_->expected_online(), 33U);
    EXPECT_EQ(fleet_->online(), here);
}

class sleeping_vehicles : public simulated_fleet_test {
protected:
    void SetUp() override {
        behaviours_ = {make_behaviour({wait_for(100ms), respond_with(response_step::kind::executed)})};
        behaviours_.front().asleep =
            vehicle::sleep{.bearer = vehicle::sleep::wakeup_bearer::sms, .wakeup_delay = exactly(5s)};
    }
};

TEST_F(sleeping_vehicles, wake_up_receive_queued_commands_respond_and_sleep_again) {
    begin();
    EXPECT_EQ(fleet_->expected_online(), 1U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    EXPECT_THAT(presence_, ElementsAre("asleep sms at 0"));
    run_to(1s);
    command("r1"); // despite clean start: sleeping vehicles always have a persistent session
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0}); // already waking up
    run_to(20s);
    EXPECT_THAT(responses_, ElementsAre("r1 final #1 at 6100"));
    EXPECT_THAT(presence_, ElementsAre("asleep sms at 0", "online at 6000", "asleep sms at 8100"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 0", "reachable at 6000", "unreachable at 8100"));
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(sleeping_vehicles, are_counted_however_they_are_stored) {
    for (const bool lazily : {true, false}) {
        simulation_.report_absent_lazily = lazily;
        conditions_ = {make_condition(condition::kind::tunnel, 2s, 1s)};
        begin(100);
        EXPECT_EQ(fleet_->states(), measure::vehicle_states{.asleep = 100});
        fleet_->wake(vehicle_id{7});
        run_to(2s);
        EXPECT_EQ(fleet_->states(), (measure::vehicle_states{.asleep = 100, .blocked = 100})) << "7 has not woken up";
        run_to(5s);
        EXPECT_EQ(fleet_->states(), measure::vehicle_states{.asleep = 99});
        EXPECT_EQ(fleet_->online(), 1U);
        run_to(20s);
        EXPECT_EQ(fleet_->states(), measure::vehicle_states{.asleep = 100});
        fleet_->stop();
        EXPECT_EQ(fleet_->states(), measure::vehicle_states{});
        fleet_.reset();
    }
}

TEST_F(sleeping_vehicles, publish_presence_in_slices_as_there_is_capacity) {
    simulation_.report_absent_lazily = true;
    room_ = 250;
    begin(1000);
    EXPECT_EQ(presence_.size(), 100U) << "the loop has other work, too";
    run_to(1s);
    EXPECT_EQ(presence_.size(), 250U);
    room_ = 10'000;
    run_to(2s);
    EXPECT_EQ(presence_.size(), 1000U);
    EXPECT_THAT(presence_, testing::Each(testing::StartsWith("asleep sms at ")));
    EXPECT_EQ(stored_vehicles(), 0U);
    EXPECT_THAT(reachability_, IsEmpty());
    fleet_->stop();
    EXPECT_THAT(fleet_->take_counts().sessions.reasons, IsEmpty());
}

TEST_F(sleeping_vehicles, that_were_woken_before_have_published_their_own_presence) {
    simulation_.report_absent_lazily = true;
    room_ = 0;
    begin(3);
    fleet_->wake(vehicle_id{1});
    run_to(6s);
    EXPECT_THAT(presence_, ElementsAre("online at 5000"));
    room_ = 10;
    run_to(6010ms);
    EXPECT_EQ(presence_.size(), 3U) << "the other two";
}

TEST_F(sleeping_vehicles, whose_presence_could_not_be_published_are_reported) {
    simulation_.report_absent_lazily = true;
    room_ = 0;
    begin(3);
    fleet_->stop();
    EXPECT_EQ(fleet_->take_counts().sessions.reasons.begin()->first,
              "presence not sent: the run ended before all sleeping vehicles had published it");
}

TEST_F(sleeping_vehicles, awake_ones_ignore_triggers_and_stay_awake_while_executing) {
    behaviours_.front().steps = {wait_for(10s), respond_with(response_step::kind::executed)};
    begin();
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(6s);
    fleet_->wake(vehicle_id{0});
    run_to(60s);
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 0", "reachable at 5000", "unreachable at 17000"));
}

TEST_F(sleeping_vehicles, triggers_are_lost) {
    behaviours_.front().asleep->trigger_loss.value = 0.5;
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

// Sessions: queued and lost messages.

TEST_F(simulated_fleet_test, commands_for_an_offline_vehicle_are_queued_or_lost) {
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
        {true, 3600s, v5_0, 0, at_least_once, 1000s, false},  // QoS 0 is delivered to online vehicles only
        {true, 3600s, v5_0, 1, at_most_once, 1000s, false},   // as granted
        {true, 3600s, v5_0, 1, at_least_once, 40s, false},    // the message has expired
        {true, 3600s, v5_0, 1, at_least_once, 60s, true},     // expires exactly at delivery: delivered
        {true, 30s, v5_0, 1, at_least_once, 1000s, false},    // the session has expired
        {true, 0s, v3_1_1, 1, at_least_once, 1000s, true},    // 3.1.1: no session expiry
        {true, 0s, v5_0, 1, at_least_once, 1000s, false},     // 5.0: expiry 0 ends the session with the connection
        {false, 3600s, v5_0, 1, at_least_once, 1000s, false}, // clean start
    };
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& r = table[i];
        SCOPED_TRACE(i);
        fleet_.reset();
        delivered_.clear();
        events_.clear();
        conditions_ = {make_condition(condition::kind::garage, 10s, 50s)};
        options_.mqtt.session.clean_start = !r.kept;
        options_.mqtt.session.session_expiry = r.session_expiry;
        options_.mqtt.session.protocol = r.protocol;
        options_.mqtt.command_qos = r.subscribed;
        behaviours_ = {make_behaviour({})};
        begin();
        run_to(20s);
        command("r1", 0, r.qos, r.expires);
        run_to(100s);
        if (r.arrives)
            EXPECT_THAT(events_, ElementsAre("delivered r1 at 60000"));
        else
            EXPECT_THAT(events_, IsEmpty());
    }
}

TEST_F(simulated_fleet_test, queued_commands_arrive_in_order) {
    keep_sessions();
    behaviours_ = {make_behaviour({})};
    conditions_ = {make_condition(condition::kind::garage, 1s, 5s)};
    begin();
    run_to(2s);
    for (const auto* id : {"r1", "r2", "r3"}) command(id);
    run_to(10s);
    EXPECT_THAT(events_, ElementsAre("delivered r1 at 6000", "delivered r2 at 6000", "delivered r3 at 6000"));
    EXPECT_THAT(session_events_, ElementsAre("garage begins at 1000", "offline: garage at 1000", "garage ends at 6000",
                                             "online, session present at 6000"));
}

} // namespace
