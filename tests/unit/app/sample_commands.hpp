// A small command table with each kind of flag.
#pragma once

#include "command_line.hpp"

#include <vector>

namespace loadsim::app {

/// `run` with flags of all kinds, `show` with the subcommand `plan`, `completion` with a fixed set of values.
std::vector<command> sample_commands();

} // namespace loadsim::app
