// Budgets of tests, by their expressions.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <initializer_list>
#include <vector>

namespace loadsim::verdict {

inline std::vector<budget> budgets(std::initializer_list<const char*> lines) {
    std::vector<budget> all;
    for (const auto* line : lines) all.push_back(*parse_budget(line));
    return all;
}

} // namespace loadsim::verdict
