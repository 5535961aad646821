// Messages of MQTT vehicles: commands, campaigns, publishing, telemetry.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/refusal.hpp>

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {
namespace {

/// Messages per call; then the loop runs other work.
constexpr int messages_per_call = 64;

} // namespace

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

void mqtt_fleet::on_published(net::mqtt_link&, std::uint16_t, mqtt::reason why) {
    if (net::is_refusal(why)) ++counts_.sessions.reasons["message not accepted: " + to_string(why)];
}

void mqtt_fleet::on_downgraded(net::mqtt_link&) { ++counts_.sessions.reasons["the broker answered QoS 2 with PUBACK"]; }

/// Send times are spread evenly over a round, by index in the whole fleet, hence across shards too. Offline vehicles skip theirs.
void mqtt_fleet::send_due_telemetry() {
    if (stopped_ || vehicles_.empty()) return;
    const auto every = spec_.message_contract.options().telemetry->interval;
    const auto due = [&] {
        const auto fraction = static_cast<double>(index(vehicles_[telemetry_slot_].id)) / spec_.options.vehicles;
        const auto offset = std::chrono::duration_cast<nanoseconds>(every * fraction);
        return load_start_ + static_cast<std::int64_t>(telemetry_round_ - 1) * every + offset;
    };
    for (int sent = 0; sent < messages_per_call && due() <= now(); ++sent) {
        send_telemetry(vehicles_[telemetry_slot_]);
        if (++telemetry_slot_ < vehicles_.size()) continue;
        telemetry_slot_ = 0;
        ++telemetry_round_;
    }
    loop_.arm(telemetry_timer_, std::max(due(), now()));
}

void mqtt_fleet::send_telemetry(mqtt_vehicle& vehicle) {
    if (!is_reachable(vehicle) || !vehicle.link.online()) return;
    const auto vin = vin_of(vehicle.id);
    random_stream rng(spec_.seed, stream_id::template_value, index(vehicle.id),
                      first_draw(message_kind::telemetry, telemetry_round_));
    auto values = template_values_of(spec_, vehicle.id);
    values.vin = vin;
    values.seq = static_cast<std::int64_t>(telemetry_round_);
    values.now_us =
        wall_us() +
        std::chrono::duration_cast<std::chrono::microseconds>(behaviour_of(vehicle.id).clock_offset).count();
    values.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    values.random = &rng;
    if (!spec_.message_contract.compose_telemetry(values, message_)) {
        ++counts_.sessions.reasons["telemetry not sent: " + message_.problem];
        return;
    }
    if (const auto error = publish(vehicle, {}, message_, spec_.options.mqtt.response_qos))
        ++counts_.sessions.reasons["telemetry not sent: " + error.message()];
}

} // namespace loadsim::fleet
