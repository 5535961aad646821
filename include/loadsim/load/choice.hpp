// Who gets the next request, and which service: functions of (seed, arrival).
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/load/options.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace loadsim::load {

/// The vehicles of one arrival in the order in which they are tried: first the one it falls to, then every other one of
/// the fleet once, by a stride that is coprime to the fleet's size. No memory, any fleet.
/// Threads: one.
class candidates {
public:
    candidates(std::uint64_t seed, arrival_id, std::uint32_t fleet); ///< fleet > 0
    vehicle_id first() const noexcept { return vehicle_id{first_}; }
    /// k-th candidate, 0 <= k < fleet; candidate(0) == first().
    vehicle_id candidate(std::uint32_t k) const noexcept;
    std::uint32_t size() const noexcept { return fleet_; }

private:
    std::uint64_t seed_;
    arrival_id arrival_;
    std::uint32_t fleet_;
    std::uint32_t first_;
    mutable std::uint32_t stride_ = 0; ///< drawn when first needed: each shard asks for first() of every arrival
};

/// The first of the order that is the shard's own and free. The order is the same whatever the number of shards; who is
/// busy is not. nullopt: none.
std::optional<vehicle_id> first_free(const candidates& order, shard_share, const std::function<bool(vehicle_id)>& free);

/// A shard's part of a limit for all shards: the parts add up to it.
std::uint64_t part_of(std::uint64_t limit, shard_share);

/// Which of the services an arrival asks for, by weight.
class service_choice {
public:
    service_choice(std::uint64_t seed, std::span<const service_weight>); ///< weights >= 0, sum > 0
    std::uint32_t service_of(arrival_id) const noexcept;

private:
    std::uint64_t seed_;
    std::vector<double> cumulative_; ///< 0..1
};

} // namespace loadsim::load
