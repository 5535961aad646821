// Files that must not be readable by others, not even briefly.
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>
#include <string_view>

#include <sys/types.h>

namespace loadsim {

inline constexpr ::mode_t mode_of_secrets = 0600;

/// Creates the file with that mode and writes the text. Errors: one problem located by the path: it exists, or cannot be written.
result<void> write_new_file(const std::filesystem::path&, std::string_view text, ::mode_t = mode_of_secrets);

} // namespace loadsim
