// What behaviours do to the links of real vehicles: partings, take-overs, sleep, wrong credentials.
#include "broker.hpp"
#include "links.hpp"
#include "scratch.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

using namespace loadsim;
using namespace loadsim::fleet::linked;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;

namespace {

struct parted {
    vehicle::parting way;
    const char* name;
    const char* told;
    bool told_offline; ///< by itself, or by its will
};

class partings : public links, public testing::WithParamInterface<parted> {};

TEST_P(partings, leave_behind_what_they_should) {
    keep_sessions();
    behave({say(word::kind::ack), wait(30ms), part(GetParam().way), wait(100ms), make(kind::reconnect), executed});
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return words().size() == 2; }));
    EXPECT_THAT(ms(), Gt(129));
    EXPECT_EQ(std::ranges::count(states(), "offline"), GetParam().told_offline ? 1 : 0);
    EXPECT_EQ(states().back(), "online");
    EXPECT_THAT(session_, ElementsAre(GetParam().told, "on line, session present"));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

INSTANTIATE_TEST_SUITE_P(
    all, partings,
    testing::Values(parted{vehicle::parting::clean, "clean", "off line: it said goodbye", true},
                    parted{vehicle::parting::abrupt, "abrupt", "off line: it reset the connection", true},
                    parted{vehicle::parting::half_open, "half_open", "off line: it fell silent", false}),
    [](const auto& row) { return row.param.name; });

TEST_F(links, parting_as_the_first_step_and_coming_back_by_itself) {
    behave({part(vehicle::parting::abrupt), wait(100ms)});
    keep_sessions();
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    ASSERT_TRUE(until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(ms(), Gt(99));
    EXPECT_EQ(delivered_["r1"], 1) << "it was acknowledged before";
}

TEST_F(links, second_client_takes_the_session_over_and_leaves) {
    behave({make(kind::takeover, 300ms), wait(400ms), make(kind::reconnect), executed});
    keep_sessions();
    options_.reconnect.base = options_.reconnect.cap = 60s; // so that the step is what brings it back
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    EXPECT_THAT(session_, ElementsAre("a second client comes with its name", "off line: its session was taken over"));
    run_to(200ms);
    EXPECT_EQ(closed_, 1) << "the other is there";
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(ms(), Gt(399));
    EXPECT_EQ(opened_.size(), 3U) << "the vehicle's, the other's, the vehicle's";
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_EQ(seen().sessions.reconnects, 1U);
    command("r2");
    EXPECT_TRUE(until([&] { return delivered("r2"); })) << "subscribed again";
}

TEST_F(links, thrown_out_vehicle_throws_the_other_out_once) {
    behave({make(kind::takeover, 10s), executed});
    options_.reconnect.base = options_.reconnect.cap = 100ms;
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return opened_.size() == 3 && fleet_->online() == 1; }));
    run_to(800ms);
    EXPECT_EQ(opened_.size(), 3U) << "the other does not come back";
}

TEST_F(links, consumer_that_stops_reading_keeps_its_session) {
    behave({make(kind::stall, 500ms), say(word::kind::ack)});
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return heard("r1"); })) << "it speaks all the same";
    command("r2");
    run_to(450ms);
    EXPECT_FALSE(delivered("r2"));
    ASSERT_TRUE(until([&] { return heard("r2"); }));
    EXPECT_THAT(delivered_at_["r2"], Gt(499));
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_THAT(heard_, IsEmpty());
    EXPECT_THAT(session_, ElementsAre("it stops reading", "it reads again", "it stops reading"));
}

TEST_F(links, sleeping_vehicle_is_woken_takes_what_waits_and_sleeps_again) {
    behave({wait(300ms), executed}); // longer than it stays awake for nothing
    behaviour_.asleep = vehicle::sleep{.woken_by = vehicle::sleep::bearer::sms, .takes = {}, .awake_for = 200ms};
    behaviour_.asleep->takes.a = 100ms;
    options_.mqtt.presence = false; // and yet the platform has to know
    begin();
    ASSERT_TRUE(until([&] { return !states().empty() && states().back() == "asleep sms"; }));
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    command("r1");
    run_to(150ms);
    EXPECT_FALSE(delivered("r1"));
    const auto woken_at = ms();
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0}); // a second trigger changes nothing
    ASSERT_TRUE(until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(ms() - woken_at, Gt(99));
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    const auto said_at = ms();
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    EXPECT_THAT(ms() - said_at, testing::AllOf(Gt(190), Lt(400)));
    ASSERT_TRUE(until([&] { return states().size() == 4; }));
    EXPECT_THAT(states(), ElementsAre("online", "asleep sms", "online", "asleep sms"));
    EXPECT_THAT(session_,
                ElementsAre("off line: it sleeps", "woken", "on line, session present", "off line: it sleeps"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_EQ(opened_.size(), 2U);
}

TEST_F(links, storm_wakes_nobody) {
    behave({});
    behaviour_.asleep = vehicle::sleep{};
    befall(condition::kind::reconnect_storm, 50ms);
    befall(condition::kind::garage, 100ms, 50ms);
    befall(condition::kind::handover, 200ms);
    befall(condition::kind::half_open, 220ms, 30ms);
    befall(condition::kind::tunnel, 260ms, 30ms);
    begin();
    run_to(400ms);
    EXPECT_EQ(struck_.size(), 10U);
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
}

TEST_F(links, storm_does_not_keep_anybody_from_waking_up) {
    behave({});
    behaviour_.asleep = vehicle::sleep{};
    behaviour_.asleep->takes.a = 100ms;
    befall(condition::kind::reconnect_storm, 50ms);
    begin();
    fleet_->wake(vehicle_id{0});
    EXPECT_TRUE(until([&] { return fleet_->online() == 1; }, 1s));
    EXPECT_EQ(struck_.size(), 2U);
}

TEST_F(links, wrong_credentials_are_tried_again_and_again) {
    const stage::scratch folder;
    const stage::broker strict("allow_anonymous false\npassword_file " +
                               stage::broker::password_file(folder, "platform", "secret") + "\n");
    behaviour_.credentials = vehicle::credentials{"platform", "expired"};
    options_.mqtt.user = "platform";
    options_.mqtt.password = "secret"; // which would do
    options_.reconnect.base = options_.reconnect.cap = 50ms;
    ASSERT_NO_FATAL_FAILURE(connect(strict));
    EXPECT_EQ(fleet_->asked(), 0U);
    ASSERT_TRUE(until([&] { return opened_.size() >= 4; }));
    begin_load();
    run_to(50ms);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(let_in_, 0);
    EXPECT_EQ(fleet_->refusal(), "") << "the run is not to blame";
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "requests are sent to it, and time out";
    EXPECT_THAT(heard_, ElementsAre("away"));
    const auto counts = seen().sessions;
    EXPECT_THAT(counts.refused, testing::Ge(3U));
    ASSERT_EQ(counts.reasons.size(), 1U);
    EXPECT_EQ(counts.reasons.begin()->second, counts.refused);
}

TEST_F(links, vehicle_that_should_not_have_been_let_in_is_told_of_once) {
    behave({executed});
    behaviour_.credentials = vehicle::credentials{"nobody", "wrong"};
    ASSERT_NO_FATAL_FAILURE(connect(broker_)); // which takes anybody
    EXPECT_EQ(fleet_->asked(), 0U);
    ASSERT_TRUE(until([&] { return let_in_ == 1; }));
    begin_load();
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->reachable(), 1U);
    command("r1");
    run_to(200ms);
    EXPECT_FALSE(delivered("r1"));
    EXPECT_EQ(let_in_, 1);
    EXPECT_EQ(opened_.size(), 1U);
}

TEST_F(links, run_that_ends_leaves_no_session_and_one_that_begins_finds_none) {
    keep_sessions();
    begin();
    fleet_->stop();
    const mqtt::bytes goodbye{0xE0, 7, 0, 5, 0x11, 0, 0, 0, 0}; // DISCONNECT, session expiry 0
    EXPECT_EQ(last_sent_, goodbye);
    begin(); // of the run before that, one that died, there may be a session all the same
    fleet_.reset();
    begin();
    EXPECT_EQ(seen().sessions.refused, 0U);
    EXPECT_THAT(seen().sessions.reasons, IsEmpty());
}

} // namespace
