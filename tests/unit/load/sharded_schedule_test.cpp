// The schedule and the selection of vehicles and services are independent of the number of shards.
#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>

#include <gtest/gtest.h>

#include <map>
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
        const candidates vehicles(seed, a->id, fleet);
        if (!shard.owns(vehicles.first())) continue;
        const auto v = first_free(vehicles, shard, [](vehicle_id) { return true; });
        mine.emplace_back(number(a->id), a->due.count(), services.service_of(a->id), index(v.value()));
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

TEST(first_free, follows_the_order_of_candidates_within_the_shard) {
    const fleet_partition shard{2, 5};
    const candidates vehicles(seed, arrival_id{3}, fleet);
    std::set<std::uint32_t> busy;
    std::vector<std::uint32_t> taken;
    while (const auto v = first_free(vehicles, shard, [&](vehicle_id c) { return !busy.contains(index(c)); })) {
        taken.push_back(index(*v));
        busy.insert(index(*v));
    }
    std::vector<std::uint32_t> expected;
    for (std::uint32_t k = 0; k < fleet; ++k)
        if (index(vehicles.candidate(k)) % 5 == 2) expected.push_back(index(vehicles.candidate(k)));
    EXPECT_EQ(taken, expected);
    EXPECT_EQ(taken.size(), 199U); // 2, 7, ... 992
}

TEST(divide, parts_add_up_to_the_limit) {
    for (const std::uint64_t limit : {0U, 1U, 5U, 64U, 100U}) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < 7; ++i) sum += divide(limit, {i, 7});
        EXPECT_EQ(sum, limit);
    }
}
