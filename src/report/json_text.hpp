// JSON as we print it: Boost.JSON has no indented form and writes 12.5 as 1.25E1.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/histogram.hpp>

#include <boost/json/fwd.hpp>

#include <string>

namespace loadsim::report {

/// On one line, without a newline.
std::string json_line(const boost::json::value&);

/// Indented by two; an object or array that holds no other one stays on its line. Ends with a newline.
std::string json_page(const boost::json::value&);

/// Milliseconds with three digits after the point: the microseconds that histograms keep.
double json_ms(nanoseconds);
/// Seconds with six.
double json_s(nanoseconds);

/// ["executed", "timed_out"].
boost::json::array json_outcomes(outcome_set);

/// {count, min, mean, p50, p90, p95, p99, p999, max} in ms; null for all but count where there is no sample.
boost::json::object json_latency(const measure::histogram&);

} // namespace loadsim::report
