// Value of a budget's metric in the result of a run.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace loadsim::verdict {

/// A recovery that was not reached, or a duration above the highest value of a histogram.
constexpr double beyond_any_limit = std::numeric_limits<double>::infinity();

/// An open request may still become a success: it is no miss of the platform.
bool is_aborted(const measure::run_result&);
/// Hop of a latency budget; absent: of another metric.
std::optional<measure::hop> hop_of(const budget&);
measure::request_counts requests_of(const budget&, const measure::totals&, const measure::labels&);
/// Samples of a metric that is a statistic of durations; of another metric: none.
measure::histogram durations_of(const budget&, const measure::run_result&, const measure::labels&);
/// Statistic of the budget in milliseconds; absent: no samples.
std::optional<double> stat_of(const measure::histogram& samples, const budget&);
/// Of `unexpected` and `outcomes`.
double value_of_requests(const budget&, const measure::run_result&, const measure::request_counts&);
/// Value of the metric in the unit of the limit; absent: no data.
std::optional<double> observed_value(const budget&, const measure::run_result&, const measure::labels&);

/// What a value was observed in: a number and its noun.
struct observed_base {
    std::uint64_t count = 0;
    std::string_view noun; ///< empty: the value is itself the number of samples
};
observed_base base_of(const budget&, const measure::run_result&, const measure::labels&);

} // namespace loadsim::verdict
