// A list of messages in one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// The items of a JSON array, each as JSON; nullopt: it is none, or over payload_limit bytes. Hostile input is safe.
std::optional<std::vector<std::string>> list_items(std::string_view json);

} // namespace loadsim::contract
