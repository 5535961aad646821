// MQTT fleet at a real broker: effects of conditions on the links.
#include "mqtt_fleet_platform_fixture.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <utility>

using namespace loadsim;
using namespace loadsim::fleet::mqtt_fleet_tests;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;

namespace {

std::ptrdiff_t open_files() { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); }

TEST_F(mqtt_fleet_test, tunnel_keeps_the_connection_and_delivers_afterwards) {
    set_behaviour({executed_step});
    add_condition(condition::kind::tunnel, 100ms, 700ms);
    connect_and_begin_load();
    run_to(300ms);
    EXPECT_EQ(fleet_->online(), 1U) << "it has not detected the loss";
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    send_command("r1");
    send_command("r2", mqtt::qos::at_most_once);
    run_to(750ms);
    EXPECT_FALSE(delivered("r1"));
    ASSERT_TRUE(run_until([&] { return responded("r1") && responded("r2"); }));
    EXPECT_THAT(first_delivery_ms_["r1"], Gt(799));
    EXPECT_THAT(responses(), ElementsAre("r1", "r2"));
    EXPECT_EQ(source_addresses_.size(), 1U) << "the same connection";
    EXPECT_EQ(closed_connections_, 0);
    EXPECT_THAT(reachability_, ElementsAre("unreachable", "reachable"));
    EXPECT_THAT(condition_events_, ElementsAre("0 begins", "0 passes"));
    EXPECT_THAT(session_events_, ElementsAre("tunnel begins", "tunnel ends"));
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
    expect_recovery(testing::AllOf(Gt(690), Lt(900)));
}

TEST_F(mqtt_fleet_test, response_sent_in_a_tunnel_is_delivered_after_it) {
    set_behaviour({wait_for(200ms), executed_step});
    add_condition(condition::kind::tunnel, 100ms, 500ms);
    connect_and_begin_load();
    send_command("r1");
    run_to(500ms);
    EXPECT_TRUE(delivered("r1"));
    EXPECT_FALSE(responded("r1"));
    EXPECT_TRUE(run_until([&] { return responded("r1"); }));
    EXPECT_THAT(elapsed_ms(), Gt(599));
}

TEST_F(mqtt_fleet_test, tunnel_longer_than_the_keep_alive_loses_the_connection) {
    set_behaviour({wait_for(100ms), executed_step});
    use_persistent_sessions();
    options_.mqtt.session.keep_alive = 1s;
    add_condition(condition::kind::tunnel, 100ms, 2400ms);
    connect_and_begin_load();
    send_command("r1");
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 0; })) << "no PINGRESP";
    EXPECT_THAT(elapsed_ms(), testing::AllOf(Gt(1550), Lt(2200))); // a ping after 750 ms, and as long for its response
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    EXPECT_EQ(closed_connections_, 0) << "no goodbye gets through";
    ASSERT_TRUE(run_until([&] { return responded("r1"); })) << "what it has said meanwhile is said again";
    EXPECT_THAT(elapsed_ms(), Gt(2499)) << "nor a connect";
    EXPECT_EQ(source_addresses_.size(), 2U);
    EXPECT_THAT(session_events_, Contains("online, session present"));
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
}

TEST_F(mqtt_fleet_test, garage_resets_the_connection_and_commands_wait_for_the_session) {
    set_behaviour({executed_step});
    use_persistent_sessions();
    add_condition(condition::kind::garage, 100ms, 600ms);
    connect_and_begin_load();
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 0; }));
    EXPECT_TRUE(fleet_->available(vehicle_id{0})) << "offline on purpose";
    ASSERT_TRUE(run_until([&] { return states().back() == "offline"; })) << "its will";
    send_command("r1");
    send_command("r2");
    run_to(650ms);
    EXPECT_EQ(fleet_->online(), 0U);
    ASSERT_TRUE(run_until([&] { return responded("r2"); }));
    EXPECT_THAT(responses(), ElementsAre("r1", "r2"));
    EXPECT_EQ(deliveries_["r1"], 1);
    EXPECT_THAT(session_events_,
                ElementsAre("garage begins", "offline: garage", "garage ends", "online, session present"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable", "reachable"));
    EXPECT_EQ(states().back(), "online");
    const auto counts = total_counts().sessions;
    EXPECT_EQ(counts.dropped, 0U) << "that was on purpose";
    EXPECT_EQ(counts.refused, 0U);
    EXPECT_EQ(counts.reconnects, 1U);
    EXPECT_THAT(counts.reasons, IsEmpty());
    expect_recovery(testing::AllOf(Gt(590), Lt(900)));
}

TEST_F(mqtt_fleet_test, sessions_of_an_earlier_run_are_discarded_and_refuse_nobody_3_1_1) {
    use_persistent_sessions();
    options_.mqtt.session.protocol = mqtt::version::v3_1_1;
    ASSERT_NO_FATAL_FAILURE(connect(broker_));
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 1; }));
    fleet_->stop(); // 3.1.1 has no DISCONNECT that ends the session
    add_condition(condition::kind::garage, 100ms, 100ms);
    connect_and_begin_load();
    EXPECT_EQ(total_counts().sessions.refused, 0U);
    ASSERT_TRUE(run_until([&] {
        return !session_events_.empty() && session_events_.back() == "online, session present";
    })) << "after the garage";
}

TEST_F(mqtt_fleet_test, handover_resumes_the_session_from_another_address) {
    set_behaviour({wait_for(50ms), executed_step});
    use_persistent_sessions();
    add_condition(condition::kind::handover, 100ms, 100ms);
    connect_and_begin_load();
    const auto files = open_files();
    run_to(80ms);
    send_command("r1"); // the response is due during the handover
    ASSERT_TRUE(run_until([&] { return responded("r1"); }));
    EXPECT_THAT(source_addresses_, ElementsAre("127.0.0.1", "127.0.0.2"));
    EXPECT_THAT(session_events_,
                ElementsAre("handover begins", "offline: handover", "handover ends", "online, session present"));
    EXPECT_THAT(states(), testing::Not(Contains("offline"))) << "nobody has said goodbye, nor died";
    EXPECT_TRUE(run_until([&] { return open_files() == files; }))
        << "the connection left behind is closed by the broker";
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
    EXPECT_EQ(total_counts().sessions.reconnects, 1U);
}

TEST_F(mqtt_fleet_test, handover_uses_the_next_configured_source_address) {
    options_.source_addresses = {"127.0.0.7", "127.0.0.8"};
    add_condition(condition::kind::handover, 100ms);
    connect_and_begin_load();
    ASSERT_TRUE(run_until([&] { return source_addresses_.size() == 2; }));
    EXPECT_EQ((std::set<std::string>(source_addresses_.begin(), source_addresses_.end())),
              (std::set<std::string>{"127.0.0.7", "127.0.0.8"}));
    EXPECT_THAT(condition_events_, ElementsAre("0 begins", "0 passes"));
}

TEST_F(mqtt_fleet_test, half_open_loses_all_traffic_without_a_notification) {
    set_behaviour({wait_for(200ms), executed_step});
    use_persistent_sessions();
    add_condition(condition::kind::half_open, 100ms, 600ms);
    add_condition(condition::kind::tunnel, 120ms, 50ms); // its end must not unblock the link
    connect_and_begin_load();
    const auto files = open_files();
    send_command("r1");
    run_to(350ms);
    EXPECT_TRUE(delivered("r1"));
    EXPECT_EQ(fleet_->online(), 1U) << "no disconnect is noticed yet; its response has been sent";
    send_command("r2"); // published on the old connection
    run_to(650ms);
    EXPECT_FALSE(delivered("r2"));
    EXPECT_THAT(responses(), IsEmpty());
    EXPECT_EQ(closed_connections_, 0);
    ASSERT_TRUE(run_until([&] { return responded("r1") && responded("r2"); }))
        << "QoS 1, and both sides have the session still";
    EXPECT_THAT(states(), testing::Not(Contains("offline")));
    EXPECT_EQ(source_addresses_.size(), 2U);
    EXPECT_EQ(closed_connections_, 0) << "the first one is left behind";
    EXPECT_THAT(session_events_, ElementsAre("halfOpen begins", "tunnel begins", "tunnel ends", "halfOpen ends",
                                             "offline: its connection was half-open", "online, session present"));
    EXPECT_TRUE(run_until([&] { return open_files() == files; }));
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
}

TEST_F(mqtt_fleet_test, slow_link_delays_both_directions) {
    set_behaviour({executed_step});
    auto& slow = add_condition(condition::kind::slow, 0s, 1500ms);
    slow.bytes_per_second = 1000;
    slow.added_delay.a = 200ms;
    connect_and_begin_load();
    run_to(20ms);
    send_command("r1"); // about 70 bytes down, 170 up
    ASSERT_TRUE(run_until([&] { return responded("r1"); }));
    const auto down = first_delivery_ms_["r1"] - 20;
    EXPECT_THAT(down, testing::AllOf(Gt(250), Lt(450)));
    EXPECT_THAT(elapsed_ms() - first_delivery_ms_["r1"], testing::AllOf(Gt(300), Lt(550)));
    run_to(1550ms);
    send_command("r2");
    ASSERT_TRUE(run_until([&] { return responded("r2"); }));
    EXPECT_THAT(elapsed_ms(), Lt(1650)) << "as fast as it can again";
    EXPECT_EQ(source_addresses_.size(), 1U);
    EXPECT_THAT(reachability_, IsEmpty()) << "it hears all the while";
}

TEST_F(mqtt_fleet_test, lossy_link_loses_responses_and_keeps_their_sequence_numbers) {
    set_behaviour({executed_step});
    add_condition(condition::kind::lossy, 0s, 300ms).loss = {1};
    connect_and_begin_load();
    run_to(20ms);
    send_command("r1");
    send_command("r2");
    run_to(350ms);
    EXPECT_TRUE(delivered("r2"));
    send_command("r3");
    ASSERT_TRUE(run_until([&] { return responded("r3"); }));
    EXPECT_THAT(responses(), ElementsAre("r3"));
    EXPECT_THAT(sequence_numbers(), ElementsAre(3));
}

TEST_F(mqtt_fleet_test, reconnect_storm_ignores_the_backoff) {
    options_.vehicles = 50;
    options_.connect_rate = {5000};
    options_.reconnect.base = options_.reconnect.cap = 60s;
    add_condition(condition::kind::reconnect_storm, 100ms).spread = 200ms;
    connect_and_begin_load();
    run_to(310ms);
    ASSERT_TRUE(run_until([&] { return source_addresses_.size() == 100 && fleet_->online() == 50; }, 1s));
    EXPECT_EQ(std::ranges::count(session_events_, "offline: reconnectStorm"), 50);
    EXPECT_EQ(total_counts().recoveries[std::pair(0U, 0U)].recovery_times.count(), 50U);
    EXPECT_EQ(total_counts().sessions.dropped, 0U);
}

TEST_F(mqtt_fleet_test, powered_off_vehicles_connect_at_power_on) {
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    auto& c = add_condition(condition::kind::power_on, 200ms);
    c.spread = 100ms;
    c.affected_fraction = {0.5};
    connect_and_begin_load();
    const auto lit = fleet_->online();
    EXPECT_EQ(lit, fleet_->expected_online());
    EXPECT_THAT(lit, testing::AllOf(Gt(0U), Lt(20U)));
    EXPECT_EQ(fleet_->available(), lit);
    run_to(190ms);
    EXPECT_EQ(source_addresses_.size(), lit) << "not even a connect";
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 20; }));
    EXPECT_EQ(total_counts().recoveries[std::pair(0U, 0U)].affected, 20 - lit);
    EXPECT_EQ(total_counts().sessions.reconnects, 0U);
}

TEST_F(mqtt_fleet_test, byte_tap_sees_every_byte) {
    set_behaviour({executed_step});
    use_persistent_sessions();
    add_condition(condition::kind::slow, 0s, 200ms).bytes_per_second = 5000;
    add_condition(condition::kind::garage, 300ms, 50ms);
    connect_and_begin_load();
    for (const auto* id : {"r1", "r2", "r3"}) send_command(id);
    ASSERT_TRUE(run_until([&] { return responded("r3") && source_addresses_.size() == 2 && fleet_->online() == 1; }));
    EXPECT_EQ(bytes_sent_, loop_.traffic.bytes_sent);
    EXPECT_EQ(bytes_received_, loop_.traffic.bytes_received);
    EXPECT_EQ(closed_connections_, 1);
    EXPECT_FALSE(unknown_connection_) << "each with the ends that it was opened with";
}

} // namespace
