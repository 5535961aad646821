// One load of a load sequence: its due times, and its result without the warm-up.
#pragma once

#include "run_plan.hpp"

#include <loadsim/run/load_sequence.hpp>

namespace loadsim::run {

/// The load that follows `before`, which may be empty (no schedule): its arrivals are numbered on.
planned_load load_after(const planned_load& before, const load_step&, const scenario::scenario_config&);

/// `ended`: of a whole load of a sequence.
measure::run_result without_warm_up(const measure::run_result& ended);

} // namespace loadsim::run
