// Snapshots, added up for those who watch the run.
#pragma once

#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/measure/snapshot.hpp>

namespace loadsim::run {

/// Sums what the parts of a run have seen: since progress was told last, and since the start.
class merging {
public:
    merging(const load::schedule& plan, monotonic_time begun) : plan_(plan), begun_(begun), told_(begun) {}

    void take(measure::snapshot);

    /// How the run stands, and what has happened since this was asked last. `start`: the load's, `never` before it.
    measure::progress progress(measure::stage, monotonic_time start, monotonic_time now);

    const measure::totals& sum() const noexcept { return sum_; }
    const measure::snapshot& latest() const noexcept { return latest_; } ///< its `seen` is empty
    std::uint32_t sessions_peak() const noexcept { return sessions_peak_; }
    std::uint64_t rss_peak() const noexcept { return rss_peak_; }

private:
    const load::schedule& plan_;
    monotonic_time begun_; ///< the run's start
    monotonic_time told_;  ///< when progress() was asked last
    measure::totals sum_;
    measure::totals interval_;
    measure::snapshot latest_;
    std::uint32_t sessions_peak_ = 0;
    std::uint64_t rss_peak_ = 0;
};

} // namespace loadsim::run
