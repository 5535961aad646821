// Partition of the fleet over ranks and shards.
#include <loadsim/base/ids.hpp>

#include <gtest/gtest.h>

using namespace loadsim;

TEST(partition, of_a_rank_is_the_union_of_its_shards) {
    for (std::uint32_t v = 0; v < 1000; ++v)
        for (std::uint32_t rank = 0; rank < 4; ++rank) {
            int owners = 0;
            for (std::uint32_t s = 0; s < 3; ++s) owners += partition_of(rank, 4, s, 3).owns(vehicle_id{v}) ? 1 : 0;
            EXPECT_EQ(owners, (fleet_partition{rank, 4}.owns(vehicle_id{v}) ? 1 : 0)) << v;
        }
}

TEST(partition, shard_of_a_vehicle_is_found_by_division) {
    for (std::uint32_t v = 0; v < 1000; ++v) EXPECT_TRUE(partition_of(v % 4, 4, v / 4 % 3, 3).owns(vehicle_id{v})) << v;
}
