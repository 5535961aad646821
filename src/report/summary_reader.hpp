// Reader of summary.json: the counts of a run, without its histograms.
#pragma once

#include <loadsim/measure/run_result.hpp>

#include <boost/json/fwd.hpp>

namespace loadsim::report {

/// Sets what summary_json() writes, without latencies. Names that `labels` does not have are appended to it, so that several runs that
/// are read with the same labels have the same indexes.
/// Not in the file: requests left open (0), and the reason of an abort.
measure::run_result run_of_summary(const boost::json::object& summary, measure::labels& labels);

} // namespace loadsim::report
