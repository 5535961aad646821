// Overrides (--set PATH=VALUE), applied to the YAML tree before it is read.
#pragma once

#include <loadsim/scenario/read.hpp>

#include "read_context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loadsim::scenario {

/// Element of a path: a key, or an index from 0.
using path_element = std::variant<std::string, std::size_t>;

/// "load.phases[2].duration"; nullopt: an empty key, brackets that do not close, an index that is no number.
std::optional<std::vector<path_element>> parse_path(std::string_view path);

/// Sets the value at the path, and creates missing maps. A scalar in the path (`target: embedded` for target.broker) is
/// replaced by a map; lists never grow. `override_number`: see source_location.
void apply_override(const value_override&, std::uint32_t override_number, yaml_node& root, read_context&);

} // namespace loadsim::scenario
