// Vehicle rules shared by the MQTT and the simulated fleet: pure functions of behaviours and conditions.
#pragma once

#include "telemetry_link.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/template_symbols.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/link_shaper.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

namespace loadsim::fleet {

/// Random draws per wake-up trigger: loss and delay.
inline constexpr std::uint64_t draws_per_trigger = 4;
/// Source addresses of 127.0.0.0/8 for handovers; enough to avoid the address of an abandoned connection.
inline constexpr std::uint32_t loopback_addresses = 250;

/// Session of a sleeping vehicle: its commands wait in it for a day at least.
mqtt::session_options sleeper_session(mqtt::session_options);

/// Template values of a vehicle except its VIN: index, segment, data.
contract::template_values template_values_of(const fleet_spec&, vehicle_id);

/// Kind of a vehicle's message; each kind has its own draws for {random:...}.
enum class message_kind : std::uint8_t { response, presence, telemetry };
/// First draw of the n-th message of a kind; 65,536 draws each.
constexpr std::uint64_t first_draw(message_kind what, std::uint64_t n) {
    return static_cast<std::uint64_t>(what) << 62U | (n << 16U & ((std::uint64_t{1} << 62U) - 1));
}

/// True: a step refers to the vehicle's previous request, which must then be stored.
bool references_previous_request(const std::vector<vehicle::step>&);
/// "udp" or "sms", as in presence messages.
std::string_view bearer_of(const vehicle::sleep&);
/// Human-readable reason of a disconnect step.
std::string_view describe(vehicle::disconnect_kind);
/// True: the condition applies to the vehicle's segment.
bool applies_to_vehicle(const fleet_spec&, const vehicle::condition&, vehicle_id);
/// True: a condition powers the vehicle on later; no session until then.
bool powers_on_later(const fleet_spec&, vehicle_id);
/// True: one of these conditions drops the vehicle's n-th response.
bool is_response_lost(const fleet_spec&, const std::vector<std::uint32_t>& lossy, vehicle_id, std::uint32_t sequence);
/// Combined bandwidth and delay of the active slow conditions: times per byte add up, as do the delays, drawn anew.
/// `drawn`: random draws used so far by the vehicle; increased by those of this call.
net::link_shaper::limits combined_link_shape(const fleet_spec&, const std::vector<std::uint32_t>& slow, vehicle_id,
                                             std::uint64_t& drawn);
/// A CONNACK with that reason: a further try does not help. The last will's QoS and retain flag are lowered once, for a broker
/// without them (MQTT 5.0, 3.2.2.3.4, 3.2.2.3.5). `will_qos`, `will_retained`: of the refused CONNECT.
bool is_permanent_refusal(mqtt::reason, mqtt::qos will_qos, bool will_retained);
/// Whether the broker may have refused a message by ending the session. `last`: reason of its DISCONNECT, if there was one.
session_end session_end_of(std::error_code why, mqtt::reason last);
/// Begin of that occurrence, since the load's start.
nanoseconds start_of(const fleet_spec&, const measure::totals::occurrence_key&);

} // namespace loadsim::fleet
