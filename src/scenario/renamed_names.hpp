// Names of earlier versions: keys, values and anomalies of a scenario that have another name since 0.2.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loadsim::scenario {

/// Present name of an old one; empty: not an old name, or its present name is not among `known`. The known names
/// distinguish the objects: `wake` is an old key only where `wakeup` is a key.
std::string_view present_name(std::string_view old_name, std::span<const std::string_view> known);

/// "'badness' is called 'faults' since 0.2" for an old name; else unknown_name() of base/spelling.hpp.
std::string unknown_or_renamed(std::string_view what, std::string_view name, std::span<const std::string_view> known);

} // namespace loadsim::scenario
