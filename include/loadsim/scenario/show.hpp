// The behaviours that loadsim brings along, in the scenario's own language.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <string>
#include <vector>

namespace loadsim::scenario {

/// What a scenario can name without defining it. Threads: any.
const std::vector<vehicle::behaviour>& built_in_behaviours();

/// They as a scenario would define them, each with a comment that says what it is for; no names: all. Can be pasted
/// into a scenario as it is. Errors: a name that none of them has.
result<std::string> show_behaviours(const std::vector<std::string>& names);

} // namespace loadsim::scenario
