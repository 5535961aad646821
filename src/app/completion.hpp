// Completion scripts for shells, generated from the command table.
#pragma once

#include "command_line.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::app {

enum class shell : std::uint8_t { bash, zsh, fish };

/// A script that completes commands, flags, allowed values, files, names of these scenarios where a command takes one, and for --set
/// these keys of a scenario ("fleet.vehicles").
std::string completion_script(shell, const std::vector<command>&, const std::vector<std::string>& scenario_keys,
                              const std::vector<std::string>& scenario_names);

} // namespace loadsim::app
