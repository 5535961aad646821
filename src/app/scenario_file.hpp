// A scenario from the command line: the file, and what flags change of it.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace loadsim::app {

struct scenario_flags {
    std::string file;
    std::vector<std::string> settings; ///< --set PATH=VALUE
    std::string broker;                ///< --broker URL
    std::string api;                   ///< --api URL
    std::optional<std::uint64_t> seed; ///< --seed N
};

void add_scenario_flags(CLI::App& command, scenario_flags&);
/// Those of them that say what to test against, and --set.
void add_target_flags(CLI::App& command, scenario_flags&);

/// Errors: all that is wrong with the file, the settings and the URLs.
result<scenario::document> load_scenario(const scenario_flags&);

} // namespace loadsim::app
