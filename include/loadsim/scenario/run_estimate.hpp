// Estimate of a run: phases, arrivals, duration and resources. Opens and connects nothing.
#pragma once

#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/machine_resources.hpp>
#include <loadsim/target/resource_requirements.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::scenario {

/// Resource requirements of a scenario, for the machines that run it.
loadsim::target::resource_requirements requirements_of(const scenario_config&, loadsim::target::rank_placement = {});

struct run_estimate {
    struct phase {
        std::string name;
        nanoseconds start{0};
        nanoseconds duration{0};
        std::uint64_t arrivals = 0;
        std::string rates; ///< "1/s -> 5/s", "100/s", "pause", "30 in all"
    };
    std::vector<phase> phases;
    std::uint64_t arrivals = 0;
    nanoseconds duration{0};                             ///< of the load, without connecting and draining
    nanoseconds connect_time{0};                         ///< by connectRate, and by the CPU time of TLS handshakes
    loadsim::target::resource_requirements requirements; ///< of all ranks together, on one machine
    std::optional<std::uint64_t> open_file_limit;        ///< limit of a process on this machine; empty: unknown
    /// Processes that the fleet needs on this machine; empty: no number is enough, and `requirements` are those of one.
    std::optional<std::uint32_t> ranks;
    double telemetry_messages_per_second = 0; ///< of the fleet at the peak of the load
    std::uint64_t store_bytes = 0;            ///< of a process, if the stores of all vehicles are full; 0: no store
};

/// Telemetry of a group or an alarm.
struct telemetry_rate {
    std::string name;
    std::vector<std::string> segments; ///< whose vehicles send it
    double messages_per_second = 0;    ///< of the fleet at its peak
};
/// In the order of labels_of(). Empty: no telemetry, or a load too long for a schedule.
std::vector<telemetry_rate> telemetry_rates_of(const scenario_config&);

run_estimate estimate_run(const scenario_config&, const loadsim::target::machine_resources&);
std::string to_string(const run_estimate&);

} // namespace loadsim::scenario
