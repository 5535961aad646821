#include "simulated_fleet/simulated_fleet.hpp"

#include <loadsim/base/message_steps.hpp>
#include <loadsim/fleet/events.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {

simulated_disruption_state::simulated_disruption_state(simulated_fleet& owner, vehicle_id v)
    : disruption_state(owner, v), delivery_timer(owner, &simulated_fleet::on_delivery_due, v),
      reconnect_timer(owner, &simulated_fleet::on_reconnect_due, v) {}

simulated_fleet::simulated_fleet(arm_function arm, const time_source& time, vehicle_events& events,
                                 const fleet_spec& spec, uplink_sink& broker, const simulation_options& simulation)
    : fleet_core(events, spec,
                 simulation.time_sliced
                     ? condition_slice{.vehicles = 50'000, .events = 500, .expand_ahead = std::chrono::seconds{5}}
                     : condition_slice{}), // slices of a few milliseconds
      arm_timer_(std::move(arm)), time_(time), uplink_receiver_(broker), simulation_(simulation) {
    presence_enabled_ = simulation.presence;
    count_initial();
    make_telemetry(*this);
}

std::int64_t simulated_fleet::wall_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch() + simulation_.system_offset)
        .count();
}

std::unique_ptr<disruption_state> simulated_fleet::make_disruptions(const vehicle_state& vehicle) {
    auto made = std::make_unique<simulated_disruption_state>(*this, vehicle.id);
    if (vehicle.state == session_state::asleep) made->offline_since = load_start_;
    return made;
}

simulated_vehicle_counters& simulated_fleet::counters_of(vehicle_state& vehicle) {
    auto& counters = static_cast<simulated_vehicle&>(vehicle).counters;
    if (counters == nullptr) counters = &counters_[slot_of(vehicle.id)];
    return *counters;
}

void simulated_fleet::deliver(vehicle_id v, delivered_command&& m) {
    if (stopped_) return;
    send_to_vehicle(vehicle_of(v), {.topic = std::move(m.topic),
                                    .payload = std::move(m.payload),
                                    .qos = std::min(m.qos, static_cast<std::uint8_t>(spec_.options.mqtt.command_qos)),
                                    .expires = m.expires,
                                    .headers = std::move(m.headers)});
    release_idle();
}

void simulated_fleet::count_published(std::size_t bytes) {
    auto& all = counts_.messages;
    ++all.published;
    all.bytes_sent += bytes;
    all.published_steps += message_steps(bytes, spec_.message_step);
}

void simulated_fleet::count_received(std::size_t bytes) {
    auto& all = counts_.messages;
    ++all.received;
    all.bytes_received += bytes;
    all.received_steps += message_steps(bytes, spec_.message_step);
}

void simulated_fleet::receive(vehicle_state& vehicle, const in_transit_message& m) {
    if (m.packet_id == 0) return receive_command(vehicle, m);
    if (telemetry_) telemetry_->on_published(vehicle.id, m.packet_id, mqtt::reason::success);
}

void simulated_fleet::receive_command(vehicle_state& vehicle, const in_transit_message& m) {
    count_received(m.topic.size() + m.payload.size());
    contract::message_view message{.topic = m.topic, .payload = m.payload};
    if (!m.headers.empty())
        message.property = [&m](std::string_view name) {
            const auto at =
                std::ranges::find(m.headers, name, [](const auto& h) -> std::string_view { return h.first; });
            return at == m.headers.end() ? std::string_view{} : std::string_view{at->second};
        };
    const auto t = now();
    if (auto* const execution = accept_command(vehicle, message, {}, t)) execution->run_due_actions(t);
}

std::error_code simulated_fleet::publish(vehicle_state& vehicle, std::string_view request,
                                         const contract::outgoing_message& m, mqtt::qos default_qos) {
    if (!request.empty()) count_published(m.topic.size() + m.payload.size());
    if (request.empty() || (can_exchange(vehicle) && is_uplink_free(vehicle))) { // presence is neither lost nor delayed
        uplink_receiver_.on_vehicle_message(vehicle.id, request, m.topic, m.payload);
        return {};
    }
    send_from_vehicle(vehicle, {.request = std::string(request),
                                .topic = m.topic,
                                .payload = m.payload,
                                .qos = m.qos.value_or(static_cast<std::uint8_t>(default_qos))});
    return {};
}

bool simulated_fleet::can_send(vehicle_id v) const {
    const auto* vehicle = find(v);
    if (vehicle == nullptr) return !broker_down_ && initial_state(v) == session_state::online;
    return is_reachable(*vehicle);
}

bool simulated_fleet::keeps_messages(vehicle_id v) const {
    const auto* vehicle = find(v);
    return vehicle != nullptr && keeps_session(*vehicle);
}

bool simulated_fleet::comes_back(vehicle_id v) const {
    const auto* vehicle = find(v);
    return vehicle == nullptr ? initial_state(v) == session_state::online : fleet_core::comes_back(*vehicle);
}

/// The acknowledgement arrives at once, unless the link is slow or messages wait on it.
telemetry_link::published simulated_fleet::publish_telemetry(vehicle_id v, const mqtt::message& m) {
    count_published(m.topic.size() + m.payload.size());
    const bool acknowledged = m.quality != mqtt::qos::at_most_once;
    if (const auto* found = find(v); found == nullptr || is_uplink_free(*found)) {
        uplink_receiver_.on_telemetry(v, m.topic, m.payload);
        return {.packet_id = 0, .error = {}, .acknowledged = acknowledged};
    }
    auto& vehicle = vehicle_of(v);
    auto& last = disruptions_of(vehicle).packet_id;
    if (acknowledged) last = static_cast<std::uint16_t>(last % std::numeric_limits<std::uint16_t>::max() + 1);
    const published sent{.packet_id = acknowledged ? last : std::uint16_t{0}};
    transmit_uplink(vehicle, {.topic = std::string(m.topic),
                              .payload = std::string(m.payload),
                              .qos = static_cast<std::uint8_t>(m.quality),
                              .telemetry = true,
                              .packet_id = sent.packet_id});
    release_idle();
    return sent;
}

void simulated_fleet::disconnect(command_execution& execution, vehicle::disconnect_kind kind) {
    if (kind == vehicle::disconnect_kind::abrupt)
        publish_presence(vehicle_of(execution.vehicle), "offline"); // its will
    fleet_core::disconnect(execution, kind);
}

/// The second client holds the session until the vehicle reconnects after its usual backoff and takes it back.
void simulated_fleet::take_over(command_execution& execution, nanoseconds) {
    auto& vehicle = vehicle_of(execution.vehicle);
    if (connected(vehicle)) drop_session(vehicle, "its session was taken over");
}

void simulated_fleet::stall(command_execution& execution, nanoseconds duration) {
    auto& disruptions = disruptions_of(vehicle_of(execution.vehicle));
    disruptions.stalled_until = std::max(disruptions.stalled_until, now() + duration);
}

void simulated_fleet::stop() {
    if (presence_pending_ && !stopped_)
        ++counts_.sessions.reasons["presence not sent: the run ended before all sleeping vehicles had published it"];
    fleet_core::stop();
    presence_timer_.disarm();
    vehicles_.clear();
    idle_candidates_.clear();
    online_count_ = 0;
}

void simulated_fleet::on_delivery_due(vehicle_id v) {
    deliver_pending(vehicle_of(v));
    release_idle();
}

void simulated_fleet::on_reconnect_due(vehicle_id v) {
    auto& vehicle = vehicle_of(v);
    if (vehicle.state == session_state::asleep) vehicle.state = session_state::offline; // woken by its trigger
    try_connect(vehicle);
    update_state(vehicle);
    release_idle();
}

bool simulated_fleet::available(vehicle_id v) const {
    const auto* vehicle = find(v);
    return vehicle != nullptr ? vehicle->available : initial_state(v) != session_state::offline;
}

std::unique_ptr<vehicles> make_simulated_fleet(arm_function arm, const time_source& time, vehicle_events& events,
                                               const fleet_spec& spec, uplink_sink& broker,
                                               const simulation_options& simulation) {
    return std::make_unique<simulated_fleet>(std::move(arm), time, events, spec, broker, simulation);
}

} // namespace loadsim::fleet
