// Driver factory: the driver of a shard, from the scenario.
#pragma once

#include "run_plan.hpp"
#include "shard/shard_observers.hpp"
#include "shard/target_endpoints.hpp"

#include <loadsim/driver/driver.hpp>

#include <cstdint>
#include <memory>

namespace loadsim::run {

/// All arguments must outlive the driver. `observers`: receive the HTTP responses if a response observer is configured.
/// `match_stats`: field match statistics of the mqtt driver's event mapping.
std::unique_ptr<driver::driver> make_driver(net::loop&, driver::driver_events&, shard_observers& observers,
                                            const run_plan&, const target_endpoints&, fleet_partition,
                                            std::uint32_t http_connections, contract::field_match_stats& match_stats);

} // namespace loadsim::run
