// Child processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::target {

/// Starts a program that is killed when this process or the calling thread ends (Linux, PR_SET_PDEATHSIG). Its output
/// is appended to the log; it inherits no open files. -1: failed, see errno. A program that cannot be executed exits
/// with 127.
pid_t start_child(const std::string& program, const std::vector<std::string>& arguments,
                  const std::filesystem::path& log);

/// Whether the process has exited; reaps it. Call it no more after true.
bool has_exited(pid_t);

/// Whether the process itself listens on 127.0.0.1:`port`: another process may have taken a port that was free before.
bool listens_on(pid_t, std::uint16_t port);

/// Last non-empty line of a file.
std::string last_line(const std::filesystem::path&);

} // namespace loadsim::target
