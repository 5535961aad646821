// Some requests of a run once more, alone.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <filesystem>
#include <vector>

namespace loadsim::run {

struct replay_options {
    std::filesystem::path folder; ///< of the replay's own report; exists
    vehicle_id vehicle{};         ///< the only one that connects
    std::vector<arrival_id> arrivals; ///< its requests, in any order
    std::filesystem::path packets;    ///< where its MQTT bytes go, as a capture file; empty: nowhere
};

/// Runs only that vehicle, with the choices and the due times (against each other, and against the conditions) that these
/// requests have in the scenario's plan. The load begins a second before the first of them is due.
/// Errors: as execute(); a vehicle or a request that the plan does not have; a capture file that cannot be written.
/// Threads: as execute().
result<void> replay(const scenario::document&, const replay_options&, const listener&);

} // namespace loadsim::run
