// Includes and environments: several maps of keys merged into one scenario.
#pragma once

#include "read_context.hpp"
#include "yaml.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::scenario {

struct file_key {
    std::string_view name;
    std::string_view documentation;
};

/// Top-level keys that say how the scenario is put together; they have no value in it.
inline constexpr std::array<file_key, 2> file_keys{
    {{"include", "Other YAML files, relative to this one, merged before its own keys: maps key by key, anything else "
                 "is replaced."},
     {"environments", "Keys by the name of an environment, merged above all others by `--env NAME`."}}};

inline constexpr std::string_view environments_key = file_keys[1].name;

inline constexpr std::size_t include_depth_limit = 8;
inline constexpr std::size_t file_limit = 32; ///< the scenario and all included files

/// Merges `over` into `base`, key by key in maps; other values replace. The order of the keys is that of `base`, then of `over`. A key
/// that is twice in `over` stays so, for the reader to report.
void merge(yaml_node& base, yaml_node over);

/// Parses the scenario, whose file is `files[0]` of the context, and the files that it includes; adds those to `files`. nullopt
/// after a problem.
std::optional<yaml_node> parse_with_includes(std::string_view yaml, read_context&);

/// Checks the environments and merges the named one (empty: none) into the tree. A sentence if there is none of that name.
std::string apply_environment(std::string_view name, yaml_node& root, read_context&);

} // namespace loadsim::scenario
