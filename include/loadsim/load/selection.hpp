// Selection of the vehicle and the service of each arrival: functions of (seed, arrival).
#pragma once

#include <loadsim/base/ids.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace loadsim::load {

/// Vehicles of one arrival in the order of selection: the first choice, then every other vehicle of the fleet once, by a stride
/// coprime to the size of the fleet. O(1) memory.
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
    mutable std::uint32_t stride_ =
        0; ///< 0: not drawn yet; lazy, since each shard calls only first() for most arrivals
};

/// First candidate that belongs to the shard and is free; nullopt: none. The order of candidates is independent of the number of
/// shards; the set of free vehicles is not.
std::optional<vehicle_id> first_free(const candidates& vehicles, fleet_partition,
                                     const std::function<bool(vehicle_id)>& free);

/// Part of a global limit for one shard; the parts add up to the limit.
std::uint64_t divide(std::uint64_t limit, fleet_partition);

/// Selection of the service of each arrival, by weight.
class service_selection {
public:
    service_selection(std::uint64_t seed, std::span<const double> weights); ///< weights >= 0, sum > 0
    std::uint32_t service_of(arrival_id) const noexcept;

private:
    std::uint64_t seed_;
    std::vector<double> cumulative_; ///< 0..1
};

} // namespace loadsim::load
