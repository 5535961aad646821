// JSON formatting: Boost.JSON has no indented output and writes 12.5 as 1.25E1.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/histogram.hpp>

#include <boost/json/fwd.hpp>

#include <string>

namespace loadsim::report {

/// On one line, without a newline.
std::string json_line(const boost::json::value&);

/// Indented by two; objects and arrays of scalars stay on one line. Ends with a newline.
std::string json_indented(const boost::json::value&);

/// Milliseconds with three decimals: the histograms' resolution of a microsecond.
double json_ms(nanoseconds);
/// Seconds with six decimals.
double json_s(nanoseconds);

/// ["executed", "timed_out"].
boost::json::array json_outcomes(outcome_set);

/// {count, min, mean, p50, p90, p95, p99, p999, max} in ms; without samples null for all but count.
boost::json::object json_latency(const measure::histogram&);

} // namespace loadsim::report
