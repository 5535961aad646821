// Telemetry of a scenario, compiled: messages, groups of each segment, model of the vehicles, factors of the rate.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/telemetry/rate_factors.hpp>
#include <loadsim/telemetry/vehicle_model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::scenario {

/// Names of all signals, in the order of telemetry::signal_table().
std::vector<std::string> signal_names();

/// Where the scenario has a group or alarm: "fleet.telemetry[0]", "fleet.segments[1].telemetry[0]", "fleet.alarms[0]".
/// `message`: index in compiled_scenario::telemetry_messages.
std::string path_of_telemetry(const fleet::options&, std::size_t message);

/// True: some vehicle may send telemetry.
inline bool has_telemetry(const fleet::options& f) {
    return !f.telemetry.groups.empty() || !f.telemetry.alarms.empty();
}

/// Calls `visit` with path and options of each message of telemetry.
template <class Visit>
void for_each_telemetry_message(const fleet::options& f, const Visit& visit) {
    const auto& t = f.telemetry;
    for (std::size_t i = 0; i < t.groups.size(); ++i) visit(path_of_telemetry(f, i), t.groups[i].message);
    for (std::size_t i = 0; i < t.alarms.size(); ++i)
        visit(path_of_telemetry(f, t.groups.size() + i), t.alarms[i].message);
}

/// Messages of the groups and then of the alarms. Adds their problems, located by path; incomplete after one.
std::vector<contract::message_template> compile_telemetry(const scenario_config&, const contract::scenario_symbols&,
                                                          problems&);

/// By segment: indexes of the groups that it sends; unknown names, which check() reports, are left out.
std::vector<std::vector<std::uint32_t>> segment_groups_of(const scenario_config&);

/// Trip options with built-in routes if they have none; without fleet.trips those of parked vehicles.
telemetry::trip_options trips_of(const fleet::options&);
telemetry::vehicle_model vehicle_model_of(const scenario_config&);

/// Factors of the phases, multiplied by those of the spikes.
telemetry::rate_factors rate_factors_of(const scenario_config&);

} // namespace loadsim::scenario
