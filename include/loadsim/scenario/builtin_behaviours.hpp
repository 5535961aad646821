// Built-in behaviours, parsed and as YAML.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <string>
#include <vector>

namespace loadsim::scenario {

/// Behaviours that a scenario can use without defining them. Threads: any.
const std::vector<vehicle::behaviour>& builtin_behaviours();

/// YAML of the named built-in behaviours, each with an explanatory comment; no names: all. Valid in a scenario file as
/// is. Errors: an unknown name.
result<std::string> builtin_behaviours_yaml(const std::vector<std::string>& names);

} // namespace loadsim::scenario
