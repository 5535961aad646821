// Baseline files: what a comparison needs of earlier runs, in one JSON document.
#pragma once

#include <loadsim/report/stored_run.hpp>

#include <boost/json/fwd.hpp>

namespace loadsim::report {

inline constexpr const char* baseline_schema = "loadsim.baseline/1";

/// Adds to a run what run_of_summary() does not read. `document` has no count_error(). Errors: no number of runs, a missing or damaged
/// histogram; part of a sentence.
problems read_baseline(const boost::json::object& document, stored_run&, measure::labels&);

} // namespace loadsim::report
