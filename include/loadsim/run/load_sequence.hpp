// Load sequence: several loads in one run, one after the other, while its sessions stay up.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/run/rehearsal.hpp>
#include <loadsim/run/run.hpp>

#include <cstdint>
#include <functional>
#include <optional>

namespace loadsim::run {

/// A load of constant rate. Its warm-up, before the measured time, is not in its result.
struct load_step {
    rate requests{};
    nanoseconds warm_up{0};
    nanoseconds measured{0};
};

/// Threads: the functions are called on the caller's.
struct load_sequence {
    std::function<std::optional<load_step>()>
        next; ///< called before each load, when the one before has been drained; nullopt: end
    /// Result of each load, also of one that was cut short: requests, latencies and loop delay of those due in the measured time;
    /// what is not counted by phase (anomalies, telemetry, taps, messages): since the end of the warm-up. Phase 0 is the warm-up and is empty.
    std::function<void(const measure::run_result&)> on_load;
    bool with_connects = false; ///< the result of the first load has the sessions' connects before it
};

/// Name of the phase that is measured.
inline constexpr const char* measured_phase = "step";

/// The scenario with the phases of a load sequence, `warm-up` and `step`, in place of its own. `lasts`: upper bound of the whole
/// sequence; telemetry ends with it.
scenario::scenario_config scenario_of_sequence(const scenario::scenario_config&, nanoseconds lasts);

/// As execute() and rehearse(), with these loads in place of the scenario's; the scenario is one of scenario_of_sequence(), without
/// conditions and campaigns, and there is one process. Drains after each load, as after the only one of a run. on_finished is called
/// at the end, with the last load.
result<void> execute_loads(const scenario::scenario_config&, const options&, const listener&, const load_sequence&);
result<void> rehearse_loads(const scenario::scenario_config&, const rehearse_options&, const listener&,
                            const load_sequence&);

} // namespace loadsim::run
