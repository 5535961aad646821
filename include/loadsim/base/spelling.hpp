// Spelling suggestions for unknown names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loadsim {

/// The candidate with the smallest edit distance to `name` (ASCII case ignored). Empty: the distance to each candidate
/// is above the limit (a third of the length, at least 2).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

/// "unknown WHAT 'name'; did you mean 'near'?", or the list of all candidates when none is near.
std::string unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> candidates);

} // namespace loadsim
