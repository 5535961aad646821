// Results of experiments for tests of their reports.
#pragma once

#include <loadsim/report/experiment_report.hpp>

namespace sample_experiment {

loadsim::report::experiment_origin origin();

/// Five loads from 100/s to 1600/s: three hold, two are broken.
loadsim::experiment::capacity_result capacity();

/// Three variants of two rounds: small misses a budget, large is the fastest, medium the cheapest of those left.
loadsim::report::tune_result variants();

} // namespace sample_experiment
