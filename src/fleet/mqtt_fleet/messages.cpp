// Messages of MQTT vehicles: commands, campaigns, publishing.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/fleet/events.hpp>
#include <loadsim/mqtt/packet.hpp>

namespace loadsim::fleet {
namespace {

/// The result refers to `m`, which must outlive it.
contract::message_view message_view_of(const mqtt::message& m) {
    contract::message_view message{.topic = m.topic, .payload = m.payload, .correlation = m.correlation_data};
    if (!m.raw_properties.empty())
        message.property = [&m](std::string_view name) { return mqtt::user_property(m, name); };
    return message;
}

} // namespace

bool mqtt_fleet::handle_campaign_message(const mqtt_vehicle& c, const contract::message_view& view) {
    const auto& campaign_indices = campaigns_by_segment_[spec_.segments.segment_of(c.id)];
    if (campaign_indices.empty()) return false;
    const auto vin = vin_of(c.id);
    auto info = template_values_of(spec_, c.id);
    info.vin = vin;
    bool matched = false;
    for (const auto i : campaign_indices) {
        if (!mqtt::matches(campaigns_[i].filter(info), view.topic) || !campaigns_[i].matches(view)) continue;
        events_.on_campaign(c.id, i, now());
        matched = true;
    }
    return matched;
}

void mqtt_fleet::on_message(net::mqtt_link& link, const mqtt::message& m) {
    if (stopped_) return;
    mqtt_vehicle& c = vehicle_of(link);
    const auto t = now();
    const auto view = message_view_of(m);
    if (handle_campaign_message(c, view)) return;
    auto* const execution = accept_command(c, view, m.response_topic, t);
    if (execution == nullptr) return;
    // The session must not be closed from within its own message callback; defer to the timer.
    execution->disconnects() ? arm(*execution, t) : execution->run_due_actions(t);
}

/// At the message's own QoS, else `default_qos`.
std::error_code mqtt_fleet::publish(vehicle_state& c, std::string_view, const contract::outgoing_message& m,
                                    mqtt::qos default_qos) {
    return cast(c)
        .link
        .publish({.topic = m.topic,
                  .payload = m.payload,
                  .quality = m.qos ? static_cast<mqtt::qos>(*m.qos) : default_qos,
                  .retain = m.retain,
                  .response_topic = m.response_topic,
                  .correlation_data = m.correlation,
                  .content_type = m.content_type,
                  .expiry_interval = m.expiry_s,
                  .user_properties = m.user_properties})
        .error;
}

void mqtt_fleet::on_published(net::mqtt_link&, std::uint16_t, mqtt::reason why) {
    if (static_cast<std::uint8_t>(why) >= 0x80) ++counts_.sessions.reasons["message not accepted: " + to_string(why)];
}

void mqtt_fleet::on_downgraded(net::mqtt_link&) { ++counts_.sessions.reasons["the broker answered QoS 2 with PUBACK"]; }

} // namespace loadsim::fleet
