// Replay of selected requests of an earlier run, with one vehicle.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/run/listener.hpp>

#include <filesystem>
#include <vector>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

struct replay_options {
    std::filesystem::path folder;       ///< of the replay's own report; must exist
    vehicle_id vehicle{};               ///< the only one that connects
    std::vector<arrival_id> arrivals;   ///< the requests to replay, in any order
    std::filesystem::path capture_file; ///< pcap file of all MQTT and HTTP bytes; empty: none
};

/// Runs only that vehicle. Random choices and due times (relative to each other and to the conditions) are those of the
/// scenario's plan. The load begins one second before the first request is due.
/// Errors: as execute(); a vehicle or request that is not in the plan; a capture file that cannot be written.
/// Threads: as execute().
result<void> replay(const scenario::scenario_config&, const replay_options&, const listener&);

} // namespace loadsim::run
