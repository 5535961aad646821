// Where the program's own log goes.
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>

namespace loadsim::app {

/// From now on the log goes to this file, and only there: the terminal is for the user.
/// Errors: the file cannot be opened.
result<void> log_to_file(const std::filesystem::path&);

/// To standard error, for commands that run until they are stopped.
void log_to_terminal();

} // namespace loadsim::app
