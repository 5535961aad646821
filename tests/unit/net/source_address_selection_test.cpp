#include <loadsim/net/source_address_selection.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace loadsim;

namespace {

constexpr std::uint64_t seed = 1;

struct spread {
    std::uint32_t least, most;
};

/// Minimum and maximum use of a source over every k-th client.
spread uses(std::uint32_t clients, std::uint32_t first, std::uint32_t every, std::size_t sources) {
    std::vector<std::uint32_t> used(sources);
    for (std::uint32_t c = first; c < clients; c += every) ++used.at(net::source_index_for(seed, c, sources));
    return {*std::ranges::min_element(used), *std::ranges::max_element(used)};
}

TEST(source_index_for, is_even_over_a_fleet) {
    for (const std::uint32_t clients : {280U, 15'000U, 400'000U})
        for (const std::size_t sources : {1U, 2U, 3U, 7U, 16U, 62U, 254U}) {
            const auto [least, most] = uses(clients, 0, 1, sources);
            EXPECT_LE(most - least, 1U) << clients << " clients, " << sources << " sources";
        }
}

TEST(source_index_for, is_even_in_every_shard) {
    for (std::uint32_t shards = 2; shards <= 64; ++shards)
        for (const std::size_t sources : {2U, 3U, 4U, 8U, 16U})
            for (std::uint32_t shard = 0; shard < shards; ++shard) {
                const auto [least, most] = uses(1000 * shards, shard, shards, sources);
                const auto fair = 1000.0 / static_cast<double>(sources);
                const auto chance = 5 * std::sqrt(fair);
                EXPECT_GE(least, fair - chance) << shard << " of " << shards << ", " << sources << " sources";
                EXPECT_LE(most, fair + chance) << shard << " of " << shards << ", " << sources << " sources";
            }
}

} // namespace
