// The manual page loadsim(1), generated from the command table.
#pragma once

#include "command_line.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::app {

/// Text in the language of man(7), for `man -l`.
std::string manual_page(const std::vector<command>&, std::string_view version);

} // namespace loadsim::app
