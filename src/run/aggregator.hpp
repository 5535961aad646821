// Aggregator of snapshots into progress reports and the result of a run.
#pragma once

#include "recovery_tracker.hpp"
#include "run_plan.hpp"
#include "signals.hpp"

#include <loadsim/measure/run_result.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <chrono>
#include <cstdint>

namespace loadsim::run {

measure::run_result::end_reason end_reason_of(stop_signals::kind);

/// Sums the snapshots of a run: since the last progress report, and since the start. Follows recoveries.
/// Threads: one.
class aggregator {
public:
    /// The plan must outlive the aggregator.
    aggregator(const run_plan& plan, monotonic_time started_at);

    void add(measure::snapshot);

    /// Current state of the run, and the totals since the last call. `start`: of the load; `never` before it.
    measure::progress progress(measure::stage, monotonic_time start, monotonic_time now);
    /// The result of the run that ends now; how it ended, what it left open, and its shards are the caller's.
    measure::run_result result(monotonic_time now) const;

    const measure::totals& sum() const noexcept { return sum_; }
    const measure::snapshot& latest() const noexcept { return latest_; } ///< without its totals

private:
    const run_plan& plan_;
    recovery_tracker recovery_tracker_;
    std::chrono::system_clock::time_point started_wall_ = std::chrono::system_clock::now();
    monotonic_time started_at_;  ///< start of the run
    monotonic_time reported_at_; ///< last call of progress()
    measure::totals sum_;
    measure::totals interval_;
    measure::snapshot latest_;
    std::uint32_t sessions_peak_ = 0;
    std::uint64_t rss_peak_ = 0;
};

} // namespace loadsim::run
