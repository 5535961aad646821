// Check of what a budget has besides its limit.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <string>
#include <vector>

namespace loadsim::verdict {

/// Errors for severity, phases, windows and abort that contradict the metric or each other; names of phases are checked elsewhere.
std::vector<std::string> check_qualifiers(const budget&, const measure::labels&);

} // namespace loadsim::verdict
