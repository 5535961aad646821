// Names of a script as names of a scenario.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario::artillery {

/// Letters, digits, '_' and '-', at most 60: valid as a placeholder's member, a key and a column.
bool is_plain_name(std::string_view);

/// Valid name of a service or scenario, as alike as possible; `otherwise` if nothing is left.
std::string name_from(std::string_view text, std::string_view otherwise);

/// The name, with a number behind it if it is taken already.
std::string unique_name(const std::string& name, const std::vector<std::string>& taken);

} // namespace loadsim::scenario::artillery
