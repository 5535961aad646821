// Messages of MQTT vehicles: commands, campaigns, publishing, telemetry.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/refusal.hpp>

namespace loadsim::fleet {

bool mqtt_fleet::handle_campaign_message(const mqtt_vehicle& vehicle, const contract::message_view& view) {
    const auto& campaign_indices = campaigns_by_segment_[spec_.segments.segment_of(vehicle.id)];
    if (campaign_indices.empty()) return false;
    const auto vin = vin_of(vehicle.id);
    auto info = template_values_of(spec_, vehicle.id);
    info.vin = vin;
    bool matched = false;
    for (const auto i : campaign_indices) {
        if (!mqtt::matches(campaigns_[i].filter(info), view.topic) || !campaigns_[i].matches(view)) continue;
        events_.on_campaign(vehicle.id, i, now());
        matched = true;
    }
    return matched;
}

void mqtt_fleet::on_message(net::mqtt_link& link, const mqtt::message& m) {
    if (stopped_) return;
    mqtt_vehicle& vehicle = vehicle_of(link);
    const auto t = now();
    const auto view = contract::message_view_of(m);
    if (handle_campaign_message(vehicle, view)) return;
    auto* const execution = accept_command(vehicle, view, m.response_topic, t);
    if (execution == nullptr) return;
    // The session must not be closed from within its own message callback; defer to the timer.
    execution->disconnects() ? arm(*execution, t) : execution->run_due_actions(t);
}

std::error_code mqtt_fleet::publish(vehicle_state& vehicle, std::string_view, const contract::outgoing_message& m,
                                    mqtt::qos default_qos) {
    return cast(vehicle).link.publish(contract::mqtt_message_of(m, default_qos)).error;
}

telemetry_link::published mqtt_fleet::publish_telemetry(vehicle_id v, const mqtt::message& m) {
    const auto sent = vehicle_of(v).link.publish(m);
    return {.packet_id = sent.packet_id, .error = sent.error};
}

void mqtt_fleet::on_published(net::mqtt_link& link, std::uint16_t packet_id, mqtt::reason why) {
    if (telemetry_ && telemetry_->on_published(vehicle_of(link).id, packet_id, why)) return;
    if (net::is_refusal(why)) ++counts_.sessions.reasons["message not accepted: " + to_string(why)];
}

void mqtt_fleet::on_downgraded(net::mqtt_link&) { ++counts_.sessions.reasons["the broker answered QoS 2 with PUBACK"]; }

} // namespace loadsim::fleet
