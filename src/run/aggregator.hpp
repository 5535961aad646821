// Aggregator of snapshots into progress reports and the result of a run.
#pragma once

#include "budget_tracker.hpp"
#include "recovery_tracker.hpp"
#include "run_plan.hpp"
#include "signals.hpp"

#include <loadsim/measure/run_result.hpp>
#include <loadsim/measure/snapshot.hpp>
#include <loadsim/run/listener.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::run {

measure::run_result::end_reason end_reason_of(stop_signals::kind);

/// Sums the snapshots of a run: since the last progress report, and since the start. Follows recoveries and budgets.
/// Threads: one.
class aggregator {
public:
    /// The plan must outlive the aggregator.
    aggregator(const run_plan& plan, const run_start& started);

    void add(measure::snapshot);

    /// The sessions of the first snapshot are there from the start of the run: nothing connects.
    void begin_online() { online_at_last_progress_ = latest_.sessions_online; }
    /// A load of a load sequence begins: drops what was counted before it, the sessions unless `keeps_sessions`.
    void begin_load(monotonic_time start, bool keeps_sessions);
    /// Its warm-up has ended: drops what is not counted by phase, except the sessions.
    void end_warm_up();

    /// No arrivals follow, even if the plan has some.
    void end_load(monotonic_time when) { load_end_ = when; }
    /// Current state of the run, and the totals since the last call, as those of the interval that ended at `end`. `start`: of the
    /// load; `never` before it is known. `late_ranks`: without totals in this interval.
    measure::progress progress(measure::stage, monotonic_time start, monotonic_time end, std::uint32_t late_ranks = 0);
    /// The result of the run that ends now; how it ended, what it left open, and its shards are the caller's.
    measure::run_result result(monotonic_time now) const;

    monotonic_time reported_until() const noexcept { return reported_until_; } ///< end of the last progress
    /// Why the load must end now: a budget with `abort` is missed; part of a sentence. Empty: it goes on. Changes with progress().
    const std::string& early_end() const noexcept { return budget_tracker_.early_end(); }
    const measure::totals& sum() const noexcept { return sum_; }
    const measure::snapshot& latest() const noexcept { return latest_; } ///< without its totals

private:
    std::vector<measure::load_phase> load_phases(monotonic_time now) const;
    std::chrono::system_clock::time_point utc_of(monotonic_time) const; ///< in whole milliseconds
    measure::run_cost cost(nanoseconds duration) const;                 ///< of a scenario with prices

    const run_plan& plan_;
    recovery_tracker recovery_tracker_;
    budget_tracker budget_tracker_;
    run_start started_;
    monotonic_time reported_until_;
    monotonic_time load_start_ = never;
    monotonic_time load_end_ = never;
    measure::totals sum_;
    measure::totals interval_;
    measure::snapshot latest_;
    std::uint32_t sessions_peak_ = 0;
    std::uint64_t rss_peak_ = 0;
    double connection_seconds_ = 0; ///< of all sessions, until the last progress
    std::uint32_t online_at_last_progress_ = 0;
};

} // namespace loadsim::run
