// Prices that come with loadsim, as examples.
#pragma once

#include <loadsim/measure/cost.hpp>

#include <vector>

namespace loadsim::scenario {

/// Of data/prices/, each with its name, description and date. Threads: any.
const std::vector<measure::price_list>& example_prices();

} // namespace loadsim::scenario
