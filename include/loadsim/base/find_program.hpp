// Search for executables in PATH.
#pragma once

#include <filesystem>
#include <string_view>

namespace loadsim {

/// First executable called `name` in the folders of PATH, then of `more` ("/usr/sbin:/usr/local/sbin"). Empty: not found.
std::filesystem::path find_program(std::string_view name, std::string_view extra_folders = {});

} // namespace loadsim
