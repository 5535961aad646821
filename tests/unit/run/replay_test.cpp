// Replay selection: requests of a plan to be replayed.
#include "tools/replay_selection.hpp"

#include <loadsim/scenario/read.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

/// An arrival every 100 ms, the n-th (from 0) due at (n + 1) * 100 ms; each vehicle needs 4 s for a request.
scenario::scenario_config scenario_of_ten_seconds() {
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

TEST(replay_selection, begins_a_second_before_the_first_request_and_ends_after_the_last_step) {
    const auto d = scenario_of_ten_seconds();
    const auto selection = select_requests(d, vehicle_id{7}, arrivals({60, 40}));
    ASSERT_TRUE(selection) << to_string(selection.error());
    EXPECT_EQ(selection->vehicle, vehicle_id{7});
    EXPECT_EQ(selection->arrivals, arrivals({40, 60})) << "in order";
    EXPECT_EQ(selection->from, 3100ms);
    EXPECT_EQ(selection->until, 6100ms + 4s + 500ms) << "the vehicle's waits, and what the platform makes of it";
}

TEST(replay_selection, does_not_begin_before_the_load) {
    const auto d = scenario_of_ten_seconds();
    EXPECT_EQ(select_requests(d, vehicle_id{0}, arrivals({3})).value().from, 0s);
}

TEST(replay_selection, rejects_requests_that_are_not_in_the_plan) {
    const auto d = scenario_of_ten_seconds();
    struct {
        std::uint32_t vehicle;
        std::vector<arrival_id> wanted;
        const char* says;
    } const rows[] = {
        {50, arrivals({1}), "50 vehicles"}, {0, arrivals({}), "no request"}, {0, arrivals({100}), "100 requests"}};
    for (const auto& r : rows) {
        const auto selection = select_requests(d, vehicle_id{r.vehicle}, r.wanted);
        ASSERT_FALSE(selection) << r.says;
        EXPECT_THAT(to_string(selection.error()), testing::HasSubstr(r.says));
    }
}
