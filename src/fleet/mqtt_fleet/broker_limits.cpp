// Features that the brokers of MQTT vehicles do not support: reported before the load, and not used.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

#include <utility>

namespace loadsim::fleet {

/// Applies the limits of CONNACK to the broker's entry; reports each feature in use that it lacks.
void mqtt_fleet::apply_server_limits(mqtt_vehicle& vehicle, const mqtt::server_limits& limits) {
    auto& broker = broker_of(vehicle);
    broker.maximum_qos = limits.maximum_qos;
    broker.retain_available = limits.retain_available;
    if (limits.maximum_qos != mqtt::qos::exactly_once) check_qos(limits.maximum_qos);
    if (!limits.retain_available && publishes_presence() && spec_.message_contract.options().presence.retain)
        report_limit(net::retain_limit("presence messages", "contract.presence.retain"));
    const auto& session = vehicle.link.options();
    if (limits.session_expiry < session.session_expiry && session.protocol == mqtt::version::v5_0)
        report_limit(
            fmt::format("the broker keeps sessions for {} s and not for {} s; lower fleet.mqtt.sessionExpiry, or "
                        "raise the broker's limit",
                        limits.session_expiry.count(), session.session_expiry.count()));
    if (limits.maximum_packet_size != std::exchange(broker.packet_limit, limits.maximum_packet_size) &&
        limits.maximum_packet_size != 0)
        check_packet_sizes(vehicle, limits.maximum_packet_size);
    if (!limits.assigned_client_id.empty()) disruptions_of(vehicle).assigned_client_id = limits.assigned_client_id;
}

void mqtt_fleet::check_qos(mqtt::qos supported) {
    const auto& contract = spec_.message_contract.options();
    const auto check = [&](const contract::message_options& m, mqtt::qos default_qos, std::string_view what,
                           const std::string& key) {
        const auto wanted = m.qos ? static_cast<mqtt::qos>(*m.qos) : default_qos;
        if (supported < wanted && !m.none)
            report_limit(net::qos_limit(supported, wanted, what, m.qos ? key : "fleet.mqtt.responseQos"));
    };
    const auto response_qos = spec_.options.mqtt.response_qos;
    for (const auto& [key, message] :
         {std::pair{"ack", &contract.ack}, std::pair{"running", &contract.running},
          std::pair{"executed", &contract.executed}, std::pair{"failed", &contract.failed}})
        check(*message, response_qos, "responses", fmt::format("contract.{}.qos", key));
    if (publishes_presence())
        check(contract.presence, mqtt::qos::at_most_once, "presence messages", "contract.presence.qos");
    if (!telemetry_) return;
    for (const auto& g : spec_.options.telemetry.groups)
        check(g.message, response_qos, "telemetry messages", fmt::format("the qos of telemetry group '{}'", g.name));
    for (const auto& a : spec_.options.telemetry.alarms)
        check(a.message, response_qos, "alarms", fmt::format("the qos of alarm '{}'", a.name));
}

/// Refuses the run if messages of the vehicle are larger than the broker's packets may be.
void mqtt_fleet::check_packet_sizes(const mqtt_vehicle& vehicle, std::size_t limit) {
    contract::outgoing_message m;
    const auto check = [&](std::string_view what, const std::string& key) {
        const auto size = net::packet_size(contract::mqtt_message_of(m, spec_.options.mqtt.response_qos),
                                           vehicle.link.options().protocol);
        if (size > limit && refusal_.empty())
            refusal_ = net::packet_limit(limit, size, fmt::format("the {} of a vehicle", what), key);
    };
    if (publishes_presence() && encode_presence(spec_, vehicle.id, "offline", wall_us(), 0, m))
        check("presence message", "contract.presence.payload");
    check_telemetry_sizes(vehicle.id, m, check);
    const auto vin = vin_of(vehicle.id);
    random_stream rng(spec_.seed, stream_id::template_value, index(vehicle.id));
    auto values = template_values_of(spec_, vehicle.id);
    values.vin = vin;
    values.random = &rng;
    // Of the size that the response to a command with a UUID has.
    response_context sample;
    sample.vin = vin;
    sample.values = values;
    sample.seed = spec_.seed;
    sample.request = "00000000-0000-0000-0000-000000000000";
    sample.wall_us = wall_us();
    using kind = vehicle::response_step::kind;
    for (const auto& [name, type] : {std::pair{"ack", kind::ack}, std::pair{"running", kind::running},
                                     std::pair{"executed", kind::executed}, std::pair{"failed", kind::failed}}) {
        vehicle::response_step response;
        response.type = type;
        if (!spec_.message_contract.has(kind_of(type))) continue;
        if (encode_response(spec_.message_contract, response, sample, m))
            check(fmt::format("response '{}'", name), fmt::format("contract.{}.payload", name));
    }
}

/// Of the first message of each group of the vehicle, and of each alarm. `check` looks at `m`.
void mqtt_fleet::check_telemetry_sizes(vehicle_id v, contract::outgoing_message& m, const size_check& check) const {
    if (!telemetry_) return;
    const auto& options = spec_.options.telemetry;
    telemetry_composer composer(spec_);
    for (const auto g : spec_.segment_groups.at(spec_.segments.segment_of(v)))
        if (composer.compose({v, g, 1, nanoseconds{0}}, wall_us(), now(), m))
            check(fmt::format("telemetry message '{}'", options.groups[g].name), "its payload");
    for (std::uint32_t a = 0; a < options.alarms.size(); ++a) {
        const auto group = static_cast<std::uint32_t>(options.groups.size()) + a;
        if (composer.compose({v, group, 1, nanoseconds{0}}, wall_us(), now(), m))
            check(fmt::format("alarm '{}'", options.alarms[a].name), "its payload");
    }
}

/// The broker refused the will's QoS or retain flag (MQTT 5.0, 3.2.2.3.4, 3.2.2.3.5): lowers them for the next connect.
void mqtt_fleet::adjust_to_refusal(mqtt_vehicle& vehicle) {
    auto& broker = broker_of(vehicle);
    const auto refusal_reason = vehicle.link.session().last_reason();
    if (refusal_reason == mqtt::reason::qos_not_supported && broker.maximum_qos != mqtt::qos::at_most_once)
        broker.maximum_qos = mqtt::qos::at_most_once; // the next CONNACK has the real maximum
    if (refusal_reason == mqtt::reason::retain_not_supported) broker.retain_available = false;
}

/// Counts a limit that keeps no vehicle offline, once for the whole shard.
void mqtt_fleet::report_limit(const std::string& sentence) {
    if (reported_limits_.insert(sentence).second) ++counts_.broker_limits[sentence];
}

} // namespace loadsim::fleet
