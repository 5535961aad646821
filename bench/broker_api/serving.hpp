// The three that are compared, each in a process of its own.
#pragma once

#include <string>

namespace loadsim::bench {

/// "floor": a bare HTTP server that answers 202. "vehicles": the broker's API with 24.5 million vehicles behind it, whose words go
/// nowhere. "posting": the same, and their words are posted to `inbound`.
/// Prints its port, and serves until its standard input ends; what words wait then are posted, and how many were posted and
/// dropped is printed. Returns an exit code.
int serve(const std::string& what, const std::string& inbound);

} // namespace loadsim::bench
