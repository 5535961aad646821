// Questions to external programs as JSON fields, and answers with payloads.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/telemetry/signals.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::fleet {

/// Fields `vehicle`, `command` and `time_ms`: what a vehicle does with a command. `clock_us`: of the vehicle, since 1970.
/// `request`: its id.
std::string command_question(const fleet_spec&, vehicle_id, std::string_view request,
                             const contract::message_contract::parsed_command&, std::int64_t clock_us);

/// A message of telemetry whose payload is asked for.
struct asked_payload {
    vehicle_id vehicle{};
    std::uint32_t group = 0; ///< index; alarms follow the groups
    std::uint32_t sequence = 0;
    std::string_view topic{};
    const telemetry::signal_values& signals;
    std::int64_t clock_us = 0; ///< of the vehicle, since 1970
};
/// Fields `vehicle`, `message` and `time_ms`.
std::string payload_question(const fleet_spec&, const asked_payload&);

/// {"payload": TEXT} or {"payload_base64": TEXT}. Errors: one sentence.
result<std::string> read_payload_answer(const boost::json::object&);

} // namespace loadsim::fleet
