// Budgets that the sum of a run does not decide: of windows, of phases, and those that end the run.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/budget.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::run {

/// Counts the intervals of a run for each such budget. Keeps the current window and the worst one: the memory does not grow.
///
/// Windows follow each other from the start of the load, or of the first phase that the budget covers, to the nearest end of an
/// interval; the rest at the end is no full window.
/// Threads: one. Pure: reads no clock.
class budget_tracker {
public:
    budget_tracker(const std::vector<verdict::budget>&, measure::labels);

    struct span {
        nanoseconds begin{0}, end{0};            ///< since the load's start
        std::optional<std::string_view> phase{}; ///< name of that in the middle; nullopt: not of the load
        bool is_followed = true;                 ///< by more of the load, which can be ended
    };
    /// Intervals in order. `sum`: since the start of the run.
    void add_interval(const span&, const measure::totals& interval, const measure::totals& sum);

    std::vector<measure::budget_part> parts() const;
    /// Why the load must end now, as "31s of load, because ..."; empty: it goes on.
    const std::string& early_end() const noexcept { return early_end_; }

private:
    struct tracked {
        verdict::budget budget;
        measure::budget_part part; ///< of windows: the worst
        bool has_part = false;
        verdict::budget_result worst{};
        measure::totals window{};
        std::optional<nanoseconds> window_begin{};
    };

    void add_to_window(tracked&, const span&, const measure::totals& interval);
    void check_abort(const tracked&, nanoseconds now, const measure::totals& sum);

    measure::labels labels_;
    std::vector<tracked> all_;
    std::string early_end_;
};

} // namespace loadsim::run
