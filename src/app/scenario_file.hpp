// Scenario given on the command line: a file, and flags that override its values.
#pragma once

#include "command_line.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::app {

struct scenario_flags {
    std::string file;
    std::vector<std::string> overrides; ///< --set PATH=VALUE
    std::string broker;                 ///< --broker URL
    std::string api;                    ///< --api URL
    std::optional<std::uint64_t> seed;  ///< --seed N
};

/// Flags of a scenario: file, --set, --broker, --api and --seed. The argument must outlive the parsing.
std::vector<flag> scenario_flags_of(scenario_flags&);
/// The subset --set, --broker and --api.
std::vector<flag> target_flags_of(scenario_flags&);

/// Errors: all problems of the file, the overrides and the URLs.
result<scenario::scenario_config> load_scenario(const scenario_flags&);

} // namespace loadsim::app
