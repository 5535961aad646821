// Requests of setup and teardown of one process.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/driver/hooks.hpp>

#include <functional>

namespace loadsim::run {

struct run_plan;
struct target_endpoints;

/// Makes the requests of `all`; what they capture is in the plan. Each rank authenticates separately and makes the per-vehicle
/// requests for its own vehicles. Errors: the first request that fails.
result<void> run_hooks(const driver::hook_requests& all, run_plan&, const target_endpoints&, const cluster::rank_info&,
                       const std::function<bool()>& should_stop);

} // namespace loadsim::run
