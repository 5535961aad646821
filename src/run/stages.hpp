// Stages of a run: connect, load, drain, finish.
#pragma once

#include "aggregator.hpp"
#include "generator.hpp"
#include "recovery_tracker.hpp"
#include "run_plan.hpp"
#include "signals.hpp"

#include <loadsim/run/run.hpp>

#include <chrono>
#include <string>

namespace loadsim::run {

/// Runs the stages on the generator and reports progress once a second.
/// Threads: one.
class run_stages {
public:
    run_stages(const run_plan&, generator&, stop_signals&, const listener&, const time_source&);

    /// Runs all stages and reports the result. Errors: the load could not start.
    result<void> run();
    bool aborted() const { return !abort_reason_.empty(); } ///< the run was aborted without drain

private:
    result<void>
    connect(); ///< blocks until all vehicles are online or a stop is requested. Errors: the load cannot start
    void load();
    void drain();
    measure::run_result finish();
    bool stop_requested() const; ///< stop requested by a signal, here or at another rank; or aborted
    void step(measure::stage at, monotonic_time until);
    void report_progress(measure::stage at, monotonic_time now);
    bool has_pending_stop() const;
    bool nothing_pending() const;
    void check_lost_ranks();
    problems connect_timeout_error(nanoseconds waited) const;
    measure::run_result::end_reason end_reason() const;

    const run_plan& plan_;
    const scenario::scenario_config& scenario_;
    generator& generator_;
    stop_signals& signals_;
    const listener& callbacks_;
    const time_source& time_;
    std::chrono::system_clock::time_point started_wall_ = std::chrono::system_clock::now();
    monotonic_time started_at_;
    aggregator aggregator_;
    recovery_tracker recovery_tracker_;
    monotonic_time next_tick_;
    monotonic_time start_ = never; ///< start of the load
    std::string abort_reason_;
    bool remote_stop_handled_ = false;
};

} // namespace loadsim::run
