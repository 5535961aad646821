// Interval totals: counts of all ranks by the interval of the timeline in which they counted them.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <deque>
#include <vector>

namespace loadsim::run {

/// Intervals of the timeline that are complete at `now`. The first ends when the load starts, the others take a second each.
/// `load_start`: never before it is known. All ranks have the same intervals, whenever their messages arrive.
std::uint32_t complete_intervals(monotonic_time load_start, monotonic_time now);

/// Adds up the reports of all ranks by interval.
/// Threads: one. Pure: reads no clock.
class interval_totals {
public:
    explicit interval_totals(std::uint32_t ranks);

    /// Counts of a rank since its previous report. `complete`: the rank's complete intervals when it counted them. They belong to
    /// the last of those that this report completes, else to the one that has begun; if that has been taken, to the next one.
    void add(std::uint32_t rank, std::uint32_t complete, measure::totals counts);

    /// Ranks without counts in the last of the first `intervals` intervals: they have not reported it yet, or have one report for
    /// several. Their counts will be in a later one. Call before it is taken.
    std::uint32_t late_ranks(std::uint32_t intervals) const;
    /// Removes and returns the counts of the first `intervals` intervals, without those taken before.
    measure::totals take(std::uint32_t intervals);
    measure::totals take_all(); ///< removes and returns all counts

private:
    struct interval {
        measure::totals counts;
        std::uint32_t skipped_by = 0; ///< ranks without a report of it
    };
    interval& at(std::uint32_t number);

    std::vector<std::uint32_t> complete_by_rank_; ///< complete intervals
    std::deque<interval> open_;                   ///< from number `taken_` on
    std::uint32_t taken_ = 0;
};

} // namespace loadsim::run
