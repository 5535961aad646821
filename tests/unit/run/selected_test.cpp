// Requests picked out of a plan, to be done again.
#include "selected.hpp"

#include <loadsim/scenario/read.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

/// An arrival every 100 ms, the n-th (from 0) due at (n + 1) * 100 ms; each vehicle takes 4 s over it.
scenario::document scenario_of_ten_seconds() {
    return scenario::read(R"(
name: ten-seconds
fleet: {vehicles: 50, segments: [{name: all, share: 100%, behaviour: slow}]}
behaviours: {slow: {steps: [{wait: 1s}, ack, {wait: 3s}, executed]}}
load: {services: {horn: 1}, phases: [{name: steady, duration: 10s, arrivalRate: 10}]}
)",
                          "")
        .value();
}

std::vector<arrival_id> arrivals(std::initializer_list<std::uint64_t> numbers) {
    std::vector<arrival_id> all;
    for (const auto n : numbers) all.push_back(arrival_id{n});
    return all;
}

} // namespace

TEST(selected, requests_begin_a_second_before_and_end_when_their_vehicle_is_done) {
    const auto d = scenario_of_ten_seconds();
    const auto chosen = select(d, vehicle_id{7}, arrivals({60, 40}));
    ASSERT_TRUE(chosen) << to_string(chosen.error());
    EXPECT_EQ(chosen->vehicle, vehicle_id{7});
    EXPECT_EQ(chosen->arrivals, arrivals({40, 60})) << "in order";
    EXPECT_EQ(chosen->from, 3100ms);
    EXPECT_EQ(chosen->until, 6100ms + 4s + 500ms) << "the vehicle's waits, and what the platform makes of it";
}

TEST(selected, requests_do_not_begin_before_the_load) {
    const auto d = scenario_of_ten_seconds();
    EXPECT_EQ(select(d, vehicle_id{0}, arrivals({3})).value().from, 0s);
}

TEST(selected, requests_must_be_of_the_plan) {
    const auto d = scenario_of_ten_seconds();
    struct {
        std::uint32_t vehicle;
        std::vector<arrival_id> wanted;
        const char* says;
    } const rows[] = {
        {50, arrivals({1}), "50 vehicles"}, {0, arrivals({}), "no request"}, {0, arrivals({100}), "100 requests"}};
    for (const auto& r : rows) {
        const auto chosen = select(d, vehicle_id{r.vehicle}, r.wanted);
        ASSERT_FALSE(chosen) << r.says;
        EXPECT_THAT(to_string(chosen.error()), testing::HasSubstr(r.says));
    }
}
