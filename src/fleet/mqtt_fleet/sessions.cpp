// Sessions of MQTT vehicles: connect, subscribe, presence, disconnect, sleep and wake-up.
#include "mqtt_fleet/mqtt_fleet_impl.hpp"

#include "reconnect_backoff.hpp"
#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/net/source_address_selection.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Connects started per call; then the loop runs other work, since a connect without a free port is slow.
constexpr int connects_per_call = 64;

bool is_refusal(mqtt::reason r) { return static_cast<std::uint8_t>(r) >= 0x80; }

/// Permanent refusals: a retry does not help.
bool is_permanent(mqtt::reason r) {
    using enum mqtt::reason;
    constexpr std::array those{
        unsupported_protocol_version, client_identifier_not_valid, bad_user_name_or_password, not_authorized, banned,
        bad_authentication_method};
    return std::ranges::find(those, r) != those.end();
}

/// Advice for a refused subscription.
std::string_view advice_for(mqtt::reason r) {
    switch (r) {
    case mqtt::reason::wildcard_subscriptions_not_supported:
        return "it supports no wildcards: give contract.command.filter (and the campaigns' filters) without + and #";
    case mqtt::reason::shared_subscriptions_not_supported:
        return "it supports no shared subscriptions: give contract.command.filter (and the campaigns' filters) without "
               "$share";
    default: return "check the broker's access rules";
    }
}

} // namespace

void mqtt_fleet::impl::start_due_connects() {
    // Reentrant: a connect that fails or succeeds at once calls this function again.
    if (stopped || std::exchange(starting_connects, true)) return;
    for (int started = 0; started < connects_per_call; ++started) {
        const auto next = pacer.pop_due(now());
        if (!next) break;
        mqtt_vehicle& c = vehicles[*next];
        if (must_stay_offline(c) || !(c.link.idle() || c.link.waiting())) { // changed since it was queued
            pacer.done();
            continue;
        }
        c.connect_in_flight = true;
        connect(c);
    }
    starting_connects = false;
    loop.arm(connect_timer,
             pacer.next_due()); // `never` if the limit is reached: the next finished connect calls this again
}

/// Each handover uses the next source address. Without configured addresses, 127.0.0.0/8 is used if the broker is on loopback.
void mqtt_fleet::impl::connect(mqtt_vehicle& c) {
    const auto& broker = broker_of(c).endpoint;
    const std::size_t handovers = c.disruptions ? c.disruptions->handovers : 0;
    if (!source_addresses.empty())
        return c.link.connect(broker, source_addresses,
                              (net::source_index_for(spec.seed, c.link.tag(), source_addresses.size()) + handovers) %
                                  source_addresses.size());
    const bool on_loopback = broker.address().is_v4() && broker.address().is_loopback();
    if (handovers == 0 || !on_loopback) return c.link.connect(broker);
    const std::array source{boost::asio::ip::address(
        boost::asio::ip::address_v4(0x7f000001U + static_cast<std::uint32_t>(handovers % loopback_addresses)))};
    c.link.connect(broker, source);
}

/// The connect succeeded or failed: frees its slot and starts the next one.
void mqtt_fleet::impl::release_connect(mqtt_vehicle& c) {
    if (!std::exchange(c.connect_in_flight, false)) return;
    pacer.done();
    start_due_connects();
}

void mqtt_fleet::impl::on_wait_elapsed(net::mqtt_link& link) {
    mqtt_vehicle& c = vehicle_of(vehicle_id{link.tag()});
    if (c.state == session_state::asleep) c.state = session_state::wanted; // woken by its trigger
    try_connect(c);
}

void mqtt_fleet::impl::try_connect(mqtt_vehicle& c) {
    if (stopped || must_stay_offline(c) || !c.link.idle()) return;
    pacer.requeue(slot_of(c), now());
    start_due_connects();
}

mqtt::identity mqtt_fleet::impl::identify(net::mqtt_link& link) {
    const mqtt_vehicle& c = vehicle_of(vehicle_id{link.tag()});
    const auto vin = vin_of(c);
    auto values = template_values_of(spec, id_of(c));
    values.vin = vin;
    const auto& false_identity = false_identities[spec.segments.segment_of(id_of(c))];
    (false_identity ? *false_identity : default_identity).render(values, identity.shown);
    if (identity.shown.client_id.empty() && c.disruptions) identity.shown.client_id = c.disruptions->assigned_client_id;
    mqtt::identity client{
        .client_id = identity.shown.client_id, .user = identity.shown.user_name, .password = identity.shown.password};
    if (publishes_presence(c) &&
        encode_presence(spec, id_of(c), "offline", system_time_us(), presence_count++, identity.offline)) {
        const auto& m = identity.offline;
        const auto& broker = broker_of(c);
        const auto requested_qos = m.qos ? static_cast<mqtt::qos>(*m.qos) : mqtt::qos::at_least_once;
        client.last_will = mqtt::will{.topic = m.topic,
                                      .payload = m.payload,
                                      .quality = std::min(requested_qos, broker.maximum_qos),
                                      .retain = m.retain && broker.retain_available};
    }
    return client;
}

void mqtt_fleet::impl::on_online(net::mqtt_link& link, const mqtt::server_limits& limits, nanoseconds took) {
    counts.sessions.connect.record(took);
    if (link.syn_retransmitted()) ++counts.sessions.syn_retransmitted;
    mqtt_vehicle& c = vehicle_of(vehicle_id{link.tag()});
    c.failed_attempts = 0;
    if (std::exchange(c.connected_before, true)) ++counts.sessions.reconnects;
    if (c.state == session_state::rejected) return on_unauthorized_accept(c);
    c.subscription_kept = c.subscription_kept && limits.session_present;
    report_session_event(c, limits.session_present ? "on line, session present" : "on line");
    apply_server_limits(c, limits);
    if (c.subscription_kept)
        on_subscription_ready(c);
    else
        subscribe(c, limits);
    if (publishes_presence(c)) publish_presence(c, "online");
    release_connect(c);
}

/// Wrong credentials were accepted: reports that and disconnects for good, so that no command is received.
void mqtt_fleet::impl::on_unauthorized_accept(mqtt_vehicle& c) {
    events.on_unauthorized_accept(id_of(c), now());
    c.state = session_state::permanently_offline;
    c.link.close();
    release_connect(c);
}

/// Presence of sleeping vehicles is always published: the platform needs it.
bool mqtt_fleet::impl::publishes_presence(const mqtt_vehicle& c) const {
    return spec.options.mqtt.presence || behaviour_of(c).asleep;
}

void mqtt_fleet::impl::publish_presence(mqtt_vehicle& c, std::string_view what) {
    if (!encode_presence(spec, id_of(c), what, system_time_us(), presence_count++, message)) {
        ++counts.sessions.reasons["presence not sent: its payload cannot be made"];
        return;
    }
    const auto sent = publish(c, message, mqtt::qos::at_most_once);
    if (sent.error) ++counts.sessions.reasons["presence not sent: " + sent.error.message()];
}

/// Filter for commands, and filters of the campaigns that address the vehicle.
std::vector<std::string> mqtt_fleet::impl::filters_of(const mqtt_vehicle& c) const {
    const auto vin = vin_of(c);
    auto values = template_values_of(spec, id_of(c));
    values.vin = vin;
    std::vector<std::string> all{spec.message_contract.command_filter(values)};
    for (const auto i : campaigns_by_segment[spec.segments.segment_of(id_of(c))]) {
        auto one = campaigns[i].filter(values);
        if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
    }
    return all;
}

void mqtt_fleet::impl::subscribe(mqtt_vehicle& c, const mqtt::server_limits& limits) {
    const auto filters = filters_of(c);
    std::vector<mqtt::subscription> all;
    for (const auto& filter : filters) {
        if (const auto why = subscription_refusal(limits, filter); why != mqtt::reason::success)
            return on_subscribe_refused(c, filter, why, mqtt::to_string(why));
        all.push_back({.filter = filter, .quality = spec.options.mqtt.command_qos});
    }
    if (const auto request = c.link.subscribe(all); request.error)
        on_subscribe_refused(c, filters.front(), mqtt::reason::unspecified_error, request.error.message());
}

void mqtt_fleet::impl::on_subscribed(net::mqtt_link& link, std::span<const mqtt::reason> granted) {
    mqtt_vehicle& c = vehicle_of(vehicle_id{link.tag()});
    for (std::size_t i = 0; i < granted.size(); ++i) {
        if (is_refusal(granted[i]))
            return on_subscribe_refused(c, filters_of(c)[i], granted[i], mqtt::to_string(granted[i]));
        const auto requested_qos = spec.options.mqtt.command_qos;
        if (static_cast<mqtt::qos>(granted[i]) < requested_qos)
            warn_once(fmt::format("the broker grants QoS {} where {} was asked for", static_cast<int>(granted[i]),
                                  static_cast<int>(requested_qos)));
    }
    c.subscription_kept = true;
    on_subscription_ready(c);
}

void mqtt_fleet::impl::on_subscribe_refused(mqtt_vehicle& c, const std::string& filter, mqtt::reason r,
                                            const std::string& why) {
    ++counts.sessions.refused;
    ++counts.sessions.reasons["subscription refused: " + why];
    if (!refusal.empty() || c.state == session_state::rejected) return;
    refusal = fmt::format("the broker refuses vehicle {} its subscription to {} ({}); {}", vin_of(c), filter, why,
                          advice_for(r));
}

/// Applies the limits of CONNACK to the broker's entry; warns once about each feature in use that it lacks.
void mqtt_fleet::impl::apply_server_limits(mqtt_vehicle& c, const mqtt::server_limits& limits) {
    auto& broker = broker_of(c);
    broker.maximum_qos = limits.maximum_qos;
    broker.retain_available = limits.retain_available;
    if (limits.maximum_qos < spec.options.mqtt.response_qos)
        warn_once(fmt::format("the broker's highest QoS is {}: responses are sent with that",
                              static_cast<int>(limits.maximum_qos)));
    if (!limits.retain_available && publishes_presence(c) && spec.message_contract.options().presence.retain)
        warn_once("the broker does not retain messages: presence is sent, and not kept");
    if (limits.session_expiry < c.link.options().session_expiry && c.link.options().protocol == mqtt::version::v5_0)
        warn_once(fmt::format("the broker keeps sessions for {} s and not for {} s", limits.session_expiry.count(),
                              c.link.options().session_expiry.count()));
    if (!limits.assigned_client_id.empty()) disruptions_of(c).assigned_client_id = limits.assigned_client_id;
}

/// The broker refused the will's QoS or retain flag (MQTT 5.0, 3.2.2.3.4, 3.2.2.3.5): lowers them for the next connect.
void mqtt_fleet::impl::adjust_to_refusal(mqtt_vehicle& c) {
    auto& broker = broker_of(c);
    const auto refusal_reason = c.link.session().last_reason();
    if (refusal_reason == mqtt::reason::qos_not_supported && broker.maximum_qos != mqtt::qos::at_most_once)
        broker.maximum_qos = mqtt::qos::at_most_once; // CONNACK will tell whether QoS 1 is possible
    if (refusal_reason == mqtt::reason::retain_not_supported) broker.retain_available = false;
}

/// A warning for the whole fleet that keeps no vehicle offline; counted once.
void mqtt_fleet::impl::warn_once(std::string what) {
    if (warnings_given.insert(what).second) ++counts.sessions.reasons[std::move(what)];
}

void mqtt_fleet::impl::on_subscription_ready(mqtt_vehicle& c) {
    set_subscribed(c, true);
    schedule_sleep(c);
}

/// Reason of the disconnect as text; a permanent refusal is also stored in `refusal`, for the run.
std::string mqtt_fleet::impl::offline_reason(const mqtt_vehicle& c, std::error_code why) {
    if (why != mqtt::errc::connect_refused && why != mqtt::errc::server_disconnected) return why.message();
    const auto refusal_reason = c.link.session().last_reason();
    if (refusal.empty() && c.state != session_state::rejected && is_permanent(refusal_reason))
        refusal = fmt::format("the broker refuses vehicle {} ({}); {}", vin_of(c), mqtt::to_string(refusal_reason),
                              refusal_reason == mqtt::reason::unsupported_protocol_version
                                  ? "set fleet.mqtt.version to one that it speaks, such as 3.1.1"
                                  : "check fleet.mqtt.user and fleet.mqtt.password and the broker's access rules");
    return why.message() + ": " + mqtt::to_string(refusal_reason);
}

void mqtt_fleet::impl::on_offline(net::mqtt_link& link, std::error_code why, bool was_online) {
    mqtt_vehicle& c = vehicle_of(vehicle_id{link.tag()});
    const bool taken_over = c.disruptions && c.disruptions->second_client && c.disruptions->second_client->active();
    const bool intended = is_link_blocked(c) || taken_over;
    set_subscribed(c, false);
    if (stopped) return;
    // The broker's session may belong to the second client by now.
    if (taken_over || link.session().last_reason() == mqtt::reason::session_taken_over) c.subscription_kept = false;
    const auto reason = was_online && taken_over ? "its session was taken over" : offline_reason(c, why);
    report_session_event(c, (was_online ? "off line: " : "no session: ") + reason);
    if (!was_online || !intended) {
        ++(was_online ? counts.sessions.dropped : counts.sessions.refused);
        ++counts.sessions.reasons[reason];
    }
    if (!was_online && link.syn_retransmitted()) ++counts.sessions.syn_retransmitted;
    if (!was_online) adjust_to_refusal(c);
    if ((!was_online && !intended) || why == mqtt::errc::use_another_server) ++c.broker_switches;
    const auto unit = random_unit(spec.seed, stream_id::reconnect, index(id_of(c)), c.connect_attempts++);
    const auto wait = reconnect_wait(spec.options.reconnect, c.failed_attempts, unit);
    if (c.failed_attempts < std::numeric_limits<std::uint8_t>::max()) ++c.failed_attempts;
    if (!must_stay_offline(c)) link.wait_until(now() + wait); // else the end of the condition or step reconnects it
    release_connect(c);
}

/// The connection was ended by loadsim.
void mqtt_fleet::impl::end_session(mqtt_vehicle& c, const std::string& why) {
    set_subscribed(c, false);
    report_session_event(c, "off line: " + why);
    release_connect(c);
}

void mqtt_fleet::impl::close_session(mqtt_vehicle& c, mqtt::session::close_scope what) {
    if (c.link.online() && publishes_presence(c)) publish_presence(c, "offline");
    c.link.close(what);
    set_subscribed(c, false);
    release_connect(c);
}

void mqtt_fleet::impl::disconnect_permanently(mqtt_vehicle& c) {
    c.state = session_state::permanently_offline;
    close_session(c, mqtt::session::close_scope::connection);
    report_session_event(c, "off line: it left");
}

void mqtt_fleet::impl::fall_asleep(mqtt_vehicle& c) {
    publish_presence(c, "asleep");
    c.link.close();
    c.state = session_state::asleep;
    disruptions_of(c).sleep_timer.disarm();
    end_session(c, "it sleeps");
}

void mqtt_fleet::impl::schedule_sleep(mqtt_vehicle& c) {
    const auto& asleep = behaviour_of(c).asleep;
    if (!asleep || load_start == never || stopped || !c.subscribed) return;
    auto& u = disruptions_of(c);
    if (u.active_executions == 0) loop.arm(u.sleep_timer, now() + asleep->stays_awake);
}

void mqtt_fleet::impl::wake(mqtt_vehicle& c) {
    if (c.state != session_state::asleep || stopped) return;
    const auto& sleep = *behaviour_of(c).asleep;
    random_stream rng(spec.seed, stream_id::wakeup, index(id_of(c)),
                      disruptions_of(c).wakeup_triggers++ * draws_per_trigger);
    if (rng.unit() < sleep.trigger_loss.value || c.link.waiting()) return;
    report_session_event(c, "woken");
    c.link.wait_until(now() + sample(sleep.wakeup_delay, rng));
}

} // namespace loadsim::fleet
