// All shards' reports, made one.
#pragma once

#include "shard.hpp"

#include <loadsim/measure/run_facts.hpp>

#include <memory>
#include <string>
#include <vector>

namespace loadsim::run {

/// Sums what shards report: since progress was told last, and since the start.
class merging {
public:
    merging(const shared_plan& plan, monotonic_time begun) : plan_(plan), begun_(begun), told_(begun) {}

    /// Takes a report of each shard.
    void collect(const std::vector<std::unique_ptr<shard>>&);
    /// The same for shards that have stopped.
    void collect_last(const std::vector<std::unique_ptr<shard>>&);

    /// How the run stands, and what has happened since this was asked last. `start`: the load's, `never` before it.
    measure::progress progress(measure::stage, monotonic_time start, monotonic_time now);

    const measure::totals& sum() const noexcept { return sum_; }
    const measure::snapshot& latest() const noexcept { return latest_; } ///< of all shards; `seen` is empty
    std::uint32_t sessions_peak() const noexcept { return sessions_peak_; }

private:
    void add(std::vector<measure::snapshot>);

    const shared_plan& plan_;
    monotonic_time begun_; ///< the run's start
    monotonic_time told_;  ///< when progress() was asked last
    measure::totals sum_;
    measure::totals interval_;
    measure::snapshot latest_;
    std::uint32_t sessions_peak_ = 0;
};

} // namespace loadsim::run
