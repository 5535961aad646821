// Simulated sessions: connect, disconnect, and queued messages.
#include "simulated_fleet/simulated_fleet.hpp"

#include <iterator>
#include <utility>

namespace loadsim::fleet {
namespace {

void move_all(std::vector<in_transit_message>& from, std::vector<in_transit_message>& to,
              std::vector<in_transit_message>::iterator where) {
    to.insert(where, std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
}

} // namespace

/// True: the broker queues messages while the vehicle is offline.
bool simulated_fleet::keeps_session(const vehicle_state& c) const {
    const auto& session_options = spec_.options.mqtt.session;
    const bool kept = session_options.protocol == mqtt::version::v3_1_1 || session_options.session_expiry.count() > 0;
    return behaviour_of(c.id).asleep || (kept && !session_options.clean_start);
}

void simulated_fleet::connect(vehicle_state& c) {
    if (disruptions_of(c).reconnect_timer.armed()) return;
    if (!broker_down_ || !broker_restarts_) return establish_session(c);
    ++counts_.sessions.refused;
    ++counts_.sessions.reasons["the broker is away"];
    schedule_reconnect(c);
}

bool simulated_fleet::connect_at(vehicle_state& c, monotonic_time when) {
    auto& timer = disruptions_of(c).reconnect_timer;
    if (timer.armed()) return false;
    arm(timer, when);
    return true;
}

void simulated_fleet::schedule_reconnect(vehicle_state& c) {
    auto& disruptions = disruptions_of(c);
    const auto wait = next_reconnect_wait(c, counters_of(c).connect_attempts, disruptions.failed_attempts++);
    arm(disruptions.reconnect_timer, now() + wait);
}

void simulated_fleet::establish_session(vehicle_state& c) {
    auto& disruptions = disruptions_of(c);
    disruptions.failed_attempts = 0;
    const auto& session_options = spec_.options.mqtt.session;
    const bool expires = !behaviour_of(c.id).asleep && session_options.protocol == mqtt::version::v5_0;
    const bool kept =
        keeps_session(c) && !(expires && now() - disruptions.offline_since > session_options.session_expiry);
    auto responses = std::exchange(disruptions.unacknowledged_responses, {});
    auto commands = std::exchange(disruptions.queued_commands, {});
    if (disruptions.offline_since != monotonic_time{}) ++counts_.sessions.reconnects;
    set_state(c, session_state::online);
    report_session_event(c, kept ? "on line, session present" : "on line");
    publish_presence(c, "online");
    if (kept) {
        for (auto& m : responses) send_from_vehicle(c, std::move(m));
        for (auto& m : commands) send_to_vehicle(c, std::move(m));
    }
    schedule_sleep(c);
}

void simulated_fleet::on_session_ended(vehicle_state& c) {
    auto& disruptions = disruptions_of(c);
    disruptions.offline_since = now();
    disruptions.delivery_timer.disarm();
    disruptions.downlink_shaper.reset();
    disruptions.uplink_shaper.reset();
    disruptions.stalled_until = {};
    // Messages in transit are unacknowledged: QoS > 0 stays with the sender for retransmission, QoS 0 is lost.
    for (auto* lost : {&disruptions.downlink_queue, &disruptions.uplink_queue})
        std::erase_if(*lost, [&](const in_transit_message& m) { return m.qos == 0 || !keeps_session(c); });
    move_all(disruptions.downlink_queue, disruptions.queued_commands, disruptions.queued_commands.begin());
    move_all(disruptions.uplink_queue, disruptions.unacknowledged_responses,
             disruptions.unacknowledged_responses.begin());
}

void simulated_fleet::drop_session(vehicle_state& c, std::string_view why) {
    end_session(c, why);
    schedule_reconnect(c);
}

void simulated_fleet::on_broker_lost(vehicle_state& c, vehicle::condition::outage_mode mode) {
    broker_restarts_ = mode == vehicle::condition::outage_mode::restart;
    if (broker_restarts_ && connected(c)) drop_session(c, "the broker went away");
}

bool simulated_fleet::can_exchange(const vehicle_state& c) const {
    return connected(c) && !(c.disruptions && c.disruptions->half_open > 0);
}

void simulated_fleet::send_to_vehicle(vehicle_state& c, in_transit_message m) {
    if (m.expires < now() || never_online(c.state)) return;
    if (can_exchange(c)) return transmit_downlink(c, std::move(m));
    if (m.qos > 0 && keeps_session(c) && !disruptions_of(c).powered_off)
        disruptions_of(c).queued_commands.push_back(std::move(m));
}

/// Sends a response of a vehicle that is online as far as it knows, or was when it started to send.
void simulated_fleet::send_from_vehicle(vehicle_state& c, in_transit_message m) {
    if (can_exchange(c)) return transmit_uplink(c, std::move(m));
    if (m.qos > 0 && keeps_session(c)) disruptions_of(c).unacknowledged_responses.push_back(std::move(m));
}

} // namespace loadsim::fleet
