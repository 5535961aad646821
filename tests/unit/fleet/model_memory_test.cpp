// The vehicles of a rehearsal: one that does nothing takes no memory.
#include "model_fleet.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

using namespace loadsim;
using namespace loadsim::fleet::modelled;
using namespace std::chrono_literals;
using testing::ElementsAre;

namespace {

TEST_F(model_vehicles, take_no_memory_before_they_do_something) {
    begin(24'500'000);
    EXPECT_EQ(fleet_->size(), 24'500'000U);
    EXPECT_EQ(fleet_->online(), 24'500'000U);
    EXPECT_EQ(fleet_->reachable(), 24'500'000U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{24'499'999}));
    EXPECT_EQ(fleet_->remembered(), 0U);
    command("r1", 24'499'999);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 0"));
}

TEST_F(model_vehicles, are_forgotten_when_they_are_through_and_go_on_counting) {
    behaviours_ = {behaves({wait_for(20ms), say(word::kind::executed)})};
    begin(1000);
    command("r1", 7);
    EXPECT_EQ(fleet_->remembered(), 1U);
    run_to(50ms);
    command("r2", 8); // what is over is forgotten when the next thing happens
    EXPECT_EQ(fleet_->remembered(), 1U);
    run_to(100ms);
    command("r3", 7);
    run_to(200ms);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 20", "r2 final #1 at 70", "r3 final #2 at 120"));
}

TEST_F(model_vehicles, that_were_powered_on_keep_no_line) {
    conditions_ = {befalls(condition::kind::power_on, 1s)};
    begin(10);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->reachable(), 0U);
    EXPECT_FALSE(fleet_->reachable(vehicle_id{3}));
    EXPECT_EQ(fleet_->remembered(), 0U) << "dark ones are as they were at first";
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 10U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{3}));
    command("r1", 3);
    EXPECT_THAT(words_, ElementsAre("r1 final #1 at 2000"));
}

} // namespace
