// Signals of a vehicle by what it does at an instant.
#pragma once

#include "moment.hpp"
#include "route_track.hpp"
#include "vehicle_traits.hpp"

#include <loadsim/telemetry/signals.hpp>

#include <cstdint>

namespace loadsim::telemetry {

void set_place(const moment&, const route_track&, signal_values& out);
void set_motion(const moment&, signal_values& out);
void set_battery(const moment&, double outside, signal_values& out);
void set_temperatures(double outside, double warmth, signal_values& out);

/// Gauge pressure by the gas law; a tyre leaks for 90 days, and is then inflated within two hours.
void set_tyres(const tyre_traits&, nanoseconds day_time, double outside, double warmth, signal_values& out);

/// Doors, windows and the low-voltage system around a trip. `random`: of the trip; `mean_outside`: temperature of the day.
void set_cabin(const moment&, std::uint64_t random, double mean_outside, signal_values& out);

} // namespace loadsim::telemetry
