// Destination of the program's own log.
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>

namespace loadsim::app {

/// Writes the log to this file only; the terminal is for the user.
/// Errors: the file cannot be opened.
result<void> log_to_file(const std::filesystem::path&);

/// Writes the log to standard error, for commands that run until they are stopped.
void log_to_terminal();

} // namespace loadsim::app
