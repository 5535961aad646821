// The program's own log. Only src/base/log.cpp includes spdlog, whose headers take seconds to compile.
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>
#include <string_view>

namespace loadsim {

/// Each writes one line, with date, time and level; secrets are masked, control characters and invalid UTF-8 escaped. Threads: any.
void log_info(std::string_view);
void log_warning(std::string_view);
void log_error(std::string_view);

/// Writes the log to this file only; the terminal is for the user.
/// Errors: the file cannot be opened.
result<void> log_to_file(const std::filesystem::path&);

/// Writes the log to standard error, for commands that run until they are stopped. The default.
void log_to_terminal();

} // namespace loadsim
