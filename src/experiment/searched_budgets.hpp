// Budgets of a scenario that the steps of a capacity search are judged by, and how many samples they need.
#pragma once

#include <loadsim/experiment/capacity_search.hpp>

#include <string>
#include <vector>

namespace loadsim::experiment {

/// Why a step has nothing to judge the budget by: part of a sentence; empty: it is judged.
std::string reason_not_judged(load_metric, const verdict::budget&);

/// Errors of budgets that are about a part of the load, which a step does not have: one sentence each.
problems part_errors(const std::vector<verdict::budget>&);

/// The limit is one from below: > or >=.
bool is_lower_limit(const verdict::budget&);

/// True: one of those that hold unless a scenario says otherwise.
bool is_default(const verdict::budget&);

/// Samples that decide a budget: of a percentile those that carry it; of a rate from above three times 1 / limit, without a miss in
/// which the rate is below the limit with 95 % confidence ("rule of three"); else 1.
std::uint64_t samples_needed(const verdict::budget&);

/// A percentile, which has an interval; another statistic has none.
bool has_interval(const verdict::budget&);

} // namespace loadsim::experiment
