// Memory of the simulated fleet: an idle vehicle takes none.
#include "simulated_fleet_fixture.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

using namespace loadsim;
using namespace loadsim::fleet::simulation_test;
using namespace std::chrono_literals;
using testing::ElementsAre;

namespace {

TEST_F(simulated_fleet_test, take_no_memory_while_idle) {
    begin(24'500'000);
    EXPECT_EQ(fleet_->size(), 24'500'000U);
    EXPECT_EQ(fleet_->online(), 24'500'000U);
    EXPECT_EQ(fleet_->available(), 24'500'000U);
    EXPECT_TRUE(fleet_->available(vehicle_id{24'499'999}));
    EXPECT_EQ(stored_vehicles(), 0U);
    command("r1", 24'499'999);
    EXPECT_THAT(responses_, ElementsAre("r1 final #1 at 0"));
}

TEST_F(simulated_fleet_test, are_released_when_idle_and_keep_their_counters) {
    behaviours_ = {make_behaviour({wait_for(20ms), respond_with(response_step::kind::executed)})};
    begin(1000);
    command("r1", 7);
    EXPECT_EQ(stored_vehicles(), 1U);
    run_to(50ms);
    command("r2", 8); // idle vehicles are released at the next event
    EXPECT_EQ(stored_vehicles(), 1U);
    run_to(100ms);
    command("r3", 7);
    run_to(200ms);
    EXPECT_THAT(responses_, ElementsAre("r1 final #1 at 20", "r2 final #1 at 70", "r3 final #2 at 120"));
}

TEST_F(simulated_fleet_test, powered_on_later_are_released) {
    conditions_ = {make_condition(condition::kind::power_on, 1s)};
    begin(10);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->available(), 0U);
    EXPECT_FALSE(fleet_->available(vehicle_id{3}));
    EXPECT_EQ(fleet_->states(), measure::vehicle_states{}) << "they do not connect yet";
    EXPECT_EQ(stored_vehicles(), 0U) << "dark ones are as they were at first";
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 10U);
    EXPECT_TRUE(fleet_->available(vehicle_id{3}));
    command("r1", 3);
    EXPECT_THAT(responses_, ElementsAre("r1 final #1 at 2000"));
}

} // namespace
