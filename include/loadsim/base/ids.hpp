// Strong types for vehicle and arrival numbers, and the partition of the fleet over shards.
#pragma once

#include <cstdint>

namespace loadsim {

/// Index of a vehicle in the fleet, 0 to vehicles-1. All properties of a vehicle follow from (seed, index).
enum class vehicle_id : std::uint32_t {};
constexpr std::uint32_t index(vehicle_id v) { return static_cast<std::uint32_t>(v); }

/// Vehicles of one shard: every count-th vehicle of the fleet, starting at `index`.
struct fleet_partition {
    std::uint32_t index = 0;
    std::uint32_t count = 1;

    constexpr bool owns(vehicle_id v) const { return loadsim::index(v) % count == index; }

    /// Number of the partition's vehicles, of a fleet of so many.
    constexpr std::uint32_t size(std::uint32_t vehicles) const {
        return vehicles > index ? (vehicles - index - 1) / count + 1 : 0;
    }
    /// Index of a vehicle among those of the partition. Precondition: owns(v).
    constexpr std::uint32_t slot_of(vehicle_id v) const { return loadsim::index(v) / count; }
    constexpr vehicle_id vehicle_at(std::uint32_t slot) const { return vehicle_id{slot * count + index}; }
};

/// Partition of one shard of one rank: of the rank's vehicles (every ranks-th, from `rank`) every shards-th, from `shard`.
constexpr fleet_partition partition_of(std::uint32_t rank, std::uint32_t ranks, std::uint32_t shard,
                                       std::uint32_t shards) {
    return {rank + ranks * shard, ranks * shards};
}

/// The n-th arrival of the run, from 0.
enum class arrival_id : std::uint64_t {};
constexpr std::uint64_t number(arrival_id a) { return static_cast<std::uint64_t>(a); }

/// Key of a request: its arrival and its vehicle. A vehicle has one open request at a time, but late messages may still
/// refer to the previous one.
struct request_key {
    arrival_id arrival{};
    vehicle_id vehicle{};
};

} // namespace loadsim
