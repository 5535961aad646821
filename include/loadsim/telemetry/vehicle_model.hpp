// Model of the vehicles' days: where a vehicle is and what its signals are, at any instant.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/telemetry/signals.hpp>
#include <loadsim/telemetry/trip_options.hpp>

#include <cstdint>
#include <memory>

namespace loadsim::telemetry {

enum class drive_state : std::uint8_t { parked, driving, charging };

/// Days of all vehicles. Everything is a function of (seed, vehicle, day time); nothing is kept of a vehicle.
///
/// Time:     day time is the time since midnight of the first day, 0 or more; the next days follow.
/// Trips:    a vehicle's round trips have lengths of its own, the same on every day, and departures that differ by day. Whether
///           it makes a round trip is the same in every week. So the odometer at the begin of any day is a sum over one week.
/// Windows:  the day begins where no vehicle is away (`day_begin`). Each trip owns a part of the day, up to the earliest
///           departure of the next one; a trip is never longer than its window, nor than its battery lasts.
/// Driving:  between two stops the speed rises to the speed of the road, holds it and falls, each with continuous
///           acceleration, at most 2 m/s^2. The distances between stops and their times are equal within a part of a trip
///           (town, motorway, town), so that the instant gives the stop.
/// Position: along the way points of the vehicle's route from its home, by the distance from there; back the same way.
/// Energy:   proportional to the distance, by vehicle, weather and share of motorway. A vehicle charges after its last trip of
///           the day, and before a trip for which the charge would not last; each charge ends at the vehicle's full level.
/// Cost:     O(round trips) for each call, without allocation.
/// Threads:  const, any.
class vehicle_model {
public:
    vehicle_model(const trip_options&, std::uint64_t seed); ///< options without a problem: see check()
    vehicle_model(vehicle_model&&) noexcept;
    vehicle_model& operator=(vehicle_model&&) noexcept;
    ~vehicle_model();

    drive_state state_at(vehicle_id, nanoseconds day_time) const;

    /// Least instant after `day_time` with another state; nanoseconds::max(): never.
    nanoseconds next_state_change(vehicle_id, nanoseconds day_time) const;

    signal_values signals_at(vehicle_id, nanoseconds day_time) const;

private:
    struct parts;
    std::unique_ptr<const parts> parts_;
};

} // namespace loadsim::telemetry
