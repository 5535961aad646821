// YAML text into a tree, safe for any text.
#pragma once

#include <loadsim/base/result.hpp>

#include "reading.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::scenario {

// Far above what a scenario needs, far below what could hurt.
inline constexpr std::size_t size_limit = 1024 * 1024;
inline constexpr std::size_t node_limit = 20'000; ///< aliases counted as often as they are used
inline constexpr std::size_t depth_limit = 32;
inline constexpr std::size_t text_limit = 4096; ///< of one scalar

/// nullopt, after saying why, when the text is no single YAML document within the limits above. `source` is the place's
/// setting. Aliases become copies and "<<" is merged. Never throws.
std::optional<node> parse_yaml(std::string_view text, std::uint32_t source, reading&);

} // namespace loadsim::scenario
