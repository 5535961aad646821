// How much telemetry a scenario makes, before it runs.
#pragma once

#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <vector>

namespace loadsim::scenario {

struct telemetry_estimate {
    double messages_per_second = 0;   ///< of the fleet at its peak: groups and alarms, with factors
    std::vector<double> by_message{}; ///< messages_per_second of each group and alarm, each at its own peak
    double packets_per_second = 0;    ///< MQTT packets between vehicles and broker for them
    std::uint64_t store_bytes = 0;    ///< of a process, if the store of every vehicle is full; 0: no store
};

/// From the drive states of a sample of the fleet at some instants of the load.
telemetry_estimate estimate_telemetry(const scenario_config&);

} // namespace loadsim::scenario
