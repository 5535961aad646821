// What the repetitions of a load say: pooled samples against the budgets.
#pragma once

#include <loadsim/experiment/capacity_search.hpp>

#include <string>
#include <vector>

namespace loadsim::experiment {

/// Why the generator was the limit of a repetition: one sentence without a full stop; empty: it was not. It is if the measurement says
/// so, if p99 of lag or loop delay is above the limit of lag, and if a budget is undecided while none is missed.
std::string generator_limit_of(const step_measurement&, const std::vector<verdict::budget>&, const measure::labels&);

/// Budgets, latencies and counts of the repetitions (at least one) of a load. `repetitions_max`: from so many on the observed value
/// decides what is unclear. Number, load and `why` are the caller's.
step_result judge_repetitions(const std::vector<step_measurement>&, std::uint32_t repetitions_max,
                              const std::vector<verdict::budget>&, const measure::labels&);

} // namespace loadsim::experiment
