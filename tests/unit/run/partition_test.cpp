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

TEST(partition, slots_are_its_vehicles_in_order) {
    for (const std::uint32_t vehicles : {0U, 1U, 5U, 1000U})
        for (const fleet_partition p : {fleet_partition{0, 1}, fleet_partition{2, 3}, fleet_partition{11, 12}}) {
            std::uint32_t slot = 0;
            for (std::uint32_t v = 0; v < vehicles; ++v) {
                if (!p.owns(vehicle_id{v})) continue;
                EXPECT_EQ(p.slot_of(vehicle_id{v}), slot);
                EXPECT_EQ(p.vehicle_at(slot++), vehicle_id{v});
            }
            EXPECT_EQ(p.size(vehicles), slot) << vehicles << " vehicles, " << p.index << " of " << p.count;
        }
}
