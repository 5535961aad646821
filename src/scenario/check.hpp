// Checks of the parts of a scenario, called by check(). Each adds its problems, located by path.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

struct compiled_scenario;

/// check() of read.hpp; adds warnings of what is valid and probably a mistake.
problems check(const scenario_config&, problems& warnings);

void check_target(const scenario_config&, problems&);
void check_fleet(const scenario_config&, problems&);
void check_budgets(const scenario_config&, problems&);
void check_observers(const scenario_config&, problems&);
void check_load(const scenario_config&, problems&, problems& warnings);
void check_conditions(const scenario_config&, problems&);
void check_contract(const scenario_config&, problems&);
void check_telemetry(const scenario_config&, problems&);
void check_taps(const scenario_config&, problems&);
void check_tls(const scenario_config&, problems&);
void check_paho(const scenario_config&, problems&);
void check_programs(const scenario_config&, problems&);
/// Payloads of hex or base64, headers and paths with the values that each vehicle has of its own.
void check_vehicle_values(const scenario_config&, const compiled_scenario&, problems&);
/// Parameters that no request has, settings of the other driver, and messages that the contract leaves out.
void warn_of_contract(const scenario_config&, const compiled_scenario&, problems& warnings);

/// Messages that name no vehicle, groups that no segment sends, and stores that stay empty or lose messages.
void warn_of_telemetry(const scenario_config&, problems& warnings);
/// Telemetry that the bridge to the embedded cluster does not forward, or that taps cannot tell apart or read.
void warn_of_taps(const scenario_config&, problems& warnings);

/// True: each message carries the number that its vehicle gave it.
bool has_sequence(const contract::message_options&);

/// Limits that no run misses, and budgets without data.
void warn_of_budgets(const scenario_config&, problems& warnings);
/// Windows and ends of the load that are longer than the load. Expects a scenario without problems.
void warn_of_long_windows(const scenario_config&, problems& warnings);

/// Warns of a plan without requests, and of a fleet that cannot carry the load. Expects a scenario without problems.
void warn_of_load(const scenario_config&, problems& warnings);

/// 1 to 100 letters, digits, '.', '_' and '-', without '.' or '-' at the start.
bool is_folder_name(std::string_view);

/// [A-Za-z][A-Za-z0-9._-]*: valid as a topic level and as a URL path segment, as the embedded backend needs it.
bool is_service_name(std::string_view);
std::string service_name_problem(std::string_view);

/// True: the broker is embedded or its address is in 127.0.0.0/8, all of which are addresses of this machine.
bool broker_is_on_loopback(const scenario_config&);

inline constexpr double max_load_seconds = 366.0 * 24 * 3600; ///< seconds; for longer loads no schedule is computed
double load_seconds(const load&);                             ///< seconds; valid for unchecked phases too

/// One occurrence of a spike condition.
struct load_spike {
    nanoseconds from{0}; ///< since the start of the load
    nanoseconds until{0};
    double factor = 1;
    std::string name;
    std::size_t condition_index = 0; ///< index in scenario_config::conditions
};
inline constexpr std::uint32_t max_spikes = 1000; ///< maximum number of occurrences of one condition

/// Ordered by start time.
std::vector<load_spike> load_spikes_of(const scenario_config&);
/// Name of the part of a phase in which the spike multiplies the load: "steady (spike)".
std::string phase_name_of(const loadsim::load::phase&, const load_spike&);
/// True: some of the phase is in the spike. `start`: of the phase, since that of the load.
bool overlaps(const loadsim::load::phase&, nanoseconds start, const load_spike&);

} // namespace loadsim::scenario
