// Finding the name somebody meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loadsim {

/// The candidate with the smallest edit distance to `word` (ASCII case ignored), or an empty view
/// when none is near enough to be what was meant (distance above a third of the length, at least 2).
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates);

/// "unknown WHAT 'word'; did you mean 'near'?" or, when nothing is near, the list of what there is.
std::string unknown_name(std::string_view what, std::string_view word, std::span<const std::string_view> candidates);

} // namespace loadsim
