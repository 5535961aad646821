// Telemetry of MQTT vehicles: each vehicle once per round.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {
namespace {

/// Messages per call; then the loop runs other work.
constexpr int messages_per_call = 64;

} // namespace

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

void mqtt_fleet::send_telemetry(mqtt_vehicle& c) {
    if (!is_reachable(c) || !c.link.online()) return;
    const auto vin = vin_of(c.id);
    random_stream rng(spec_.seed, stream_id::template_value, index(c.id),
                      first_draw(message_kind::telemetry, telemetry_round_));
    auto values = template_values_of(spec_, c.id);
    values.vin = vin;
    values.seq = static_cast<std::int64_t>(telemetry_round_);
    values.now_us =
        wall_us() + std::chrono::duration_cast<std::chrono::microseconds>(behaviour_of(c.id).clock_offset).count();
    values.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    values.random = &rng;
    if (!spec_.message_contract.compose_telemetry(values, message_)) {
        ++counts_.sessions.reasons["telemetry not sent: its payload cannot be made"];
        return;
    }
    if (const auto error = publish(c, {}, message_, spec_.options.mqtt.response_qos))
        ++counts_.sessions.reasons["telemetry not sent: " + error.message()];
}

} // namespace loadsim::fleet
