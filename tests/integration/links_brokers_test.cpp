// Brokers that freeze, die, come back or are several, and the links of real vehicles to them.
#include "broker.hpp"
#include "links.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>

using namespace loadsim;
using namespace loadsim::fleet::linked;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Gt;

namespace {

TEST_F(links, frozen_broker_keeps_its_connections) {
    behave({executed});
    befall(condition::kind::outage, 0s, 400ms).way = condition::outage_way::freeze;
    begin();
    fleet_->broker_goes(0, 0);
    broker_.signal(SIGSTOP);
    run_to(200ms);
    command("r1");
    EXPECT_THAT(heard_, ElementsAre("away"));
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    run_to(400ms);
    EXPECT_FALSE(delivered("r1"));
    broker_.signal(SIGCONT);
    fleet_->broker_returns(0);
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_EQ(opened_.size(), 1U);
    expect_recovery(Gt(390));
}

TEST_F(links, broker_that_starts_again_has_them_back_with_backoff) {
    options_.reconnect.base = options_.reconnect.cap = 200ms;
    befall(condition::kind::outage, 0s, 200ms);
    begin();
    fleet_->broker_goes(0, 0);
    broker_.stop(SIGKILL);
    run_to(200ms);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_FALSE(fleet_->reachable(vehicle_id{0}));
    broker_.start();
    fleet_->broker_returns(0);
    ASSERT_TRUE(until([&] { return fleet_->online() == 1; }));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    expect_recovery(Gt(190));
}

TEST_F(links, brokers_take_turns) {
    const stage::broker other;
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    ASSERT_NO_FATAL_FAILURE(connect({address_of(other), address_of(broker_)}));
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }));
    EXPECT_EQ(std::ranges::count(opened_at_, address_of(other).port()), 5);
    EXPECT_EQ(std::ranges::count(opened_at_, address_of(broker_).port()), 5);
}

TEST_F(links, broker_that_is_closed_costs_an_attempt_and_the_next_one_is_tried) {
    stage::broker other;
    const auto closed = address_of(other);
    other.stop(SIGTERM);
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    options_.reconnect.base = options_.reconnect.cap = 50ms;
    ASSERT_NO_FATAL_FAILURE(connect({closed, address_of(broker_)}));
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }));
    const auto counts = seen().sessions;
    EXPECT_EQ(counts.refused, 5U);
    ASSERT_EQ(counts.reasons.size(), 1U);
    EXPECT_THAT(counts.reasons.begin()->first, testing::HasSubstr("refused"));
    begin_load();
    broker_.stop(SIGKILL);
    other.start();
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }, 8s)) << "and back to the first";
}

} // namespace
