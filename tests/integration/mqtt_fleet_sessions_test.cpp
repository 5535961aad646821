// MQTT fleet: effects of behaviours on sessions: disconnects, takeovers, sleep, wrong credentials.
#include "broker.hpp"
#include "mqtt_fleet_platform_fixture.hpp"
#include "temporary_folder.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

using namespace loadsim;
using namespace loadsim::fleet::mqtt_fleet_tests;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;

namespace {

struct disconnect_case {
    vehicle::disconnect_kind kind;
    const char* name;
    const char* session_event;
    bool offline_published; ///< by the vehicle or by its will
};

class disconnects : public mqtt_fleet_test, public testing::WithParamInterface<disconnect_case> {};

TEST_P(disconnects, have_the_expected_effects) {
    use_persistent_sessions();
    set_behaviour({respond_with(response_step::kind::ack), wait_for(30ms), disconnect_with(GetParam().kind),
                   wait_for(100ms), make_step(step_kind::reconnect), executed_step});
    connect_and_begin_load();
    send_command("r1");
    ASSERT_TRUE(run_until([&] { return responses().size() == 2; }));
    EXPECT_THAT(elapsed_ms(), Gt(129));
    EXPECT_EQ(std::ranges::count(states(), "offline"), GetParam().offline_published ? 1 : 0);
    EXPECT_EQ(states().back(), "online");
    EXPECT_THAT(session_events_, ElementsAre(GetParam().session_event, "online, session present"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable", "reachable"));
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
    EXPECT_THAT(sequence_numbers(), ElementsAre(1, 2));
}

INSTANTIATE_TEST_SUITE_P(all, disconnects,
                         testing::Values(disconnect_case{vehicle::disconnect_kind::clean, "clean",
                                                         "offline: it disconnected", true},
                                         disconnect_case{vehicle::disconnect_kind::abrupt, "abrupt",
                                                         "offline: it reset the connection", true},
                                         disconnect_case{vehicle::disconnect_kind::half_open, "half_open",
                                                         "offline: it went half-open", false}),
                         [](const auto& row) { return row.param.name; });

TEST_F(mqtt_fleet_test, disconnect_as_the_first_step_is_followed_by_a_reconnect) {
    set_behaviour({disconnect_with(vehicle::disconnect_kind::abrupt), wait_for(100ms)});
    use_persistent_sessions();
    connect_and_begin_load();
    send_command("r1");
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 0; }));
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(elapsed_ms(), Gt(99));
    EXPECT_EQ(deliveries_["r1"], 1) << "it was acknowledged before";
}

TEST_F(mqtt_fleet_test, takeover_client_takes_the_session_over_and_leaves) {
    set_behaviour(
        {make_step(step_kind::takeover, 300ms), wait_for(400ms), make_step(step_kind::reconnect), executed_step});
    use_persistent_sessions();
    options_.reconnect.base = options_.reconnect.cap = 60s; // so that only the step reconnects it
    connect_and_begin_load();
    send_command("r1");
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 0; }));
    EXPECT_THAT(session_events_,
                ElementsAre("a second client connects with its client id", "offline: its session was taken over"));
    run_to(200ms);
    EXPECT_EQ(closed_connections_, 1) << "the other is there";
    ASSERT_TRUE(run_until([&] { return responded("r1"); }));
    EXPECT_THAT(elapsed_ms(), Gt(399));
    EXPECT_EQ(source_addresses_.size(), 3U) << "the vehicle's, the other's, the vehicle's";
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
    EXPECT_EQ(total_counts().sessions.reconnects, 1U);
    send_command("r2");
    EXPECT_TRUE(run_until([&] { return delivered("r2"); })) << "subscribed again";
}

TEST_F(mqtt_fleet_test, displaced_vehicle_displaces_the_takeover_client_once) {
    set_behaviour({make_step(step_kind::takeover, 10s), executed_step});
    options_.reconnect.base = options_.reconnect.cap = 100ms;
    connect_and_begin_load();
    send_command("r1");
    ASSERT_TRUE(run_until([&] { return source_addresses_.size() == 3 && fleet_->online() == 1; }));
    run_to(800ms);
    EXPECT_EQ(source_addresses_.size(), 3U) << "the other does not come back";
}

TEST_F(mqtt_fleet_test, consumer_that_stops_reading_keeps_its_session) {
    set_behaviour({make_step(step_kind::stall, 500ms), respond_with(response_step::kind::ack)});
    connect_and_begin_load();
    send_command("r1");
    ASSERT_TRUE(run_until([&] { return responded("r1"); })) << "it speaks all the same";
    send_command("r2");
    run_to(450ms);
    EXPECT_FALSE(delivered("r2"));
    ASSERT_TRUE(run_until([&] { return responded("r2"); }));
    EXPECT_THAT(first_delivery_ms_["r2"], Gt(499));
    EXPECT_EQ(source_addresses_.size(), 1U);
    EXPECT_THAT(reachability_, IsEmpty());
    EXPECT_THAT(session_events_, ElementsAre("it stops reading", "it reads again", "it stops reading"));
}

TEST_F(mqtt_fleet_test, sleeping_vehicle_wakes_receives_queued_commands_and_sleeps_again) {
    set_behaviour({wait_for(300ms), executed_step}); // longer than the vehicle stays awake without commands
    behaviour_.asleep =
        vehicle::sleep{.bearer = vehicle::sleep::wakeup_bearer::sms, .wakeup_delay = {}, .stays_awake = 200ms};
    behaviour_.asleep->wakeup_delay.a = 100ms;
    connect_and_begin_load();
    ASSERT_TRUE(run_until([&] { return !states().empty() && states().back() == "asleep sms"; }));
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    send_command("r1");
    run_to(150ms);
    EXPECT_FALSE(delivered("r1"));
    const auto woken_at = elapsed_ms();
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0}); // a second trigger changes nothing
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(elapsed_ms() - woken_at, Gt(99));
    ASSERT_TRUE(run_until([&] { return responded("r1"); }));
    const auto responded_at = elapsed_ms();
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 0; }));
    EXPECT_THAT(elapsed_ms() - responded_at, testing::AllOf(Gt(190), Lt(400)));
    ASSERT_TRUE(run_until([&] { return states().size() == 4; }));
    EXPECT_THAT(states(), ElementsAre("online", "asleep sms", "online", "asleep sms"));
    EXPECT_THAT(session_events_,
                ElementsAre("offline: it sleeps", "woken", "online, session present", "offline: it sleeps"));
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
    EXPECT_EQ(source_addresses_.size(), 2U);
}

TEST_F(mqtt_fleet_test, reconnect_storm_does_not_wake_sleeping_vehicles) {
    set_behaviour({});
    behaviour_.asleep = vehicle::sleep{};
    add_condition(condition::kind::reconnect_storm, 50ms);
    add_condition(condition::kind::garage, 100ms, 50ms);
    add_condition(condition::kind::handover, 200ms);
    add_condition(condition::kind::half_open, 220ms, 30ms);
    add_condition(condition::kind::tunnel, 260ms, 30ms);
    connect_and_begin_load();
    run_to(400ms);
    EXPECT_EQ(condition_events_.size(), 10U);
    EXPECT_EQ(source_addresses_.size(), 1U);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
}

TEST_F(mqtt_fleet_test, reconnect_storm_does_not_prevent_a_wakeup) {
    set_behaviour({});
    behaviour_.asleep = vehicle::sleep{};
    behaviour_.asleep->wakeup_delay.a = 100ms;
    add_condition(condition::kind::reconnect_storm, 50ms);
    connect_and_begin_load();
    fleet_->wake(vehicle_id{0});
    EXPECT_TRUE(run_until([&] { return fleet_->online() == 1; }, 1s));
    EXPECT_EQ(condition_events_.size(), 2U);
}

TEST_F(mqtt_fleet_test, wrong_credentials_are_retried) {
    const harness::temporary_folder folder;
    const harness::broker strict("allow_anonymous false\npassword_file " +
                                 harness::broker::password_file(folder, "platform", "secret") + "\n");
    behaviour_.credentials = vehicle::credentials{"platform", "expired"};
    options_.mqtt.user = "platform";
    options_.mqtt.password = "secret"; // valid at this broker
    options_.reconnect.base = options_.reconnect.cap = 50ms;
    ASSERT_NO_FATAL_FAILURE(connect(strict));
    EXPECT_EQ(fleet_->expected_online(), 0U);
    ASSERT_TRUE(run_until([&] { return source_addresses_.size() >= 4; }));
    begin_load();
    run_to(50ms);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(unauthorized_accepts_, 0);
    EXPECT_EQ(fleet_->refusal(), "") << "the run is not to blame";
    EXPECT_TRUE(fleet_->available(vehicle_id{0})) << "requests are sent to it, and time out";
    EXPECT_THAT(reachability_, ElementsAre("unreachable"));
    const auto counts = total_counts().sessions;
    EXPECT_THAT(counts.refused, testing::Ge(3U));
    ASSERT_EQ(counts.reasons.size(), 1U);
    EXPECT_EQ(counts.reasons.begin()->second, counts.refused);
}

TEST_F(mqtt_fleet_test, unauthorized_accept_is_reported_once) {
    set_behaviour({executed_step});
    behaviour_.credentials = vehicle::credentials{"nobody", "wrong"};
    ASSERT_NO_FATAL_FAILURE(connect(broker_)); // allows anonymous clients
    EXPECT_EQ(fleet_->expected_online(), 0U);
    ASSERT_TRUE(run_until([&] { return unauthorized_accepts_ == 1; }));
    begin_load();
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->available(), 1U);
    send_command("r1");
    run_to(200ms);
    EXPECT_FALSE(delivered("r1"));
    EXPECT_EQ(unauthorized_accepts_, 1);
    EXPECT_EQ(source_addresses_.size(), 1U);
}

TEST_F(mqtt_fleet_test, run_leaves_no_session_and_starts_without_one) {
    use_persistent_sessions();
    connect_and_begin_load();
    fleet_->stop();
    const mqtt::bytes goodbye{0xE0, 7, 0, 5, 0x11, 0, 0, 0, 0}; // DISCONNECT, session expiry 0
    EXPECT_EQ(last_sent_, goodbye);
    connect_and_begin_load(); // a crashed earlier run may have left a session
    fleet_.reset();
    connect_and_begin_load();
    EXPECT_EQ(total_counts().sessions.refused, 0U);
    EXPECT_THAT(total_counts().sessions.reasons, IsEmpty());
}

} // namespace
