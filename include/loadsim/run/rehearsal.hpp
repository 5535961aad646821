// Rehearsal: a run in simulated time, without sockets.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/run/listener.hpp>

#include <cstdint>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

struct rehearse_options {
    /// Simulated wall-clock time at the start; a constant, so that two rehearsals are identical byte for byte.
    std::int64_t ms_since_epoch = 1'767'225'600'000; // 2026-01-01T00:00:00Z
};

/// Runs the whole scenario against the simulated target, with the plan, behaviours, conditions, backend and ledger of a
/// real run, but without sockets; a single clock jumps from event to event. Network and platform take no time, so
/// latencies are those of the vehicles alone. Real addresses of a target are not used.
/// Reports as execute() does, once per simulated second. SIGINT and SIGTERM end it as they end a run.
/// The same scenario and options give the same ledger byte for byte.
/// Backend and vehicles use the built-in contract, whatever the scenario's; hooks before and after the load are
/// skipped.
/// Errors: an invalid template, an unreadable file. Threads: as execute().
result<void> rehearse(const scenario::scenario_config&, const rehearse_options&, const listener&);

} // namespace loadsim::run
