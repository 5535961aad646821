// Signals of a vehicle by the names of the Vehicle Signal Specification (VSS), and their values as text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loadsim::telemetry {

/// Signals of the model. The order is that of signal_table.
enum class signal : std::uint8_t {
    latitude,
    longitude,
    heading,
    altitude,
    speed,
    is_moving,
    acceleration,
    traveled_distance,
    range,
    state_of_charge,
    battery_voltage,
    battery_current,
    battery_power,
    battery_temperature,
    is_charging,
    low_voltage,
    low_voltage_state,
    outside_temperature,
    cabin_temperature,
    tyre_front_left,
    tyre_front_right,
    tyre_rear_left,
    tyre_rear_right,
    driver_door_open,
    driver_door_locked,
    driver_window,
    passenger_door_open,
    passenger_door_locked,
    passenger_window,
    horn,
    hazard_lights,
};
inline constexpr std::size_t signal_count = static_cast<std::size_t>(signal::hazard_lights) + 1;

enum class signal_type : std::uint8_t { number, boolean, text };

/// A row of the table of signals.
/// Bounds: of the exact value, which append() rounds to `decimals`.
struct signal_info {
    signal id{};
    std::string_view name; ///< VSS v6.0
    std::string_view unit; ///< as VSS names it; empty: none
    signal_type type{};
    std::uint8_t decimals = 0;  ///< digits after the point of a number
    double least = 0, most = 0; ///< bounds of a number
    double change_most = 0;     ///< largest change of a number per second; of the heading: of the angle
};

/// Every signal, in the order of `signal`.
std::span<const signal_info, signal_count> signal_table();
inline const signal_info& info(signal s) { return signal_table()[static_cast<std::size_t>(s)]; }

/// nullopt: an unknown name.
std::optional<signal> find_signal(std::string_view name);

/// States of Vehicle.LowVoltageSystemState that the model has.
enum class low_voltage_state : std::uint8_t { lock, off, acc, on };

/// Values of all signals of a vehicle at one instant: numbers as they are, booleans as 0 and 1, a text as its enumerator.
class signal_values {
public:
    double operator[](signal s) const { return values_[static_cast<std::size_t>(s)]; }
    double& operator[](signal s) { return values_[static_cast<std::size_t>(s)]; }
    friend bool operator==(const signal_values&, const signal_values&) = default;

private:
    std::array<double, signal_count> values_{};
};

/// Appends the value as text: 61.5, true, ON.
void append(const signal_values&, signal, std::string& out);

/// As JSON: a text is quoted.
void append_json(const signal_values&, signal, std::string& out);

} // namespace loadsim::telemetry
