// Set-up of one process before any connection: machine check, then start of the target.
#pragma once

#include "process/target_setup.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace loadsim::run {

/// Compares the run's resource requirements with the machine. `on_notice`: called for each warning.
/// Errors: missing resources, each with its remedy.
result<void> check_machine(const scenario::scenario_config&, const cluster::rank_info&, std::uint32_t shards,
                           const std::function<void(const std::string&)>& on_notice);

/// Starts embedded targets and checks external ones. Errors: a component is missing; a source address is not local.
result<target_setup> start_target(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                  const std::filesystem::path& folder,
                                  const std::function<void(const std::string&)>& on_notice);

/// check_machine(), then start_target().
result<target_setup> prepare_target(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                    const std::filesystem::path& folder, const cluster::rank_info&,
                                    std::uint32_t shards, const std::function<void(const std::string&)>& on_notice);

} // namespace loadsim::run
