// Sentence about a budget, for files and annotations of CI servers.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <string>

namespace loadsim::report {

/// What was asked and what was seen.
std::string budget_sentence(const verdict::budget_result&);

} // namespace loadsim::report
