// Child processes with a log.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::target {

/// start_child(); output and errors are appended to the log, and files that the child creates are for their owner only.
/// -1: failed, see errno.
pid_t start_logged(const std::vector<std::string>& command, const std::filesystem::path& log);

/// Whether the process itself listens on 127.0.0.1:`port`: another process may have taken a port that was free before.
bool listens_on(pid_t, std::uint16_t port);

/// Last non-empty line of a file.
std::string last_line(const std::filesystem::path&);

} // namespace loadsim::target
