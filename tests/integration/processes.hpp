// Looking for processes that a program under test has started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace stage {

/// All processes that have this word among their arguments.
std::vector<pid_t> processes_with(const std::string& word);

/// The value of an environment variable that a process was started with.
std::optional<std::string> environment_of(pid_t, const std::string& variable);

/// The rank of a run whose report goes to this folder; nullopt while there is none.
std::optional<pid_t> process_of_rank(const std::string& report_folder, std::uint32_t rank);

/// CPU time that it has used, user and system.
double cpu_seconds(pid_t);

} // namespace stage
