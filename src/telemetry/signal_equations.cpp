#include "signal_equations.hpp"

#include "ramped_pulse.hpp"
#include "seeded_numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace loadsim::telemetry {

void set_place(const moment& m, const route_track& track, signal_values& out) {
    const auto where = place_of(m);
    const auto on_track = track.at(m.day.traits.home * track.length() + where.from_home);
    double heading = std::fmod(on_track.heading + where.turned, 360.0);
    if (heading < 0) heading += 360;
    out[signal::latitude] = on_track.point.latitude;
    out[signal::longitude] = on_track.point.longitude;
    out[signal::altitude] = on_track.point.altitude;
    out[signal::heading] = heading;
}

void set_motion(const moment& m, signal_values& out) {
    out[signal::speed] = m.motion.speed * 3.6;
    out[signal::is_moving] = m.motion.speed > 0 ? 1 : 0;
    out[signal::acceleration] = m.motion.acceleration;
    out[signal::traveled_distance] = odometer_of(m);
    if (m.driving == nullptr) return;
    constexpr double rarely = 1.0 / 64; // of the legs
    const bool stands = m.motion.speed <= 0;
    out[signal::horn] = unit_part(m.motion.random, 1) < rarely && m.motion.in_leg >= 1 && m.motion.in_leg < 2 ? 1 : 0;
    out[signal::hazard_lights] = unit_part(m.motion.random, 2) < rarely && stands ? 1 : 0;
}

void set_battery(const moment& m, double outside, signal_values& out) {
    constexpr double empty_voltage = 320, full_voltage = 400, resistance = 0.03; // V, V, ohm
    const auto& traits = m.day.traits;
    const double level = level_of(m);
    double kilowatts = 0;
    if (m.driving != nullptr) kilowatts = -m.driving->energy * m.motion.speed * 3600;
    if (m.charge != nullptr) kilowatts = m.charge->power.value(m.since(m.charge->begin));
    const double open_voltage = empty_voltage + (full_voltage - empty_voltage) * level / traits.capacity;
    const double current = kilowatts * 1000 / open_voltage;
    out[signal::range] = level / (traits.consumption * consumption_factor(outside));
    out[signal::state_of_charge] = 100 * level / traits.capacity;
    out[signal::battery_current] = current;
    out[signal::battery_voltage] = open_voltage + resistance * current;
    out[signal::battery_power] = current * out[signal::battery_voltage];
    out[signal::is_charging] = m.charge != nullptr ? 1 : 0;
}

void set_temperatures(double outside, double warmth, signal_values& out) {
    constexpr double comfortable = 21, battery_warmer = 14; // degrees Celsius
    out[signal::outside_temperature] = outside;
    out[signal::cabin_temperature] = outside + (comfortable - outside) * smooth_step(3 * warmth);
    out[signal::battery_temperature] = outside + battery_warmer * smooth_step(warmth);
}

void set_tyres(const tyre_traits& tyres, nanoseconds day_time, double outside, double warmth, signal_values& out) {
    constexpr double front = 250, rear = 270, atmosphere = 101; // kPa, at 20 degrees
    constexpr double tyre_warmer = 18, mild = 293.15, zero = 273.15;
    constexpr double leaks_for = 0.999;
    const double periods = seconds(day_time) / (90 * seconds(day_length)) + tyres.phase;
    const double in_period = periods - std::floor(periods);
    const double lost = in_period < leaks_for ? in_period / leaks_for : (1 - in_period) / (1 - leaks_for);
    const double warmer = (outside + tyre_warmer * smooth_step(warmth) + zero) / mild;
    constexpr std::array<signal, 4> wheels{signal::tyre_front_left, signal::tyre_front_right, signal::tyre_rear_left,
                                           signal::tyre_rear_right};
    for (std::size_t i = 0; i < wheels.size(); ++i)
        out[wheels[i]] = ((i < 2 ? front : rear) - lost * tyres.loss[i] + atmosphere) * warmer - atmosphere;
}

void set_cabin(const moment& m, std::uint64_t random, double mean_outside, signal_values& out) {
    constexpr double far = 1e9; // seconds
    const auto* trip = m.driving != nullptr ? m.driving : m.next;
    const double after_departure = trip != nullptr ? m.since(trip->departure) : -far;
    const double after_arrival = m.driving == nullptr && m.last != nullptr ? m.since(m.last->arrival) : -far;
    const auto departs = [&](double from, double until) { return after_departure >= from && after_departure < until; };
    const auto arrives = [&](double from, double until) { return after_arrival >= from && after_arrival < until; };

    const bool has_passenger = unit_part(random, 0) < 0.3;
    const bool unlocked = departs(-70, 5) || arrives(10, 60);
    out[signal::driver_door_open] = departs(-60, -45) || arrives(20, 35) ? 1 : 0;
    out[signal::passenger_door_open] = has_passenger && (departs(-55, -35) || arrives(22, 40)) ? 1 : 0;
    out[signal::driver_door_locked] = out[signal::passenger_door_locked] = unlocked ? 0 : 1;

    auto state = low_voltage_state::lock;
    if (m.driving != nullptr || departs(-30, 0) || arrives(0, 15))
        state = low_voltage_state::on;
    else if (departs(-60, -30) || arrives(15, 25))
        state = low_voltage_state::acc;
    else if (arrives(25, 60))
        state = low_voltage_state::off;
    out[signal::low_voltage_state] = static_cast<double>(state);

    // The voltage follows the converter within 5 s: from `on` to its end, and while charging.
    constexpr double rested = 12.5, converter = 1.7, ramp = 5; // V, V, s
    double supplied = 0;
    if (m.driving != nullptr || departs(-30, 0)) supplied = smooth_step((after_departure + 30) / ramp);
    if (arrives(0, 15)) supplied = smooth_step((15 - after_arrival) / ramp);
    if (m.charge != nullptr) supplied = smooth_step(std::min(m.since(m.charge->begin), -m.since(m.charge->end)) / ramp);
    out[signal::low_voltage] = rested + converter * supplied;

    // On a warm day one trip in two has an open window, from a minute after the departure to a minute before the arrival.
    constexpr double warm = 18, window_moves_for = 5; // degrees Celsius, seconds
    if (m.driving == nullptr || mean_outside < warm || unit_part(random, 1) >= 0.5) return;
    const double in_trip = std::min(after_departure, -m.since(m.driving->arrival)) - 60;
    const double position = (10 + 50 * unit_part(random, 2)) * smooth_step(in_trip / window_moves_for);
    out[signal::driver_window] = position;
    if (has_passenger) out[signal::passenger_window] = position;
}

} // namespace loadsim::telemetry
