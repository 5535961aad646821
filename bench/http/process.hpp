// Programs of the comparison, each on a core of its own.
#pragma once

#include "child_process.hpp"

#include <string>
#include <vector>

namespace loadsim::bench {

/// CPU core that a process is pinned to, so that client and server do not migrate. Ignored on a single-core machine.
enum class core : int { client = 0, server = 1 };

child_options pinned(std::vector<std::string> command, core);

} // namespace loadsim::bench
