// The driver of a shard, from the scenario.
#pragma once

#include "lookouts.hpp"
#include "shard.hpp"
#include "shared_plan.hpp"

#include <loadsim/contract/source.hpp>
#include <loadsim/drive/driver.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <memory>

namespace loadsim::run {

/// Everything that is handed over must outlive it. `ends`: hears answers, where they may be the end. `watch`: is told how the mqtt
/// driver's answers are read.
std::unique_ptr<drive::driver> make_driver(net::loop&, drive::driver_events&, lookouts& ends, const shared_plan&,
                                           const address_book&, shard_share, std::uint32_t http_connections,
                                           contract::fit& watch);

} // namespace loadsim::run
