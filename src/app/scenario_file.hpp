// New scenario files, written by commands.
#pragma once

#include "command_line.hpp"

#include <string>

namespace loadsim::app {

/// Writes a file that does not exist, or with `force` any; prints why not.
exit_code write_text_file(const std::string& file, const std::string& text, bool force);

/// Prints that the scenario is written, and the command to check it.
void print_next_step(const std::string& file);

} // namespace loadsim::app
