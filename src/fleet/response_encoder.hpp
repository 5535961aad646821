// Response encoder: a vehicle's response or presence as a message, including intended errors.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

class command_execution;

struct response_context {
    std::string vin;
    contract::template_values values{}; ///< other template values: of the vehicle and of the command
    std::uint64_t seed = 1;             ///< for {random:...}
    std::string_view request;           ///< request being executed
    std::string_view response_topic;    ///< of the command; empty: none
    std::string_view correlation;       ///< correlation data of the command
    std::string_view previous_request;  ///< previous request of the vehicle; empty: none
    std::string_view foreign_request;   ///< active request of another vehicle; empty: none
    std::string foreign_vin;            ///< VIN of another vehicle
    std::int64_t wall_us = 0;           ///< correct time, microseconds since 1970
    nanoseconds clock_offset{0};        ///< error of the vehicle's clock; positive: ahead
    std::int64_t sent_us = 0;
    std::int64_t seq = 0;
};

/// Context for encoding a response of that execution. The caller fills in `wall_us`, `seq` and `previous`. Refers to the
/// executions: valid until one of them ends.
response_context make_response_context(const fleet_spec&, const vehicle::response_step&,
                                       const command_execution& execution,
                                       const std::vector<std::unique_ptr<command_execution>>& all, monotonic_time now);

contract::response_kind kind_of(vehicle::response_step::kind);

/// Overwrites `out`. False: the payload cannot be encoded (invalid hex or base64).
bool encode_response(const contract::message_contract&, const vehicle::response_step&, const response_context&,
                     contract::outgoing_message& out);

/// Presence message ("online", "offline", "asleep"), the `n`-th of the shard. Otherwise as encode_response().
bool encode_presence(const fleet_spec&, vehicle_id, std::string_view state, std::int64_t wall_us, std::uint64_t n,
                     contract::outgoing_message& out);

} // namespace loadsim::fleet
