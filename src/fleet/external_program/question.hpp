// Questions to external programs as JSON fields, and answers with payloads.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/fleet_spec.hpp>

#include <cstdint>
#include <string>

namespace loadsim::fleet {

/// Fields `vehicle`, `command` and `time_ms`: what a vehicle does with a command. `clock_us`: of the vehicle, since 1970.
std::string command_question(const fleet_spec&, vehicle_id, const contract::message_contract::parsed_command&,
                             std::int64_t clock_us);

} // namespace loadsim::fleet
