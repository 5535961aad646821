// The plan is the same on any number of shards: who is asked for what, when, and who stands in.
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>

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

using planned = std::tuple<std::uint64_t, std::int64_t, std::uint32_t, std::uint32_t>; // arrival, due, service, vehicle

/// What one shard makes of the plan while nobody is busy.
std::vector<planned> part(shard_share share) {
    phase ramp;
    ramp.duration = 20s;
    ramp.arrival_rate = {50};
    ramp.ramp_to = rate{150};
    const schedule plan({ramp}, spacing::poisson, seed);
    const std::vector<service_weight> weights{{"horn", 2}, {"climate", 1}};
    const service_choice services(seed, weights);
    std::vector<planned> mine;
    schedule::cursor cursor(plan);
    while (const auto a = cursor.next()) {
        const candidates order(seed, a->id, fleet);
        if (!share.owns(order.first())) continue;
        const auto v = first_free(order, share, [](vehicle_id) { return true; });
        mine.emplace_back(number(a->id), a->due.count(), services.service_of(a->id), index(v.value()));
    }
    return mine;
}

} // namespace

TEST(plan, is_the_same_on_any_number_of_shards) {
    const auto whole = part({0, 1});
    ASSERT_EQ(whole.size(), 2000U);
    for (const std::uint32_t count : {2U, 3U, 7U, 64U}) {
        std::set<planned> together;
        for (std::uint32_t i = 0; i < count; ++i)
            for (const auto& p : part({i, count})) EXPECT_TRUE(together.insert(p).second) << "planned twice";
        EXPECT_EQ(together, std::set<planned>(whole.begin(), whole.end())) << count << " shards";
    }
}

TEST(first_free, stands_in_by_the_order_and_within_the_shard) {
    const shard_share share{2, 5};
    const candidates order(seed, arrival_id{3}, fleet);
    std::set<std::uint32_t> busy;
    std::vector<std::uint32_t> taken;
    while (const auto v = first_free(order, share, [&](vehicle_id c) { return !busy.contains(index(c)); })) {
        taken.push_back(index(*v));
        busy.insert(index(*v));
    }
    std::vector<std::uint32_t> expected;
    for (std::uint32_t k = 0; k < fleet; ++k)
        if (index(order.candidate(k)) % 5 == 2) expected.push_back(index(order.candidate(k)));
    EXPECT_EQ(taken, expected);
    EXPECT_EQ(taken.size(), 199U); // 2, 7, ... 992
}

TEST(part_of, parts_add_up_to_the_limit) {
    for (const std::uint64_t limit : {0U, 1U, 5U, 64U, 100U}) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < 7; ++i) sum += part_of(limit, {i, 7});
        EXPECT_EQ(sum, limit);
    }
}
