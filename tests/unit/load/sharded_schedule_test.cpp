// The schedule and the selection of vehicles and services are independent of the number of shards.
#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>

#include <gtest/gtest.h>

#include <set>
#include <tuple>
#include <vector>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t fleet = 997;
constexpr std::uint64_t seed = 11;

using planned_request =
    std::tuple<std::uint64_t, std::int64_t, std::uint32_t, std::uint32_t>; // arrival, due, service, vehicle

/// Requests of one shard when all vehicles are free.
std::vector<planned_request> part(fleet_partition shard) {
    phase ramp;
    ramp.duration = 20s;
    ramp.arrival_rate = {50};
    ramp.ramp_to = rate{150};
    const schedule arrivals({ramp}, spacing::poisson, seed);
    const std::vector<double> weights{2, 1};
    const service_selection services(seed, weights);
    std::vector<planned_request> mine;
    schedule::cursor cursor(arrivals);
    while (const auto a = cursor.next()) {
        const auto v = first_vehicle(seed, a->id, fleet);
        if (shard.owns(v)) mine.emplace_back(number(a->id), a->due.count(), services.service_of(a->id), index(v));
    }
    return mine;
}

} // namespace

TEST(sharded_schedule, is_independent_of_the_number_of_shards) {
    const auto whole = part({0, 1});
    ASSERT_EQ(whole.size(), 2000U);
    for (const std::uint32_t count : {2U, 3U, 7U, 64U}) {
        std::set<planned_request> together;
        for (std::uint32_t i = 0; i < count; ++i)
            for (const auto& p : part({i, count})) EXPECT_TRUE(together.insert(p).second) << "planned twice";
        EXPECT_EQ(together, std::set<planned_request>(whole.begin(), whole.end())) << count << " shards";
    }
}

TEST(divide, parts_add_up_to_the_limit) {
    for (const std::uint64_t limit : {0U, 1U, 5U, 64U, 100U}) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < 7; ++i) sum += divide(limit, {i, 7});
        EXPECT_EQ(sum, limit);
    }
}
