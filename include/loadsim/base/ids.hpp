// Numbers that must not be mixed up.
#pragma once

#include <cstdint>

namespace loadsim {

/// A vehicle's place in the fleet, 0 to vehicles-1. Everything about it follows from (seed, index).
enum class vehicle_id : std::uint32_t {};
constexpr std::uint32_t index(vehicle_id v) { return static_cast<std::uint32_t>(v); }

/// Which vehicles of the fleet are a shard's: every count-th one, from `index`.
struct shard_share {
    std::uint32_t index = 0;
    std::uint32_t count = 1;

    constexpr bool owns(vehicle_id v) const { return loadsim::index(v) % count == index; }
};

/// The share of a rank's shard: of every ranks-th vehicle from `rank` every shards-th, from `shard`.
constexpr shard_share share_of(std::uint32_t rank, std::uint32_t ranks, std::uint32_t shard, std::uint32_t shards) {
    return {rank + ranks * shard, ranks * shards};
}

/// The n-th arrival of the run, from 0.
enum class arrival_id : std::uint64_t {};
constexpr std::uint64_t number(arrival_id a) { return static_cast<std::uint64_t>(a); }

/// A request of ours: the arrival it is of, and the vehicle it went to. A vehicle has one open request at a time, but what
/// comes late may still speak of the one before.
struct request_key {
    arrival_id arrival{};
    vehicle_id vehicle{};
};

} // namespace loadsim
