// Aggregator of snapshots into totals and progress reports.
#pragma once

#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/measure/snapshot.hpp>

namespace loadsim::run {

/// Sums the snapshots of a run: since the last progress report, and since the start.
class aggregator {
public:
    aggregator(const load::schedule& plan, monotonic_time started_at)
        : plan_(plan), started_at_(started_at), reported_at_(started_at) {}

    void add(measure::snapshot);

    /// Current state of the run, and the totals since the last call. `start`: of the load; `never` before it.
    measure::progress progress(measure::stage, monotonic_time start, monotonic_time now);

    const measure::totals& sum() const noexcept { return sum_; }
    const measure::snapshot& latest() const noexcept { return latest_; } ///< without its totals
    std::uint32_t sessions_peak() const noexcept { return sessions_peak_; }
    std::uint64_t rss_peak() const noexcept { return rss_peak_; }

private:
    const load::schedule& plan_;
    monotonic_time started_at_;  ///< start of the run
    monotonic_time reported_at_; ///< last call of progress()
    measure::totals sum_;
    measure::totals interval_;
    measure::snapshot latest_;
    std::uint32_t sessions_peak_ = 0;
    std::uint64_t rss_peak_ = 0;
};

} // namespace loadsim::run
