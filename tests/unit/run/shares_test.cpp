// One plan, however it is divided: due times, vehicles, services and what each vehicle chooses.
#include <loadsim/base/draw.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>

#include <gtest/gtest.h>

#include <map>
#include <tuple>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seed = 4711;
constexpr std::uint32_t fleet = 5000;

load::schedule plan() {
    load::phase ramp;
    ramp.name = "ramp";
    ramp.duration = 10s;
    ramp.arrival_rate = rate{1};
    ramp.ramp_to = rate{300};
    load::phase steady;
    steady.name = "steady";
    steady.duration = 10s;
    steady.arrival_rate = rate{200};
    return {{ramp, steady}, load::spacing::poisson, seed};
}

/// arrival -> due, vehicle, service, first draw of the vehicle's behaviour for its n-th command.
using ledger = std::map<std::uint64_t, std::tuple<nanoseconds, std::uint32_t, std::uint32_t, double>>;

/// What one shard makes of the plan, as run::shard does: each walks all of it and takes what falls to its own vehicles.
void walk(shard_share share, ledger& all) {
    const auto schedule = plan();
    const std::vector<load::service_weight> weights{{"horn", 2}, {"light-flash", 1}};
    const load::service_choice services(seed, weights);
    std::map<std::uint32_t, std::uint64_t> commands;
    load::schedule::cursor cursor(schedule);
    while (const auto arrival = cursor.next()) {
        const auto v = load::candidates(seed, arrival->id, fleet).first();
        if (!share.owns(v)) continue;
        const auto draw = draws(seed, stream::behaviour, index(v), commands[index(v)]++ * 64).unit();
        const auto [_, fresh] = all.emplace(number(arrival->id),
                                            std::tuple{arrival->due, index(v), services.service_of(arrival->id), draw});
        EXPECT_TRUE(fresh) << "arrival " << number(arrival->id) << " is taken twice";
    }
}

ledger walked(std::uint32_t ranks, std::uint32_t shards) {
    ledger all;
    for (std::uint32_t r = 0; r < ranks; ++r)
        for (std::uint32_t s = 0; s < shards; ++s) walk(share_of(r, ranks, s, shards), all);
    return all;
}

} // namespace

TEST(shares, make_one_plan_of_any_number_of_ranks_and_shards) {
    const auto one = walked(1, 1);
    EXPECT_EQ(one.size(), plan().size());
    EXPECT_EQ(walked(2, 1), one);
    EXPECT_EQ(walked(4, 3), one);
    EXPECT_EQ(walked(22, 1), one);
}

TEST(shares, of_a_rank_are_those_of_its_shards) {
    for (std::uint32_t v = 0; v < 1000; ++v)
        for (std::uint32_t rank = 0; rank < 4; ++rank) {
            int owners = 0;
            for (std::uint32_t s = 0; s < 3; ++s) owners += share_of(rank, 4, s, 3).owns(vehicle_id{v}) ? 1 : 0;
            EXPECT_EQ(owners, (shard_share{rank, 4}.owns(vehicle_id{v}) ? 1 : 0)) << v;
        }
}

TEST(shares, of_a_ranks_shard_are_found_by_division) {
    for (std::uint32_t v = 0; v < 1000; ++v) EXPECT_TRUE(share_of(v % 4, 4, v / 4 % 3, 3).owns(vehicle_id{v})) << v;
}
