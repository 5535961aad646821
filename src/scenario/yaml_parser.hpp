// YAML parser: text to a tree of nodes, with limits that make any input safe.
#pragma once

#include <loadsim/base/result.hpp>

#include "read_context.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::scenario {

// Limits: far above the needs of a scenario, far below a harmful amount of memory or time.
inline constexpr std::size_t size_limit = 1024 * 1024;
inline constexpr std::size_t node_limit = 20'000; ///< each use of an alias counts
inline constexpr std::size_t depth_limit = 32;
inline constexpr std::size_t text_limit = 4096; ///< bytes of one scalar

/// Parses one YAML document; nullopt, after reporting a problem, for any other text or beyond the limits above. Expands
/// aliases and merges "<<". `override_number`: see source_location. Never throws.
std::optional<yaml_node> parse_yaml(std::string_view text, std::uint32_t override_number, read_context&);

} // namespace loadsim::scenario
