// A run in simulated time: what a scenario will do, before anybody waits for it.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>

namespace loadsim::run {

struct rehearse_options {
    /// What all clocks show when it begins: always the same, so that two rehearsals are alike to the last byte.
    std::int64_t ms_since_epoch = 1'767'225'600'000; // 2026-01-01T00:00:00Z
};

/// The whole scenario against a model of the platform, with everything that decides and nothing that waits: the same plan,
/// behaviours, conditions, backend and ledger as a run's, one clock that jumps from event to event, no sockets. Networks and
/// platform take no time, so latencies are the vehicles' own. Real addresses of a target are not used.
/// Tells as execute() does, once in a simulated second. SIGINT and SIGTERM end it as they end a run.
/// The same scenario and options: the same ledger byte by byte.
/// Whatever contract the scenario has: the model and its vehicles speak our own, and nothing is called before or after.
/// Errors: a text of the scenario that means nothing, a file that cannot be read. Threads: as execute().
result<void> rehearse(const scenario::document&, const rehearse_options&, const listener&);

} // namespace loadsim::run
