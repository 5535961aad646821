// JSON formatting: Boost.JSON has no indented output and writes 12.5 as 1.25E1.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/histogram.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/verdict/budget.hpp>

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace loadsim::report {

/// On one line, without a newline.
std::string json_line(const boost::json::value&);

/// Indented by two; objects and arrays of scalars stay on one line. Ends with a newline.
std::string json_indented(const boost::json::value&);

/// json_line() that may stand inside a script element.
std::string script_text(const boost::json::value&);

/// Milliseconds with three decimals: the histograms' resolution of a microsecond. NaN (written as null) stays NaN.
double rounded_ms(double ms);
double json_ms(nanoseconds);

boost::json::value json_or_null(const std::optional<double>&);

/// ["executed", "timed_out"].
boost::json::array json_outcomes(outcome_set);

/// {samples, min_ms, mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, max_ms} and for each percentile its 95 % interval,
/// p50_interval_ms: [low, high]. Without samples null for all but `samples`; a percentile that its samples do not carry
/// (measure::is_carried()) is null, and its interval.
boost::json::object json_latency(const measure::histogram&);
/// The same statistics of one interval of the timeline, as observed, whatever their number; no intervals of confidence.
boost::json::object json_observed_latency(const measure::histogram&);

/// {due, sent, unexpected, outcomes}.
boost::json::object json_requests(const measure::request_counts&);

/// `budgets` of summary.json.
boost::json::array json_budgets(const std::vector<verdict::budget_result>&);

} // namespace loadsim::report
