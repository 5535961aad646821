// MQTT vehicle: link and session counters.
#pragma once

#include "mqtt_fleet/takeover_client.hpp"
#include "vehicle_state.hpp"

#include <loadsim/net/mqtt_link.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace loadsim::fleet {

class mqtt_fleet;

/// Disruption state of an MQTT vehicle.
struct mqtt_disruption_state final : disruption_state {
    mqtt_disruption_state(mqtt_fleet&, vehicle_id);

    draw_counters draws;
    std::unique_ptr<takeover_client> second_client;              ///< second client with the same client id
    std::string assigned_client_id;                              ///< client id assigned by the broker
    timer_callback<mqtt_fleet, vehicle_id> resume_reading_timer; ///< end of a stall
};

struct mqtt_vehicle : vehicle_state {
    mqtt_vehicle(net::loop& loop, const mqtt::session_options& session, net::link_events& events, vehicle_id v)
        : vehicle_state(v), link(loop, session, events, index(v)) {}

    // Before the link: they fit into the padding of vehicle_state.
    std::uint8_t failed_attempts = 0;   ///< since the last success; saturates
    std::uint8_t broker_switches = 0;   ///< moves to the next broker after a refusal
    bool connected_before = false;      ///< had a session before
    bool subscription_kept = false;     ///< the broker's session holds the subscription
    bool connect_in_flight = false;     ///< occupies a slot among the connects in flight
    bool will_retained = false;         ///< of the last CONNECT; without a last will false
    mqtt::qos will_qos{};               ///< of the last CONNECT; without a last will 0
    std::uint16_t broker = 0;           ///< of the last connect; index into the fleet's brokers
    std::uint32_t connect_attempts = 0; ///< total; counter of the reconnect draws
    std::uint32_t responses_sent = 0;   ///< sequence number of the last response
    net::mqtt_link link;
};

} // namespace loadsim::fleet
