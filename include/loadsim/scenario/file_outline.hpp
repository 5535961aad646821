// Files of a folder: which of them are scenarios, and which are only parts of others.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// What a YAML file is among others, without its values.
struct file_outline {
    std::filesystem::path path;                  ///< canonical
    bool has_name = false;                       ///< it has the key `name`, which a scenario needs
    std::vector<std::filesystem::path> included; ///< files of its own `include:`, canonical
};

/// `file`: path of the text. A text that is no YAML has no name and includes nothing: read() says why. Never throws.
file_outline outline_of(std::string_view yaml, const std::filesystem::path& file);

/// True: one of `all` includes the file, and the file has no name of its own, so it is a part of a scenario and not one itself.
bool is_fragment(const file_outline& file, std::span<const file_outline> all);

} // namespace loadsim::scenario
