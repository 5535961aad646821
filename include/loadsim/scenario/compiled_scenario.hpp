// Compiled scenario: templates compiled, field paths parsed, data file read.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/template_symbols.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/driver/hooks.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/telemetry/rate_factors.hpp>
#include <loadsim/telemetry/vehicle_model.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::scenario {

/// Threads: const, any.
struct compiled_scenario {
    vehicle::registry registry;
    contract::scenario_symbols symbols;
    contract::message_contract message_contract;
    std::vector<std::vector<std::string>> segment_variables; ///< by segment: values, in the order of symbols.segment
    driver::hook_requests before;
    driver::hook_requests after;
    struct observer_templates {
        contract::text_template path;              ///< of poll, sse and websocket observers
        contract::text_template subscribe_message; ///< first message sent on a WebSocket
    };
    std::vector<observer_templates> observers;
    std::vector<contract::message_template>
        telemetry_messages;                                 ///< of the groups and then of the alarms of fleet.telemetry
    std::vector<std::vector<std::uint32_t>> segment_groups; ///< by segment: groups that it sends
    telemetry::vehicle_model vehicle_model;                 ///< without fleet.trips: of parked vehicles
    telemetry::rate_factors rate_factors;                   ///< of fleet.telemetry, by phases and spikes

    /// Sets the template values of a vehicle, except its VIN: index, segment, data row and segment variables.
    void fill_vehicle_values(vehicle_id, std::size_t segment, const std::string& segment_name,
                             contract::template_values&) const;
};

/// Errors: those of fleet.data.
result<vehicle::registry> load_registry(const scenario_config&);

/// Errors: all problems at once, located by path ("contract.ack.payload").
result<compiled_scenario> compile(const scenario_config&);

} // namespace loadsim::scenario
