// Listing of a run's plan: arrivals with vehicle, service and resolved behaviour; condition windows of each vehicle.
#pragma once

#include <loadsim/base/ids.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

/// Column names of write_plan(), of write_condition_windows() and of write_telemetry().
std::string plan_header();
std::string condition_windows_header();
std::string telemetry_header();

/// Calls back with one line, without line end, for each arrival of the partition, in order: arrival, due (s), VIN,
/// segment, behaviour, service, phase, expected outcome, the steps with their delays, and the parameters; tab-separated. A run differs
/// from the listing only where a vehicle is busy or offline when its arrival is due: another vehicle takes the arrival
/// (docs/decisions/0005).
/// Precondition: scenario::read() has accepted the scenario.
/// The same scenario and seed give the same lines byte for byte, for any partitioning of the fleet.
void write_plan(const scenario::scenario_config&, fleet_partition,
                const std::function<void(arrival_id, const std::string& line)>&);

/// The same for conditions, one line per affected vehicle and occurrence: condition, occurrence, from (s), until (s),
/// VIN. Ordered by vehicle.
void write_condition_windows(const scenario::scenario_config&, fleet_partition,
                             const std::function<void(vehicle_id, const std::string& line)>&);

/// One line for each telemetry group and alarm: name, segments that send it, messages per second of the fleet at its peak.
void write_telemetry(const scenario::scenario_config&, const std::function<void(const std::string& line)>&);

} // namespace loadsim::run
