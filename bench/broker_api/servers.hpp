// The three compared servers; each runs in its own process.
#pragma once

#include <string>

namespace loadsim::bench {

/// "floor": bare HTTP server returning 202. "vehicles": broker API with 24.5 million vehicles, responses discarded. "posting": the
/// same, with responses posted to `inbound`.
/// Prints its port and serves until standard input ends; then posts queued responses and prints the numbers posted and dropped.
/// Returns an exit code.
int serve(const std::string& server_kind, const std::string& inbound);

} // namespace loadsim::bench
