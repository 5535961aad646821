// Contract check of a probe: field paths without a match, states that do not complete the request.
#pragma once

#include <loadsim/run/probe.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <vector>

namespace loadsim::run {

/// Findings in the order of the request flow: API response, command, vehicle responses, each observer. Pure.
std::vector<contract_finding> check_contract(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                             vehicle_id, const std::vector<traced_message>&);

/// True: the API has accepted the request, and an observer has not received its end. Pure.
bool awaits_an_observer(const scenario::scenario_config&, const scenario::compiled_scenario&,
                        const std::vector<traced_message>&);

} // namespace loadsim::run
