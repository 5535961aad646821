// Lookup of processes that the program under test has started, by /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace harness {

/// All processes with this argument in their command line.
std::vector<pid_t> find_processes(const std::string& argument);

/// Value of a variable in the initial environment of a process.
std::optional<std::string> environment_variable(pid_t, const std::string& variable);

/// Process of a rank of the run that writes its report to this folder; nullopt: none yet.
std::optional<pid_t> find_rank_process(const std::string& report_folder, std::uint32_t rank);

/// CPU seconds used by a process, user and system.
double cpu_seconds(pid_t);

} // namespace harness
