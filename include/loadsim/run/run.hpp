// Execution of one run, from scenario to result.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/run/listener.hpp>

#include <cstdint>
#include <filesystem>

namespace loadsim::cluster {
class channel;
}
namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

struct options {
    std::filesystem::path folder;      ///< of the run's report; must exist. Files of embedded targets go there too
    std::uint32_t shards = 0;          ///< per rank; 0: default_shards()
    cluster::channel* ranks = nullptr; ///< channel to the other ranks; null: single process
    std::uint64_t trace_run = 0;       ///< the run's part of trace ids, the same in all ranks; 0: random
};

/// target::default_shards() of this machine.
std::uint32_t default_shards(bool of_several_ranks);

/// Starts the target, connects the fleet, runs the load, drains, and stops everything. With several ranks: runs as rank
/// 0, which controls the other ranks and adds their counts to its own.
/// SIGINT drains and ends the run as interrupted, SIGTERM and SIGHUP as terminated; what a second signal does is decided by
/// stop_decision. In a rank these are SIGUSR1 and SIGUSR2, and SIGTERM ends the run at once as aborted.
/// Errors: the load could not start (target, set-up); nothing is left running.
/// Threads: blocks; call from a thread that lives as long as the process (an embedded broker is tied to that thread).
result<void> execute(const scenario::scenario_config&, const options&, const listener&);

/// Asks for the end of this process's run as one SIGINT does: drain, end as interrupted. No effect after a stop signal or an
/// earlier call. Between two runs, and before a run handles signals, it is kept as a signal is (keep_late_signals()). Threads: any.
void request_stop();

/// Runs as any other rank: sets up its local generator and executes rank 0's control commands until the command to
/// leave.
/// Errors: connection to rank 0 lost. Set-up errors of this rank are reported to rank 0.
result<void> execute_as_worker(const scenario::scenario_config&, const options&);

} // namespace loadsim::run
