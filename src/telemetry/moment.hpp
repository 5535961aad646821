// What a vehicle does at an instant of its day.
#pragma once

#include "trip_motion.hpp"
#include "vehicle_day.hpp"

#include <loadsim/telemetry/vehicle_model.hpp>

namespace loadsim::telemetry {

drive_state state_of(const vehicle_day&, nanoseconds since_begin);

/// A vehicle at an instant of its day. Refers to the day.
struct moment {
    moment(const vehicle_day&, nanoseconds since_begin, vehicle_id, std::uint64_t seed, const stop_options&);

    const vehicle_day& day;
    nanoseconds at;                              ///< since the begin of the day
    const planned_trip* driving = nullptr;       ///< trip that goes on
    const planned_trip* last = nullptr;          ///< trip that has ended
    const planned_trip* next = nullptr;          ///< trip that has not begun
    const planned_charge* charge = nullptr;      ///< that goes on
    const planned_charge* last_charge = nullptr; ///< that has ended
    trip_motion motion;

    double since(nanoseconds t) const { return seconds(at - t); }
};

double odometer_of(const moment&); ///< metres
double level_of(const moment&);    ///< kWh in the traction battery

struct place {
    double from_home = 0; ///< metres along the route
    double turned = 0;    ///< degrees from the direction of the route
};
place place_of(const moment&);

/// How warm driving has made the vehicle, 0 to 1: grows in 20 minutes, and is gone an hour after the arrival.
double warmth_of(const moment&);

} // namespace loadsim::telemetry
