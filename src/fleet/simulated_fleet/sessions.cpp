// Simulated sessions and their network: connect, disconnect, queued messages; blocked, slow or stalled links.
#include "simulated_fleet/simulated_fleet.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace loadsim::fleet {
namespace {

void move_all(std::vector<in_transit_message>& from, std::vector<in_transit_message>& to,
              std::vector<in_transit_message>::iterator where) {
    to.insert(where, std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
}

bool has_arrived(const std::vector<in_transit_message>& queue, monotonic_time now) {
    return !queue.empty() && queue.front().due <= now;
}

/// Appends in order: no message overtakes an earlier one.
void enqueue(in_transit_message m, std::vector<in_transit_message>& queue, monotonic_time due) {
    m.due = queue.empty() ? due : std::max(due, queue.back().due);
    queue.push_back(std::move(m));
}

/// Arrival time on a link that transmits sequentially. `shaper`: of the direction.
monotonic_time arrival_time(const simulated_disruption_state& disruptions, const in_transit_message& m,
                            net::link_shaper& shaper, monotonic_time now) {
    return shaper.arrival_time(now, m.topic.size() + m.payload.size(), disruptions.shape);
}

in_transit_message pop_front(std::vector<in_transit_message>& queue) {
    auto first = std::move(queue.front());
    queue.erase(queue.begin());
    return first;
}

} // namespace

/// True: the broker queues messages while the vehicle is offline.
bool simulated_fleet::keeps_session(const vehicle_state& vehicle) const {
    const auto& session_options = spec_.options.mqtt.session;
    const bool kept = session_options.protocol == mqtt::version::v3_1_1 || session_options.session_expiry.count() > 0;
    return behaviour_of(vehicle.id).asleep || (kept && !session_options.clean_start);
}

void simulated_fleet::connect(vehicle_state& vehicle) {
    if (disruptions_of(vehicle).reconnect_timer.armed()) return;
    if (!broker_down_ || !broker_restarts_) return establish_session(vehicle);
    ++counts_.sessions.refused;
    ++counts_.sessions.reasons["the broker is unavailable"];
    schedule_reconnect(vehicle);
}

bool simulated_fleet::connect_at(vehicle_state& vehicle, monotonic_time when) {
    auto& timer = disruptions_of(vehicle).reconnect_timer;
    if (timer.armed()) return false;
    arm(timer, when);
    return true;
}

void simulated_fleet::schedule_reconnect(vehicle_state& vehicle) {
    auto& disruptions = disruptions_of(vehicle);
    const auto wait =
        next_reconnect_wait(vehicle, counters_of(vehicle).connect_attempts, disruptions.failed_attempts++);
    arm(disruptions.reconnect_timer, now() + wait);
}

void simulated_fleet::establish_session(vehicle_state& vehicle) {
    auto& disruptions = disruptions_of(vehicle);
    disruptions.failed_attempts = 0;
    const auto& session_options = spec_.options.mqtt.session;
    const bool expires = !behaviour_of(vehicle.id).asleep && session_options.protocol == mqtt::version::v5_0;
    const bool kept =
        keeps_session(vehicle) && !(expires && now() - disruptions.offline_since > session_options.session_expiry);
    auto responses = std::exchange(disruptions.unacknowledged_responses, {});
    auto commands = std::exchange(disruptions.queued_commands, {});
    ++counts_.sessions.connected;
    if (disruptions.offline_since != monotonic_time{}) ++counts_.sessions.reconnects;
    if (telemetry_) telemetry_->on_session_begun(vehicle.id, kept);
    set_state(vehicle, session_state::online);
    report_session_event(vehicle, kept ? "online, session present" : "online");
    publish_presence(vehicle, "online");
    if (kept) {
        for (auto& m : responses) send_from_vehicle(vehicle, std::move(m));
        for (auto& m : commands) send_to_vehicle(vehicle, std::move(m));
    }
    schedule_sleep(vehicle);
}

void simulated_fleet::on_session_ended(vehicle_state& vehicle) {
    auto& disruptions = disruptions_of(vehicle);
    disruptions.offline_since = now();
    disruptions.delivery_timer.disarm();
    disruptions.downlink_shaper.reset();
    disruptions.uplink_shaper.reset();
    disruptions.stalled_until = {};
    // Messages in transit are unacknowledged: QoS > 0 stays with the sender for retransmission, QoS 0 is lost.
    for (auto* lost : {&disruptions.downlink_queue, &disruptions.uplink_queue})
        std::erase_if(*lost, [&](const in_transit_message& m) { return m.qos == 0 || !keeps_session(vehicle); });
    move_all(disruptions.downlink_queue, disruptions.queued_commands, disruptions.queued_commands.begin());
    move_all(disruptions.uplink_queue, disruptions.unacknowledged_responses,
             disruptions.unacknowledged_responses.begin());
}

void simulated_fleet::drop_session(vehicle_state& vehicle, std::string_view why) {
    end_session(vehicle, why);
    schedule_reconnect(vehicle);
}

void simulated_fleet::on_broker_lost(vehicle_state& vehicle, vehicle::condition::outage_mode mode) {
    broker_restarts_ = mode == vehicle::condition::outage_mode::restart;
    if (broker_restarts_ && connected(vehicle)) drop_session(vehicle, "the broker became unavailable");
}

bool simulated_fleet::can_exchange(const vehicle_state& vehicle) const {
    return connected(vehicle) && !(vehicle.disruptions && vehicle.disruptions->half_open > 0);
}

void simulated_fleet::send_to_vehicle(vehicle_state& vehicle, in_transit_message m) {
    if (m.expires < now() || never_online(vehicle.state)) return;
    if (can_exchange(vehicle)) return transmit_downlink(vehicle, std::move(m));
    if (m.qos > 0 && keeps_session(vehicle) && !disruptions_of(vehicle).powered_off)
        disruptions_of(vehicle).queued_commands.push_back(std::move(m));
}

/// Sends a response of a vehicle that has not detected a loss of its session, or had not when it started to send.
void simulated_fleet::send_from_vehicle(vehicle_state& vehicle, in_transit_message m) {
    if (can_exchange(vehicle)) return transmit_uplink(vehicle, std::move(m));
    if (m.qos > 0 && keeps_session(vehicle)) disruptions_of(vehicle).unacknowledged_responses.push_back(std::move(m));
}

void simulated_fleet::transmit_downlink(vehicle_state& vehicle, in_transit_message m) {
    const auto* found = find_disruptions(vehicle);
    const bool unobstructed =
        found == nullptr || (found->downlink_queue.empty() && found->slow.empty() && found->stalled_until <= now());
    if (unobstructed && !is_link_blocked(vehicle)) return receive(vehicle, m);
    auto& disruptions = disruptions_of(vehicle);
    const auto due = arrival_time(disruptions, m, disruptions.downlink_shaper, now());
    enqueue(std::move(m), disruptions.downlink_queue, due);
    deliver_pending(vehicle);
}

bool simulated_fleet::is_uplink_free(const vehicle_state& vehicle) const {
    const auto* found = find_disruptions(vehicle);
    return !is_link_blocked(vehicle) && (found == nullptr || (found->uplink_queue.empty() && found->slow.empty()));
}

/// An acknowledgement waits in the session as a command does: a session that is kept gets it after its return.
void simulated_fleet::hand_over(vehicle_state& vehicle, const in_transit_message& m) {
    if (!m.telemetry) return uplink_receiver_.on_vehicle_message(vehicle.id, m.request, m.topic, m.payload);
    uplink_receiver_.on_telemetry(vehicle.id, m.topic, m.payload);
    if (m.packet_id != 0) send_to_vehicle(vehicle, {.topic = {}, .payload = {}, .qos = 1, .packet_id = m.packet_id});
}

void simulated_fleet::transmit_uplink(vehicle_state& vehicle, in_transit_message m) {
    if (is_uplink_free(vehicle)) return hand_over(vehicle, m);
    auto& disruptions = disruptions_of(vehicle);
    const auto due = arrival_time(disruptions, m, disruptions.uplink_shaper, now());
    enqueue(std::move(m), disruptions.uplink_queue, due);
    deliver_pending(vehicle);
}

/// Delivers the messages that have arrived and arms the timer for the next arrival.
void simulated_fleet::deliver_pending(vehicle_state& vehicle) {
    if (!vehicle.disruptions) return;
    auto& disruptions = disruptions_of(vehicle);
    while (is_reachable(vehicle) && has_arrived(disruptions.uplink_queue, now())) {
        const auto arrived = pop_front(disruptions.uplink_queue);
        hand_over(vehicle, arrived);
    }
    while (is_reachable(vehicle) && disruptions.stalled_until <= now() &&
           has_arrived(disruptions.downlink_queue, now()))
        receive(vehicle, pop_front(disruptions.downlink_queue));
    if (!is_reachable(vehicle)) return; // called again when the vehicle becomes reachable
    auto next = never;
    if (!disruptions.uplink_queue.empty()) next = disruptions.uplink_queue.front().due;
    if (!disruptions.downlink_queue.empty())
        next = std::min(next, std::max(disruptions.downlink_queue.front().due, disruptions.stalled_until));
    arm(disruptions.delivery_timer, next);
}

} // namespace loadsim::fleet
