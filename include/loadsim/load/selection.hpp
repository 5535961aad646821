// Selection of the vehicle and the service of each arrival: functions of (seed, arrival).
#pragma once

#include <loadsim/base/ids.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace loadsim::load {

/// First choice of an arrival: uniform over the fleet, independent of the number of shards. fleet > 0.
vehicle_id first_vehicle(std::uint64_t seed, arrival_id, std::uint32_t fleet);

/// Free vehicles of a shard, with a search for the substitute of an arrival whose first choice is not free.
///
/// Shape:   a bitmap by slot (number of a vehicle within its shard), and above it bitmaps of the groups of 64 that are not empty:
///          1.02 bits per vehicle. Setting and searching cost one word per level: five for 24.5 million vehicles.
/// Threads: one.
class free_vehicles {
public:
    free_vehicles(std::uint32_t fleet, fleet_partition); ///< none is free
    void set(vehicle_id, bool free);                     ///< a vehicle of the shard
    /// The free vehicle that comes first in the arrival's order: by (slot xor a number drawn for the arrival). nullopt: none is
    /// free. The order is a function of seed, arrival and partition; the set of free vehicles is not.
    std::optional<vehicle_id> substitute(std::uint64_t seed, arrival_id) const;

private:
    fleet_partition partition_;
    std::uint32_t size_;                             ///< vehicles of the shard
    std::vector<std::vector<std::uint64_t>> levels_; ///< the bitmap of the slots first; one word last
};

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
