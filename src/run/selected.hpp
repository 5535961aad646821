// Requests of a plan, picked out to be done again.
#pragma once

#include "shared_plan.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <vector>

namespace loadsim::run {

/// Errors: a vehicle beyond the fleet, no request, or one that the plan does not have.
result<selection> select(const scenario::document&, vehicle_id, std::vector<arrival_id>);

} // namespace loadsim::run
