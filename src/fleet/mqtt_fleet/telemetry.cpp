// Telemetry of MQTT vehicles: each vehicle once per round.
#include "mqtt_fleet/mqtt_fleet_impl.hpp"

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
void mqtt_fleet::impl::send_due_telemetry() {
    if (stopped || vehicles.empty()) return;
    const auto every = spec.message_contract.options().telemetry->interval;
    const auto due = [&] {
        const auto fraction = static_cast<double>(vehicles[telemetry_slot].link.tag()) / spec.options.vehicles;
        const auto offset = std::chrono::duration_cast<nanoseconds>(every * fraction);
        return load_start + static_cast<std::int64_t>(telemetry_round - 1) * every + offset;
    };
    for (int sent = 0; sent < messages_per_call && due() <= now(); ++sent) {
        send_telemetry(vehicles[telemetry_slot]);
        if (++telemetry_slot < vehicles.size()) continue;
        telemetry_slot = 0;
        ++telemetry_round;
    }
    loop.arm(telemetry_timer, std::max(due(), now()));
}

void mqtt_fleet::impl::send_telemetry(mqtt_vehicle& c) {
    if (!is_reachable(c) || !c.link.online()) return;
    const auto vin = vin_of(c);
    random_stream rng(spec.seed, stream_id::template_value, index(id_of(c)),
                      first_draw(message_kind::telemetry, telemetry_round));
    auto values = template_values_of(spec, id_of(c));
    values.vin = vin;
    values.seq = static_cast<std::int64_t>(telemetry_round);
    values.now_us = vehicle_wall_us(c);
    values.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    values.random = &rng;
    if (!spec.message_contract.compose_telemetry(values, message)) {
        ++counts.sessions.reasons["telemetry not sent: its payload cannot be made"];
        return;
    }
    const auto sent = publish(c, message, spec.options.mqtt.response_qos);
    if (sent.error) ++counts.sessions.reasons["telemetry not sent: " + sent.error.message()];
}

} // namespace loadsim::fleet
