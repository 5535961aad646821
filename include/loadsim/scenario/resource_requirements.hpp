// Resource requirements of a scenario, for the machines that run it.
#pragma once

#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/resource_requirements.hpp>

namespace loadsim::scenario {

loadsim::target::resource_requirements requirements_of(const scenario_config&, loadsim::target::rank_placement = {});

} // namespace loadsim::scenario
