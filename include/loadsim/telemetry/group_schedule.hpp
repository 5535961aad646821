// Due times of the messages of a group.
#pragma once

#include <loadsim/telemetry/progress_schedule.hpp>

namespace loadsim::telemetry {

/// Due instants of a vehicle's messages of one group: a function of (seed, group, vehicle), whatever the shards.
///
/// Message n = 1, 2, ... is due where the vehicle's progress reaches n - 1 + spread + jitter * u(n). The spread, 0 to 1, is the
/// fractional part of the vehicle's index over the vehicles of the fleet, plus a random offset of the group, so that two groups of a
/// vehicle are not always due at once. u(n) is uniform in [0, 1).
/// So the messages of a vehicle by any instant are the progress, less than 1 + jitter more or less.
/// Threads: const, any.
class group_schedule {
public:
    /// `group`: its number in the scenario, below 65,536. `vehicles`: of the fleet.
    group_schedule(const group_options&, std::uint32_t group, std::uint64_t seed, std::uint32_t vehicles,
                   const rate_factors&, simulated_day, nanoseconds end);

    template <state_source States>
    due_message first(const States& states, vehicle_id v) const {
        return {progress_.due_after(0, spread(v) + displacement(v, 1), states, v), 1};
    }

    /// The message after this one. Expects: this one is due before the end of the load.
    template <state_source States>
    due_message next(due_message last, const States& states, vehicle_id v) const {
        const auto n = last.sequence() + 1;
        const double messages = jitter_ > 0 ? 1 - displacement(v, last.sequence()) + displacement(v, n) : 1;
        return {progress_.due_after(last.fixed_point_due(), messages, states, v), n};
    }

private:
    double spread(vehicle_id) const noexcept;
    double displacement(vehicle_id, std::uint32_t sequence) const noexcept;

    progress_schedule progress_;
    double jitter_;
    double spread_offset_; ///< random, 0 to 1
    std::uint64_t seed_;
    std::uint32_t group_;
    std::uint32_t vehicles_;
};

} // namespace loadsim::telemetry
