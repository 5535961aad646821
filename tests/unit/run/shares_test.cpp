// Whose vehicle is whose.
#include <loadsim/base/ids.hpp>

#include <gtest/gtest.h>

using namespace loadsim;

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
