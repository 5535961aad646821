// Evaluation of a budget on its part of a run.
#pragma once

#include <loadsim/verdict/budget.hpp>

namespace loadsim::verdict {

/// Evaluates a budget of which has_part() is true.
budget_result evaluate_part_of_run(const budget&, const measure::run_result&, const measure::labels&, bool strict);

} // namespace loadsim::verdict
