// What a scenario asks of the machines that run it.
#pragma once

#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/needs.hpp>

namespace loadsim::scenario {

loadsim::target::needs needs_of(const document&, loadsim::target::placement = {});

} // namespace loadsim::scenario
