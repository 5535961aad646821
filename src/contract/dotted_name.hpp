// Spelling suggestions for names with dots: signals, types of messages.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loadsim::contract {

/// Like unknown_name(); also suggests a candidate that has the same text behind its last dot. Lists at most 20 of the candidates.
std::string unknown_dotted_name(std::string_view what, std::string_view name, std::span<const std::string> candidates);

} // namespace loadsim::contract
