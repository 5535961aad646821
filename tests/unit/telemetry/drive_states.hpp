// Sources of drive states for tests of due times.
#pragma once

#include <loadsim/telemetry/progress_schedule.hpp>

#include <algorithm>
#include <vector>

namespace telemetry_test {

using loadsim::nanoseconds;
using loadsim::vehicle_id;

enum class drive : std::uint8_t { parked, driving, charging };

/// All vehicles change their state at the same times of day; parked before the first.
struct common_states {
    struct change {
        nanoseconds at;
        drive to;
    };
    std::vector<change> changes{};

    drive state_at(vehicle_id, nanoseconds t) const {
        auto state = drive::parked;
        for (const auto& c : changes)
            if (c.at <= t) state = c.to;
        return state;
    }
    nanoseconds next_state_change(vehicle_id, nanoseconds t) const {
        for (const auto& c : changes)
            if (c.at > t) return c.at;
        return nanoseconds::max();
    }
};

/// Parked and driving in turn, for as long as the vehicle's index says.
struct alternating_states {
    nanoseconds length_of(vehicle_id v) const { return std::chrono::milliseconds{700 + 13 * (index(v) % 50)}; }
    drive state_at(vehicle_id v, nanoseconds t) const {
        return t / length_of(v) % 2 == 0 ? drive::parked : drive::driving;
    }
    nanoseconds next_state_change(vehicle_id v, nanoseconds t) const { return (t / length_of(v) + 1) * length_of(v); }
};

} // namespace telemetry_test
