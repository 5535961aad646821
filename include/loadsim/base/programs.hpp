// Other programs that ours starts.
#pragma once

#include <filesystem>
#include <string_view>

namespace loadsim {

/// The first executable of that name in the folders of PATH, then in `more` ("/usr/sbin:/usr/local/sbin"). Empty: there is none.
std::filesystem::path find_program(std::string_view name, std::string_view more = {});

} // namespace loadsim
