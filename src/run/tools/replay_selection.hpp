// Replay selection: requests of a plan to be replayed.
#pragma once

#include "run_plan.hpp"

#include <loadsim/base/result.hpp>

#include <vector>

namespace loadsim::run {

/// Errors: a vehicle outside the fleet, no request, or a request that is not in the plan.
result<replay_selection> select_requests(const scenario::scenario_config&, vehicle_id, std::vector<arrival_id>);

} // namespace loadsim::run
