// Budgets that hold unless a scenario says otherwise.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <vector>

namespace loadsim::verdict {

/// Parts of a load: budgets on those that it has have data.
struct load_content {
    bool requests = true;
    bool telemetry = false;
};

/// Default budgets that these do not replace. Of requests: `unexpected == 0` without a budget on `unexpected`; `anomalies == 0`
/// without a budget on `anomalies`, or on one kind of them that permits one. Of telemetry: `telemetry.lost == 0` without a budget on
/// `telemetry.lost`, or on one part of it that permits one; `telemetry.errored == 0` without a budget on `telemetry.errored`.
std::vector<budget> missing_default_budgets(const std::vector<budget>&, const load_content&);
/// True: a default budget does not hold beside this one.
bool replaces_default_budget(const budget&);

} // namespace loadsim::verdict
