// What a capacity search reads from a scenario, and what it cannot have.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/experiment/capacity_search.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <vector>

namespace loadsim::app {

/// What a step cannot have, such as a condition, which would be active in some steps and not in others. Empty: nothing.
problems check_for_steps(const scenario::scenario_config&, experiment::load_metric, bool rehearses);

/// Highest rate of the scenario's phases: the load of a step that is not about requests.
rate highest_rate(const scenario::scenario_config&);

/// Samples a second of each budget, by the weights of services and the shares of segments.
std::vector<experiment::sample_rate> sample_rates_of(const scenario::scenario_config&, experiment::load_metric);

} // namespace loadsim::app
