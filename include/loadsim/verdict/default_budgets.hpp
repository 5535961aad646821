// Budgets that hold unless a scenario says otherwise.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <vector>

namespace loadsim::verdict {

/// Default budgets that these do not replace: `unexpected == 0` without a budget on `unexpected`; `anomalies == 0` without a budget
/// on `anomalies`, or on one kind of them that permits one.
std::vector<budget> missing_default_budgets(const std::vector<budget>&);

} // namespace loadsim::verdict
