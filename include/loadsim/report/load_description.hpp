// Parts of a scenario that decide on its load, by which two runs are comparable.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {

/// Keys of the scenario that decide on the load, such as "load.phases", each with its YAML on lines without a common indentation.
/// "target" is only the kind: "embedded" or "addresses".
using load_description = std::vector<std::pair<std::string, std::string>>;

/// From the text of a report's scenario.yaml: scenario::write() indents maps by two blanks and writes all defaults, so that equal
/// loads have equal texts, and no environment variable is needed. Behaviours: those of the fleet's segments.
load_description describe_load(std::string_view resolved_scenario);

/// A sentence for each key with another text, with the first lines that differ; empty: the same load.
std::vector<std::string> load_differences(const load_description& before, const load_description& after);

} // namespace loadsim::report
