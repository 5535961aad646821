// Simulated vehicle: messages in transit and counters.
#pragma once

#include "vehicle_state.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/net/link_shaper.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::fleet {

class simulated_fleet;

/// A message in transit between a vehicle and the simulated broker.
struct in_transit_message {
    std::string request{}; ///< of a response: its request id
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    monotonic_time expires = never;  ///< of a command: dropped if still queued at the broker then
    monotonic_time due{};            ///< arrival time
    contract::named_texts headers{}; ///< of a command received over HTTP
    bool telemetry = false;          ///< to the broker
    std::uint16_t packet_id = 0;     ///< of telemetry with QoS 1 and 2; to the vehicle: acknowledged
};

/// Disruption state of a simulated vehicle.
struct simulated_disruption_state final : disruption_state {
    simulated_disruption_state(simulated_fleet&, vehicle_id);

    std::vector<in_transit_message> queued_commands;          ///< commands queued in the session at the broker
    std::vector<in_transit_message> unacknowledged_responses; ///< responses to resend after reconnect
    std::vector<in_transit_message> downlink_queue;           ///< commands in transit, in order
    std::vector<in_transit_message> uplink_queue;             ///< responses in transit, in order
    net::link_shaper::limits shape;                           ///< of all conditions in `slow` combined
    net::link_shaper downlink_shaper;                         ///< of a slow link, to the vehicle
    net::link_shaper uplink_shaper;
    monotonic_time stalled_until{};
    monotonic_time offline_since{};
    std::uint16_t packet_id = 0;                                 ///< of the last telemetry message in transit
    std::uint32_t failed_attempts = 0;                           ///< failed connects since the last session
    timer_callback<simulated_fleet, vehicle_id> delivery_timer;  ///< a message in transit arrives, or a stall ends
    timer_callback<simulated_fleet, vehicle_id> reconnect_timer; ///< reconnect backoff or wake-up delay is over

    /// True: holds nothing beyond the initial state, apart from `powered_off`.
    bool is_inactive(monotonic_time now) const {
        return !is_disrupted(*this) && slow.empty() && lossy.empty() && recovering_from.empty() &&
               queued_commands.empty() && unacknowledged_responses.empty() && downlink_queue.empty() &&
               uplink_queue.empty() && stalled_until <= now && disconnected_by == nullptr &&
               next_behaviour == nullptr && last_request.empty() && !delivery_timer.armed() &&
               !reconnect_timer.armed() && !sleep_timer.armed();
    }
};

/// Counters of one vehicle; kept when its other state is released.
struct simulated_vehicle_counters {
    std::uint32_t responses_sent = 0;   ///< sequence number of the last response
    std::uint32_t connect_attempts = 0; ///< total; counter of the reconnect draws
    draw_counters draws;
};

struct simulated_vehicle : vehicle_state {
    using vehicle_state::vehicle_state;
    bool idle_candidate = false;                    ///< listed in idle_candidates_
    simulated_vehicle_counters* counters = nullptr; ///< null: not looked up yet
};

} // namespace loadsim::fleet
