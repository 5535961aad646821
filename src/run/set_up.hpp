// What a process of a run needs to have and to bring up, before anything is connected.
#pragma once

#include "platform.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/place.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace loadsim::run {

/// Compares what the run needs with what the machine has. `said`: what is only a warning.
/// Errors: what is missing, each with its remedy.
result<void> check_needs(const scenario::document&, const cluster::place&, std::uint32_t shards,
                         const std::function<void(const std::string&)>& said);

/// Starts what is embedded, and looks for what is not. Errors: what is not there, and source addresses that are not ours.
result<platform> set_up(const scenario::document&, const scenario::vocabulary&, const std::filesystem::path& folder,
                        const std::function<void(const std::string&)>& said);

/// Both, one after the other.
result<platform> prepare(const scenario::document&, const scenario::vocabulary&, const std::filesystem::path& folder,
                         const cluster::place&, std::uint32_t shards,
                         const std::function<void(const std::string&)>& said);

} // namespace loadsim::run
