// Scenarios that a suite runs: which files of a folder are scenarios, and which scenarios have the tags asked for.
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// A YAML file without its values: whether it has a name, and the files that it includes.
struct file_outline {
    std::filesystem::path path;                  ///< canonical
    bool has_name = false;                       ///< it has the key `name`, which a scenario needs
    std::vector<std::filesystem::path> included; ///< files of its own `include:`, canonical
};

/// `file`: path of the text. A text that is no YAML has no name and includes nothing: read() says why. Never throws.
file_outline outline_of(std::string_view yaml, const std::filesystem::path& file);

/// True: one of `all` includes the file, and the file has no name of its own, so it is a part of a scenario and not one itself.
bool is_fragment(const file_outline& file, std::span<const file_outline> all);

/// True: no tag is wanted, or the scenario has one of those that are.
bool has_wanted_tag(std::span<const std::string> tags, std::span<const std::string> wanted);

/// A problem for each wanted tag that no scenario has, with the nearest one. `tags`: of all scenarios.
problems check_wanted_tags(std::span<const std::string> wanted, std::span<const std::string> tags);

} // namespace loadsim::scenario
