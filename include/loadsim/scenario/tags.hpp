// Selection of scenarios by their tags.
#pragma once

#include <loadsim/base/result.hpp>

#include <span>
#include <string>
#include <vector>

namespace loadsim::scenario {

/// True: no tag is wanted, or the scenario has one of those that are.
bool has_wanted_tag(std::span<const std::string> tags, std::span<const std::string> wanted);

/// A problem for each wanted tag that no scenario has, with the nearest one. `tags`: of all scenarios.
problems check_wanted_tags(std::span<const std::string> wanted, std::span<const std::string> tags);

} // namespace loadsim::scenario
