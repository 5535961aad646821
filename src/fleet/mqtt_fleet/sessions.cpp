// Sessions of MQTT vehicles: connect, subscribe, presence, disconnect, sleep and wake-up.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/fleet/events.hpp>
#include <loadsim/mqtt/error.hpp>
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

void mqtt_fleet::start_due_connects() {
    // Reentrant: a connect that fails or succeeds at once calls this function again.
    if (stopped_ || std::exchange(starting_connects_, true)) return;
    for (int started = 0; started < connects_per_call; ++started) {
        const auto next = pacer_.pop_due(now());
        if (!next) break;
        mqtt_vehicle& c = vehicles_[*next];
        if (must_stay_offline(c) || !(c.link.idle() || c.link.waiting())) { // changed since it was queued
            pacer_.done();
            continue;
        }
        c.connect_in_flight = true;
        open_connection(c);
    }
    starting_connects_ = false;
    loop_.arm(connect_timer_,
              pacer_.next_due()); // `never` if the limit is reached: the next finished connect calls this again
}

/// Each handover uses the next source address. Without configured addresses, 127.0.0.0/8 is used if the broker is on loopback.
void mqtt_fleet::open_connection(mqtt_vehicle& c) {
    const auto& broker = broker_of(c).endpoint;
    const std::size_t handovers = c.disruptions ? c.disruptions->handovers : 0;
    if (!source_addresses_.empty())
        return c.link.connect(broker, source_addresses_,
                              (net::source_index_for(spec_.seed, index(c.id), source_addresses_.size()) + handovers) %
                                  source_addresses_.size());
    const bool on_loopback = broker.address().is_v4() && broker.address().is_loopback();
    if (handovers == 0 || !on_loopback) return c.link.connect(broker);
    const std::array source{boost::asio::ip::address(
        boost::asio::ip::address_v4(0x7f000001U + static_cast<std::uint32_t>(handovers % loopback_addresses)))};
    c.link.connect(broker, source);
}

/// The connect succeeded or failed: frees its slot and starts the next one.
void mqtt_fleet::release_connect(mqtt_vehicle& c) {
    if (!std::exchange(c.connect_in_flight, false)) return;
    pacer_.done();
    start_due_connects();
}

void mqtt_fleet::on_wait_elapsed(net::mqtt_link& link) {
    mqtt_vehicle& c = vehicle_of(link);
    if (c.state == session_state::asleep) c.state = session_state::offline; // woken by its trigger
    try_connect(c);
}

void mqtt_fleet::connect(vehicle_state& c) {
    if (!cast(c).link.idle()) return;
    pacer_.requeue(slot_of(c.id), now());
    start_due_connects();
}

bool mqtt_fleet::connect_at(vehicle_state& c, monotonic_time when) {
    auto& link = cast(c).link;
    if (link.waiting()) return false;
    link.wait_until(when);
    return true;
}

void mqtt_fleet::cancel_wait(vehicle_state& c) {
    if (!cast(c).connect_in_flight) cast(c).link.close();
}

bool mqtt_fleet::close_link(vehicle_state& c, vehicle::disconnect_kind how) {
    auto& link = cast(c).link;
    const bool has_connection = !link.idle() && !link.waiting();
    if (how == vehicle::disconnect_kind::clean)
        link.close();
    else if (has_connection)
        how == vehicle::disconnect_kind::abrupt ? link.reset() : link.abandon();
    return has_connection;
}

mqtt::identity mqtt_fleet::identify(net::mqtt_link& link) {
    const mqtt_vehicle& c = vehicle_of(link);
    const auto vin = vin_of(c.id);
    auto values = template_values_of(spec_, c.id);
    values.vin = vin;
    const auto& false_identity = false_identities_[spec_.segments.segment_of(c.id)];
    (false_identity ? *false_identity : default_identity_).render(values, identity_.shown);
    const auto* disruptions = find_disruptions(c);
    if (identity_.shown.client_id.empty() && disruptions != nullptr)
        identity_.shown.client_id = disruptions->assigned_client_id;
    mqtt::identity client{.client_id = identity_.shown.client_id,
                          .user = identity_.shown.user_name,
                          .password = identity_.shown.password};
    if (publishes_presence(c) &&
        encode_presence(spec_, c.id, "offline", system_time_us(), presence_count_++, identity_.offline)) {
        const auto& m = identity_.offline;
        const auto& broker = broker_of(c);
        const auto requested_qos = m.qos ? static_cast<mqtt::qos>(*m.qos) : mqtt::qos::at_least_once;
        client.last_will = mqtt::will{.topic = m.topic,
                                      .payload = m.payload,
                                      .quality = std::min(requested_qos, broker.maximum_qos),
                                      .retain = m.retain && broker.retain_available};
    }
    return client;
}

void mqtt_fleet::on_online(net::mqtt_link& link, const mqtt::server_limits& limits, nanoseconds took) {
    counts_.sessions.connect.record(took);
    if (link.syn_retransmitted()) ++counts_.sessions.syn_retransmitted;
    mqtt_vehicle& c = vehicle_of(link);
    c.failed_attempts = 0;
    if (std::exchange(c.connected_before, true)) ++counts_.sessions.reconnects;
    if (c.state == session_state::rejected) return on_unauthorized_accept(c);
    c.subscription_kept = c.subscription_kept && limits.session_present;
    report_session_event(c, limits.session_present ? "on line, session present" : "on line");
    apply_server_limits(c, limits);
    if (c.subscription_kept)
        on_subscription_ready(c);
    else
        subscribe(c, limits);
    publish_presence(c, "online");
    release_connect(c);
}

/// Wrong credentials were accepted: reports that and disconnects for good, so that no command is received.
void mqtt_fleet::on_unauthorized_accept(mqtt_vehicle& c) {
    events_.on_unauthorized_accept(c.id, now());
    c.state = session_state::permanently_offline;
    c.link.close();
    release_connect(c);
}

/// Filter for commands, and filters of the campaigns that address the vehicle.
std::vector<std::string> mqtt_fleet::filters_of(const mqtt_vehicle& c) const {
    const auto vin = vin_of(c.id);
    auto values = template_values_of(spec_, c.id);
    values.vin = vin;
    std::vector<std::string> all{spec_.message_contract.command_filter(values)};
    for (const auto i : campaigns_by_segment_[spec_.segments.segment_of(c.id)]) {
        auto one = campaigns_[i].filter(values);
        if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
    }
    return all;
}

void mqtt_fleet::subscribe(mqtt_vehicle& c, const mqtt::server_limits& limits) {
    const auto filters = filters_of(c);
    std::vector<mqtt::subscription> all;
    for (const auto& filter : filters) {
        if (const auto why = subscription_refusal(limits, filter); why != mqtt::reason::success)
            return on_subscribe_refused(c, filter, why, mqtt::to_string(why));
        all.push_back({.filter = filter, .quality = spec_.options.mqtt.command_qos});
    }
    if (const auto request = c.link.subscribe(all); request.error)
        on_subscribe_refused(c, filters.front(), mqtt::reason::unspecified_error, request.error.message());
}

void mqtt_fleet::on_subscribed(net::mqtt_link& link, std::span<const mqtt::reason> granted) {
    mqtt_vehicle& c = vehicle_of(link);
    for (std::size_t i = 0; i < granted.size(); ++i) {
        if (is_refusal(granted[i]))
            return on_subscribe_refused(c, filters_of(c)[i], granted[i], mqtt::to_string(granted[i]));
        const auto requested_qos = spec_.options.mqtt.command_qos;
        if (static_cast<mqtt::qos>(granted[i]) < requested_qos)
            warn_once(fmt::format("the broker grants QoS {} where {} was asked for", static_cast<int>(granted[i]),
                                  static_cast<int>(requested_qos)));
    }
    c.subscription_kept = true;
    on_subscription_ready(c);
}

void mqtt_fleet::on_subscribe_refused(mqtt_vehicle& c, const std::string& filter, mqtt::reason r,
                                      const std::string& why) {
    ++counts_.sessions.refused;
    ++counts_.sessions.reasons["subscription refused: " + why];
    if (!refusal_.empty() || c.state == session_state::rejected) return;
    refusal_ = fmt::format("the broker refuses vehicle {} its subscription to {} ({}); {}", vin_of(c.id), filter, why,
                           advice_for(r));
}

/// Applies the limits of CONNACK to the broker's entry; warns once about each feature in use that it lacks.
void mqtt_fleet::apply_server_limits(mqtt_vehicle& c, const mqtt::server_limits& limits) {
    auto& broker = broker_of(c);
    broker.maximum_qos = limits.maximum_qos;
    broker.retain_available = limits.retain_available;
    if (limits.maximum_qos < spec_.options.mqtt.response_qos)
        warn_once(fmt::format("the broker's highest QoS is {}: responses are sent with that",
                              static_cast<int>(limits.maximum_qos)));
    if (!limits.retain_available && publishes_presence(c) && spec_.message_contract.options().presence.retain)
        warn_once("the broker does not retain messages: presence is sent, and not kept");
    if (limits.session_expiry < c.link.options().session_expiry && c.link.options().protocol == mqtt::version::v5_0)
        warn_once(fmt::format("the broker keeps sessions for {} s and not for {} s", limits.session_expiry.count(),
                              c.link.options().session_expiry.count()));
    if (!limits.assigned_client_id.empty()) disruptions_of(c).assigned_client_id = limits.assigned_client_id;
}

/// The broker refused the will's QoS or retain flag (MQTT 5.0, 3.2.2.3.4, 3.2.2.3.5): lowers them for the next connect.
void mqtt_fleet::adjust_to_refusal(mqtt_vehicle& c) {
    auto& broker = broker_of(c);
    const auto refusal_reason = c.link.session().last_reason();
    if (refusal_reason == mqtt::reason::qos_not_supported && broker.maximum_qos != mqtt::qos::at_most_once)
        broker.maximum_qos = mqtt::qos::at_most_once; // CONNACK will tell whether QoS 1 is possible
    if (refusal_reason == mqtt::reason::retain_not_supported) broker.retain_available = false;
}

/// A warning for the whole fleet that keeps no vehicle offline; counted once.
void mqtt_fleet::warn_once(std::string what) {
    if (warnings_given_.insert(what).second) ++counts_.sessions.reasons[std::move(what)];
}

void mqtt_fleet::on_subscription_ready(mqtt_vehicle& c) {
    set_state(c, session_state::online);
    schedule_sleep(c);
}

/// Reason of the disconnect as text; a permanent refusal is also stored in `refusal`, for the run.
std::string mqtt_fleet::offline_reason(const mqtt_vehicle& c, std::error_code why) {
    if (why != mqtt::errc::connect_refused && why != mqtt::errc::server_disconnected) return why.message();
    const auto refusal_reason = c.link.session().last_reason();
    if (refusal_.empty() && c.state != session_state::rejected && is_permanent(refusal_reason))
        refusal_ = fmt::format("the broker refuses vehicle {} ({}); {}", vin_of(c.id), mqtt::to_string(refusal_reason),
                               refusal_reason == mqtt::reason::unsupported_protocol_version
                                   ? "set fleet.mqtt.version to one that it speaks, such as 3.1.1"
                                   : "check fleet.mqtt.user and fleet.mqtt.password and the broker's access rules");
    return why.message() + ": " + mqtt::to_string(refusal_reason);
}

void mqtt_fleet::on_offline(net::mqtt_link& link, std::error_code why, bool was_online) {
    mqtt_vehicle& c = vehicle_of(link);
    const auto* disruptions = find_disruptions(c);
    const bool taken_over =
        disruptions != nullptr && disruptions->second_client && disruptions->second_client->active();
    const bool intended = is_link_blocked(c) || taken_over;
    if (c.state == session_state::online) set_state(c, session_state::offline);
    if (stopped_) return;
    // The broker's session may belong to the second client by now.
    if (taken_over || link.session().last_reason() == mqtt::reason::session_taken_over) c.subscription_kept = false;
    const auto reason = was_online && taken_over ? "its session was taken over" : offline_reason(c, why);
    report_session_event(c, (was_online ? "off line: " : "no session: ") + reason);
    if (!was_online || !intended) {
        ++(was_online ? counts_.sessions.dropped : counts_.sessions.refused);
        ++counts_.sessions.reasons[reason];
    }
    if (!was_online && link.syn_retransmitted()) ++counts_.sessions.syn_retransmitted;
    if (!was_online) adjust_to_refusal(c);
    if ((!was_online && !intended) || why == mqtt::errc::use_another_server) ++c.broker_switches;
    const auto wait = next_reconnect_wait(c, c.connect_attempts, c.failed_attempts);
    if (c.failed_attempts < std::numeric_limits<std::uint8_t>::max()) ++c.failed_attempts;
    if (!must_stay_offline(c)) link.wait_until(now() + wait); // else the end of the condition or step reconnects it
    release_connect(c);
}

/// A second client connects with the same client id and a session of its own; the broker disconnects the vehicle.
void mqtt_fleet::take_over(command_execution& execution, nanoseconds duration) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    auto& second_client = disruptions_of(c).second_client;
    if (!second_client) {
        identify(c.link);
        second_client = std::make_unique<takeover_client>(loop_, takeover_session_options_, identity_.shown);
    }
    report_session_event(c, "a second client connects with its client id");
    second_client->connect(broker_of(c).endpoint, now() + duration);
}

void mqtt_fleet::stall(command_execution& execution, nanoseconds duration) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    c.link.pause_reading();
    report_session_event(c, "it stops reading");
    loop_.arm(disruptions_of(c).resume_reading_timer, now() + duration);
}

void mqtt_fleet::resume_reading(vehicle_id v) {
    mqtt_vehicle& c = vehicle_of(v);
    report_session_event(c, "it reads again");
    c.link.resume_reading();
}

} // namespace loadsim::fleet
