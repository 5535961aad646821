#include <loadsim/telemetry/signals.hpp>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

namespace loadsim::telemetry {
namespace {

constexpr double unbounded = 1e9;

constexpr signal_info number(signal id, std::string_view name, std::string_view unit, std::uint8_t decimals,
                             double least, double most, double change_most) {
    return {id, name, unit, signal_type::number, decimals, least, most, change_most};
}
constexpr signal_info boolean(signal id, std::string_view name) {
    return {id, name, {}, signal_type::boolean, 0, 0, 1, 0};
}

// Names, units and whole numbers: VSS v6.0, spec/. The changes: motorway speed, 3 m/s^2, charging with 350 kW.
constexpr auto table = [] {
    using enum signal;
    return std::array<signal_info, signal_count>{{
        number(latitude, "Vehicle.CurrentLocation.Latitude", "degrees", 6, -90, 90, 4e-4),
        number(longitude, "Vehicle.CurrentLocation.Longitude", "degrees", 6, -180, 180, 2e-3),
        number(heading, "Vehicle.CurrentLocation.Heading", "degrees", 1, 0, 360, 120),
        number(altitude, "Vehicle.CurrentLocation.Altitude", "m", 1, -500, 9000, 4),
        number(speed, "Vehicle.Speed", "km/h", 1, 0, 130, 3 * 3.6),
        boolean(is_moving, "Vehicle.IsMoving"),
        number(acceleration, "Vehicle.Acceleration.Longitudinal", "m/s^2", 2, -3, 3, 4),
        number(traveled_distance, "Vehicle.TraveledDistance", "m", 0, 0, unbounded, 130 / 3.6),
        number(range, "Vehicle.Powertrain.Range", "m", 0, 0, 800'000, 1000),
        number(state_of_charge, "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current", "percent", 2, 10, 95, 0.2),
        number(battery_voltage, "Vehicle.Powertrain.TractionBattery.CurrentVoltage", "V", 1, 300, 430, 5),
        number(battery_current, "Vehicle.Powertrain.TractionBattery.CurrentCurrent", "A", 1, -300, 1000, 60),
        number(battery_power, "Vehicle.Powertrain.TractionBattery.CurrentPower", "W", 0, -100'000, 400'000, 20'000),
        number(battery_temperature, "Vehicle.Powertrain.TractionBattery.Temperature.Average", "Celsius", 1, -60, 80,
               0.1),
        boolean(is_charging, "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"),
        number(low_voltage, "Vehicle.LowVoltageBattery.CurrentVoltage", "V", 2, 12, 15, 1),
        {low_voltage_state, "Vehicle.LowVoltageSystemState", {}, signal_type::text, 0, 0, 3, 0},
        number(outside_temperature, "Vehicle.Exterior.AirTemperature", "Celsius", 1, -60, 60, 0.05),
        number(cabin_temperature, "Vehicle.Cabin.HVAC.AmbientAirTemperature", "Celsius", 1, -60, 60, 0.3),
        number(tyre_front_left, "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", "kPa", 0, 100, 400, 0.1),
        number(tyre_front_right, "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure", "kPa", 0, 100, 400, 0.1),
        number(tyre_rear_left, "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure", "kPa", 0, 100, 400, 0.1),
        number(tyre_rear_right, "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure", "kPa", 0, 100, 400, 0.1),
        boolean(driver_door_open, "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"),
        boolean(driver_door_locked, "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"),
        number(driver_window, "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "percent", 0, 0, 100, 25),
        boolean(passenger_door_open, "Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen"),
        boolean(passenger_door_locked, "Vehicle.Cabin.Door.Row1.PassengerSide.IsLocked"),
        number(passenger_window, "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position", "percent", 0, 0, 100, 25),
        boolean(horn, "Vehicle.Body.Horn.IsActive"),
        boolean(hazard_lights, "Vehicle.Body.Lights.Hazard.IsSignaling"),
    }};
}();

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].id) != i) return false;
    return true;
}
static_assert(in_order());

constexpr std::array<std::string_view, 4> low_voltage_texts{"LOCK", "OFF", "ACC", "ON"};
constexpr std::array<std::int64_t, 7> powers_of_ten{1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
static_assert(std::ranges::all_of(table, [](const auto& s) { return s.decimals < powers_of_ten.size(); }));

/// Fixed notation by way of an integer. |value| is below 1e12.
void append_number(double value, std::uint8_t decimals, std::string& out) {
    const auto unit = powers_of_ten[decimals];
    const auto scaled = std::llround(value * static_cast<double>(unit));
    const auto digits = static_cast<std::uint64_t>(scaled < 0 ? -scaled : scaled);
    std::array<char, 24> text; // NOLINT: written below
    auto* to = text.data();
    if (scaled < 0) *to++ = '-';
    to = std::to_chars(to, text.data() + text.size(), digits / static_cast<std::uint64_t>(unit)).ptr;
    if (decimals > 0) {
        *to++ = '.';
        auto rest = digits % static_cast<std::uint64_t>(unit);
        for (auto* digit = to + decimals; digit != to; rest /= 10) *--digit = static_cast<char>('0' + rest % 10);
        to += decimals;
    }
    out.append(text.data(), to);
}

} // namespace

std::span<const signal_info, signal_count> signal_table() { return table; }

std::optional<signal> find_signal(std::string_view name) {
    for (const auto& s : table)
        if (s.name == name) return s.id;
    return std::nullopt;
}

void append(const signal_values& values, signal s, std::string& out) {
    const auto& row = info(s);
    switch (row.type) {
    case signal_type::number: append_number(values[s], row.decimals, out); break;
    case signal_type::boolean: out += values[s] != 0 ? "true" : "false"; break;
    case signal_type::text: out += low_voltage_texts[static_cast<std::size_t>(values[s])]; break;
    }
}

void append_json(const signal_values& values, signal s, std::string& out) {
    const bool quoted = info(s).type == signal_type::text;
    if (quoted) out += '"';
    append(values, s, out);
    if (quoted) out += '"';
}

} // namespace loadsim::telemetry
