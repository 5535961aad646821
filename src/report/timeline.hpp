// Lines of timeline.jsonl and timeline.csv: the same fields.
#pragma once

#include <loadsim/measure/run_result.hpp>

#include <boost/json/fwd.hpp>

#include <string>

namespace loadsim::report {

boost::json::object timeline_object(const measure::progress&, const measure::labels&);

/// Line of timeline.csv, with its newline. Of latencies samples, p50, p95, p99 and max; timeline.jsonl has all statistics.
std::string timeline_csv_header();
std::string timeline_csv_row(const measure::progress&, const measure::labels&);

} // namespace loadsim::report
