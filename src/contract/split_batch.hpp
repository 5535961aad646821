// Splitter for batch messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// Items of a JSON array, each as JSON text; nullopt: not an array, or more than payload_limit bytes. Safe for untrusted input.
std::optional<std::vector<std::string>> split_batch(std::string_view json);

} // namespace loadsim::contract
