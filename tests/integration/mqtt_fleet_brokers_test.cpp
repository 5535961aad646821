// MQTT fleet with several brokers, and with brokers that freeze, stop and restart.
#include "broker.hpp"
#include "mqtt_fleet_platform_fixture.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>

using namespace loadsim;
using namespace loadsim::fleet::mqtt_fleet_tests;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Gt;

namespace {

TEST_F(mqtt_fleet_test, frozen_broker_keeps_its_connections) {
    set_behaviour({executed_step});
    add_condition(condition::kind::outage, 0s, 400ms).mode = condition::outage_mode::freeze;
    connect_and_begin_load();
    fleet_->on_broker_down(0, 0);
    broker_.signal(SIGSTOP);
    run_to(200ms);
    send_command("r1");
    EXPECT_THAT(reachability_, ElementsAre("unreachable"));
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    run_to(400ms);
    EXPECT_FALSE(delivered("r1"));
    broker_.signal(SIGCONT);
    fleet_->on_broker_up(0);
    ASSERT_TRUE(run_until([&] { return responded("r1"); }));
    EXPECT_THAT(reachability_, ElementsAre("unreachable", "reachable"));
    EXPECT_EQ(source_addresses_.size(), 1U);
    expect_recovery(Gt(390));
}

TEST_F(mqtt_fleet_test, restarted_broker_gets_reconnects_with_backoff) {
    options_.reconnect.base = options_.reconnect.cap = 200ms;
    add_condition(condition::kind::outage, 0s, 200ms);
    connect_and_begin_load();
    fleet_->on_broker_down(0, 0);
    broker_.stop(SIGKILL);
    run_to(200ms);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_FALSE(fleet_->available(vehicle_id{0}));
    broker_.start();
    fleet_->on_broker_up(0);
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(reachability_, ElementsAre("unreachable", "reachable"));
    expect_recovery(Gt(190));
}

TEST_F(mqtt_fleet_test, vehicles_are_spread_over_the_brokers) {
    const harness::broker other;
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    ASSERT_NO_FATAL_FAILURE(connect({endpoint_of(other), endpoint_of(broker_)}));
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 10; }));
    EXPECT_EQ(std::ranges::count(broker_ports_, endpoint_of(other).port()), 5);
    EXPECT_EQ(std::ranges::count(broker_ports_, endpoint_of(broker_).port()), 5);
}

TEST_F(mqtt_fleet_test, stopped_broker_costs_one_attempt_and_the_next_is_tried) {
    harness::broker other;
    const auto closed = endpoint_of(other);
    other.stop(SIGTERM);
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    options_.reconnect.base = options_.reconnect.cap = 50ms;
    ASSERT_NO_FATAL_FAILURE(connect({closed, endpoint_of(broker_)}));
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 10; }));
    const auto counts = total_counts().sessions;
    EXPECT_EQ(counts.refused, 5U);
    ASSERT_EQ(counts.reasons.size(), 1U);
    EXPECT_THAT(counts.reasons.begin()->first, testing::HasSubstr("refused"));
    begin_load();
    broker_.stop(SIGKILL);
    other.start();
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 10; }, 8s)) << "and back to the first";
}

} // namespace
