// Runs that the commands compare, baseline, judge and merge are given.
#pragma once

#include "run_setup.hpp"

#include <loadsim/report/stored_run.hpp>

#include <string>
#include <vector>

namespace loadsim::app {

/// Reads report folders and baseline files; prints problems and warnings. Error: exit code 3.
or_exit_code<std::vector<report::stored_run>> read_stored_runs(const std::vector<std::string>& paths, measure::labels&);

/// The runs as one. Error: exit code 3, printed, for runs of several loads.
or_exit_code<report::stored_run> merge_stored_runs(const std::vector<report::stored_run>&);

} // namespace loadsim::app
