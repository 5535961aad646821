// Simulated sessions: connect, disconnect, sleep, wake-up, and queued messages.
#include "simulated_fleet/simulated_fleet_impl.hpp"

#include "reconnect_backoff.hpp"
#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>

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

bool simulated_fleet::impl::is_link_blocked(const simulated_vehicle& c) const {
    return broker_frozen || (c.disruptions && (c.disruptions->tunnels > 0 || c.disruptions->half_open > 0));
}

bool simulated_fleet::impl::must_stay_offline(const simulated_vehicle& c) const {
    if (!c.disruptions) return false;
    const auto& l = *c.disruptions;
    return l.tunnels > 0 || l.garages > 0 || l.half_open > 0 || l.powered_off || l.disconnected_by != nullptr;
}

/// Online, or offline on purpose: permanently, asleep, or due to a condition.
bool simulated_fleet::impl::is_available(const simulated_vehicle& c) const {
    if (c.state != session_state::offline) return true;
    return c.disruptions && (c.disruptions->tunnels > 0 || c.disruptions->garages > 0 || c.disruptions->half_open > 0);
}

void simulated_fleet::impl::update_state(simulated_vehicle& c) {
    const bool reachable = is_reachable(c);
    if (std::exchange(c.reachable, reachable) != reachable) {
        reachable ? events.on_reachable(id_of(c)) : events.on_unreachable(id_of(c));
        if (reachable) record_recovery(c);
    }
    const bool available = is_available(c);
    if (std::exchange(c.available, available) != available) available ? ++available_count : --available_count;
}

/// Records the recovery time of every occurrence that made the vehicle unreachable.
void simulated_fleet::impl::record_recovery(simulated_vehicle& c) {
    if (!c.disruptions) return;
    for (const auto& key : std::exchange(c.disruptions->recovering_from, {}))
        counts.recoveries[key].recovery_times.record(now() - (load_start + start_of(spec, key)));
}

void simulated_fleet::impl::report_session_event(simulated_vehicle& c, const std::string& what) {
    events.on_session_event(id_of(c), what, now());
}

void simulated_fleet::impl::publish_presence(simulated_vehicle& c, std::string_view what) {
    if (!simulation.presence) return;
    const auto& asleep = behaviour_of(c).asleep;
    if (!spec.options.mqtt.presence && !asleep)
        return; // presence of sleeping vehicles is always published: the platform needs it
    contract::outgoing_message message;
    if (encode_presence(spec, id_of(c), what, wall_us(), presence_count++, message))
        uplink_receiver.on_vehicle_message(id_of(c), {}, message.topic, message.payload);
    else
        ++counts.sessions.reasons["presence not sent: its payload cannot be made"];
}

/// True: the broker queues messages while the vehicle is offline.
bool simulated_fleet::impl::keeps_session(const simulated_vehicle& c) const {
    const auto& session_options = spec.options.mqtt.session;
    const bool kept = session_options.protocol == mqtt::version::v3_1_1 || session_options.session_expiry.count() > 0;
    return behaviour_of(c).asleep || (kept && !session_options.clean_start);
}

void simulated_fleet::impl::try_connect(simulated_vehicle& c) {
    if (c.state == session_state::asleep) c.state = session_state::offline; // woken by its trigger
    if (c.state != session_state::offline || must_stay_offline(c)) return update_state(c);
    if (!broker_down) return establish_session(c);
    ++counts.sessions.refused;
    ++counts.sessions.reasons["the broker is away"];
    schedule_reconnect(c);
    update_state(c);
}

void simulated_fleet::impl::schedule_reconnect(simulated_vehicle& c) {
    auto& disruptions = disruptions_of(c);
    const auto unit = random_unit(spec.seed, stream_id::reconnect, index(id_of(c)), counters_of(c).connect_attempts++);
    const auto wait = reconnect_wait(spec.options.reconnect, disruptions.failed_attempts++, unit);
    arm_timer(disruptions.reconnect_timer, now() + wait);
}

void simulated_fleet::impl::establish_session(simulated_vehicle& c) {
    auto& disruptions = disruptions_of(c);
    disruptions.failed_attempts = 0;
    disruptions.reconnect_timer.disarm();
    const auto& session_options = spec.options.mqtt.session;
    const bool expires = !behaviour_of(c).asleep && session_options.protocol == mqtt::version::v5_0;
    const bool kept =
        keeps_session(c) && !(expires && now() - disruptions.offline_since > session_options.session_expiry);
    auto responses = std::exchange(disruptions.unacknowledged_responses, {});
    auto commands = std::exchange(disruptions.queued_commands, {});
    c.state = session_state::online;
    ++online_count;
    if (disruptions.offline_since != monotonic_time{}) ++counts.sessions.reconnects;
    report_session_event(c, kept ? "on line, session present" : "on line");
    update_state(c);
    publish_presence(c, "online");
    if (kept) {
        for (auto& m : responses) send_from_vehicle(c, std::move(m));
        for (auto& m : commands) deliver(c, std::move(m));
    }
    schedule_sleep(c);
}

void simulated_fleet::impl::end_session(simulated_vehicle& c, const std::string& why) {
    auto& disruptions = disruptions_of(c);
    c.state = session_state::offline;
    --online_count;
    disruptions.offline_since = now();
    disruptions.delivery_timer.disarm();
    disruptions.sleep_timer.disarm();
    disruptions.downlink_shaper.reset();
    disruptions.uplink_shaper.reset();
    disruptions.stalled_until = {};
    // Messages in transit are unacknowledged: QoS > 0 stays with the sender for retransmission, QoS 0 is lost.
    for (auto* lost : {&disruptions.downlink_queue, &disruptions.uplink_queue})
        std::erase_if(*lost, [&](const in_transit_message& m) { return m.qos == 0 || !keeps_session(c); });
    move_all(disruptions.downlink_queue, disruptions.queued_commands, disruptions.queued_commands.begin());
    move_all(disruptions.uplink_queue, disruptions.unacknowledged_responses,
             disruptions.unacknowledged_responses.begin());
    report_session_event(c, "off line: " + why);
    update_state(c);
}

void simulated_fleet::impl::drop_session(simulated_vehicle& c, const std::string& why) {
    end_session(c, why);
    schedule_reconnect(c);
}

void simulated_fleet::impl::disconnect_permanently(simulated_vehicle& c) {
    publish_presence(c, "offline");
    end_session(c, "it left");
    c.state = session_state::permanently_offline;
    update_state(c);
}

void simulated_fleet::impl::fall_asleep(simulated_vehicle& c) {
    publish_presence(c, "asleep");
    end_session(c, "it sleeps");
    c.state = session_state::asleep;
    update_state(c);
}

void simulated_fleet::impl::schedule_sleep(simulated_vehicle& c) {
    const auto& asleep = behaviour_of(c).asleep;
    if (asleep && c.state == session_state::online && c.active_executions == 0)
        arm_timer(disruptions_of(c).sleep_timer, now() + asleep->stays_awake);
}

void simulated_fleet::impl::wake(simulated_vehicle& c) {
    if (c.state != session_state::asleep) return;
    const auto& sleep = *behaviour_of(c).asleep;
    auto& disruptions = disruptions_of(c);
    random_stream rng(spec.seed, stream_id::wakeup, index(id_of(c)),
                      counters_of(c).wakeup_triggers++ * draws_per_trigger);
    if (rng.unit() < sleep.trigger_loss.value || disruptions.reconnect_timer.armed()) return;
    report_session_event(c, "woken");
    arm_timer(disruptions.reconnect_timer, now() + sample(sleep.wakeup_delay, rng));
}

void simulated_fleet::impl::deliver(simulated_vehicle& c, in_transit_message m) {
    if (m.expires < now() || c.state == session_state::permanently_offline || c.state == session_state::rejected)
        return;
    if (c.state == session_state::online && !(c.disruptions && c.disruptions->half_open > 0))
        return transmit_downlink(c, std::move(m));
    if (m.qos > 0 && keeps_session(c) && !disruptions_of(c).powered_off)
        disruptions_of(c).queued_commands.push_back(std::move(m));
}

/// Sends a response of a vehicle that is online as far as it knows, or was when it started to send.
void simulated_fleet::impl::send_from_vehicle(simulated_vehicle& c, in_transit_message m) {
    if (c.state == session_state::online && !(c.disruptions && c.disruptions->half_open > 0))
        return transmit_uplink(c, std::move(m));
    if (m.qos > 0 && keeps_session(c)) disruptions_of(c).unacknowledged_responses.push_back(std::move(m));
}

} // namespace loadsim::fleet
