#include "trip_motion.hpp"

#include "ramped_pulse.hpp"
#include "seeded_numbers.hpp"

#include <algorithm>
#include <cmath>

namespace loadsim::telemetry {
namespace {

constexpr double motorway_spacing = 8000; ///< metres between two stops on the motorway, about
constexpr double motorway_stop = 5;       ///< seconds, least
constexpr double least_ramp = 4;          ///< seconds of acceleration: bounds its change
constexpr double slowest = 0.75;          ///< of the speed that a leg may have

/// Seconds from 0 to a speed: a smooth step, whose largest slope is 1.5 times the mean.
double ramp_of(double speed) { return std::max(1.5 * speed / acceleration_most, least_ramp); }

/// A leg with this speed: accelerate, hold, brake.
ramped_pulse leg_at(double speed, double leg_length) {
    const double ramp = ramp_of(speed);
    return {ramp, leg_length / speed - ramp, ramp, speed};
}

trip_part part_of(double start, double from, double length, double spacing, double speed, double stop) {
    trip_part p;
    p.start = start;
    p.from = from;
    p.legs = static_cast<std::uint32_t>(std::ceil(length / spacing));
    p.leg_length = length / p.legs;
    // Acceleration and braking take speed * ramp_of(speed): never more than the leg.
    p.speed_most = std::min({speed, std::sqrt(p.leg_length * acceleration_most / 1.5), p.leg_length / least_ramp});
    p.leg_time = leg_at(slowest * p.speed_most, p.leg_length).duration() + stop;
    return p;
}

} // namespace

trip_shape::trip_shape(double l, const stop_options& stops) : length(l) {
    const double stop = seconds(stops.least_time);
    const double in_town = std::min(length, 2 * town_length);
    const double on_motorway = length - in_town;
    if (on_motorway <= 0) {
        parts[0] = part_of(0, 0, length, stops.spacing, town_speed, stop);
        duration = parts[0].end();
        return;
    }
    parts[0] = part_of(0, 0, town_length, stops.spacing, town_speed, stop);
    parts[1] = part_of(parts[0].end(), town_length, on_motorway, motorway_spacing, motorway_speed, motorway_stop);
    parts[2] = parts[0];
    parts[2].start = parts[1].end();
    parts[2].from = length - town_length;
    duration = parts[2].end();
}

trip_motion motion_at(const trip_shape& trip, double t, const leg_numbers& numbers) {
    std::size_t at = 0;
    std::uint64_t leg_number = 0;
    while (at < 2 && trip.parts[at + 1].legs != 0 && t >= trip.parts[at + 1].start) leg_number += trip.parts[at++].legs;
    const auto& part = trip.parts[at];
    const double in_part = std::max(t - part.start, 0.0);
    const auto leg = std::min(static_cast<std::uint32_t>(in_part / part.leg_time), part.legs - 1);
    trip_motion m;
    m.random = random_bits(numbers.seed, stream_id::trip, index(numbers.vehicle),
                           counter_of(purpose::stop, numbers.day, numbers.trip, leg_number + leg));
    m.in_leg = in_part - leg * part.leg_time;
    const double speed = part.speed_most * (slowest + (1 - slowest) * unit_part(m.random, 0));
    const auto pulse = leg_at(speed, part.leg_length);
    m.speed = pulse.value(m.in_leg);
    m.acceleration = pulse.slope(m.in_leg);
    // Never beyond the begin of the next leg, also not by rounding: the odometer only grows.
    const double next = leg + 1 == part.legs
                            ? (at < 2 && trip.parts[at + 1].legs != 0 ? trip.parts[at + 1].from : trip.length)
                            : part.from + (leg + 1) * part.leg_length;
    m.distance = m.in_leg >= pulse.duration()
                     ? next
                     : std::min(part.from + leg * part.leg_length + pulse.integral(m.in_leg), next);
    return m;
}

} // namespace loadsim::telemetry
