// --set PATH=VALUE, on the tree, before anything is understood.
#pragma once

#include <loadsim/scenario/read.hpp>

#include "reading.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loadsim::scenario {

/// One step of a path: a key, or an index from 0.
using path_step = std::variant<std::string, std::size_t>;

/// "load.phases[2].duration"; nullopt: an empty key, brackets that do not close, an index that is no number.
std::optional<std::vector<path_step>> parse_path(std::string_view path);

/// Puts a value where its path says, making maps on the way; `source` is the place's setting. What stands in the way of
/// a key (a `target: embedded` in that of target.broker) makes room; lists never grow.
void apply(const setting&, std::uint32_t source, node& root, reading&);

} // namespace loadsim::scenario
