// Sessions of MQTT vehicles: connect, subscribe, presence, disconnect, sleep and wake-up.
#include "mqtt_fleet/mqtt_fleet.hpp"

#include "response_encoder.hpp"
#include "vehicle_refusal.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/fleet/events.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/refusal.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Connects started per call; then the loop runs other work, since a connect without a free port is slow.
constexpr int connects_per_call = 64;

} // namespace

void mqtt_fleet::start_due_connects() {
    // Reentrant: a connect that fails or succeeds at once calls this function again.
    if (stopped_ || std::exchange(starting_connects_, true)) return;
    for (int started = 0; started < connects_per_call; ++started) {
        const auto next = pacer_.pop_due(now());
        if (!next) break;
        mqtt_vehicle& vehicle = vehicles_[*next];
        if (must_stay_offline(vehicle) ||
            !(vehicle.link.idle() || vehicle.link.waiting())) { // changed since it was queued
            pacer_.done();
            continue;
        }
        vehicle.connect_in_flight = true;
        open_connection(vehicle);
    }
    starting_connects_ = false;
    loop_.arm(connect_timer_,
              pacer_.next_due()); // `never` if the limit is reached: the next finished connect calls this again
}

/// Next broker of the vehicle, from the list as it is now.
const mqtt_fleet::broker_info& mqtt_fleet::assign_broker(mqtt_vehicle& vehicle) {
    if (const auto now_listed = servers_.at(now()); now_listed != listed_servers_) {
        listed_servers_ = now_listed;
        listed_brokers_.clear();
        for (const auto& s : *listed_servers_) {
            const auto known = std::ranges::find(brokers_, s.address, &broker_info::endpoint);
            listed_brokers_.push_back(static_cast<std::uint16_t>(known - brokers_.begin()));
            if (known != brokers_.end()) continue;
            auto& broker = brokers_.emplace_back(s.address);
            if (const auto& urls = servers_.urls(); s.url < urls.size() && net::uses_tls(urls[s.url]))
                broker.tls_host = urls[s.url].host;
        }
    }
    vehicle.broker = listed_brokers_[(index(vehicle.id) + vehicle.broker_switches) % listed_brokers_.size()];
    return broker_of(vehicle);
}

/// Each handover uses the next source address. Without configured addresses, 127.0.0.0/8 is used if the broker is on loopback.
void mqtt_fleet::open_connection(mqtt_vehicle& vehicle) {
    const auto broker = assign_broker(vehicle).endpoint;
    const std::size_t handovers = vehicle.disruptions ? vehicle.disruptions->handovers : 0;
    if (!source_addresses_.empty())
        return vehicle.link.connect(
            broker, source_addresses_,
            (net::source_index_for(spec_.seed, index(vehicle.id), source_addresses_.size()) + handovers) %
                source_addresses_.size());
    const bool on_loopback = broker.address().is_v4() && broker.address().is_loopback();
    if (handovers == 0 || !on_loopback) return vehicle.link.connect(broker);
    const std::array source{boost::asio::ip::address(
        boost::asio::ip::address_v4(0x7f000001U + static_cast<std::uint32_t>(handovers % loopback_addresses)))};
    vehicle.link.connect(broker, source);
}

/// The connect succeeded or failed: frees its slot and starts the next one.
void mqtt_fleet::release_connect(mqtt_vehicle& vehicle) {
    if (!std::exchange(vehicle.connect_in_flight, false)) return;
    pacer_.done();
    start_due_connects();
}

void mqtt_fleet::on_wait_elapsed(net::mqtt_link& link) {
    mqtt_vehicle& vehicle = vehicle_of(link);
    if (vehicle.state == session_state::asleep) set_state(vehicle, session_state::offline); // woken by its trigger
    try_connect(vehicle);
}

void mqtt_fleet::connect(vehicle_state& vehicle) {
    if (!cast(vehicle).link.idle()) return;
    pacer_.requeue(slot_of(vehicle.id), now());
    start_due_connects();
}

bool mqtt_fleet::connect_at(vehicle_state& vehicle, monotonic_time when) {
    auto& link = cast(vehicle).link;
    if (link.waiting()) return false;
    link.wait_until(when);
    return true;
}

void mqtt_fleet::cancel_wait(vehicle_state& vehicle) {
    if (!cast(vehicle).connect_in_flight) cast(vehicle).link.close();
}

bool mqtt_fleet::close_link(vehicle_state& vehicle, vehicle::disconnect_kind how) {
    auto& link = cast(vehicle).link;
    const bool has_connection = !link.idle() && !link.waiting();
    if (how == vehicle::disconnect_kind::clean)
        link.close();
    else if (has_connection)
        how == vehicle::disconnect_kind::abrupt ? link.reset() : link.abandon();
    return has_connection;
}

certificate::certificate_fault mqtt_fleet::certificate_fault_of(const mqtt_vehicle& vehicle) const {
    const auto& credentials = behaviour_of(vehicle.id).credentials;
    return credentials ? credentials->certificate : certificate::certificate_fault::none;
}

std::error_code mqtt_fleet::make_tls(net::mqtt_link& link, std::unique_ptr<net::tls_session>& out) {
    const mqtt_vehicle& vehicle = vehicle_of(link);
    auto& broker = broker_of(vehicle);
    if (broker.tls_host.empty() || tls_ == nullptr) return {};
    if (!tls_context_) {
        auto made = net::tls_context::make(tls_->context_options());
        if (!made) {
            if (refusal_.empty()) refusal_ = to_string(made.error());
            credentials_error_ = "fleet.tls cannot be used";
            return net::errc::no_credentials;
        }
        tls_context_ = std::move(*made);
        if (loop_.tap != nullptr) tls_context_->log_keys(*loop_.tap);
    }
    const auto resumption = tls_->context_options().resumption;
    net::tls_ticket ticket;
    if (resumption == net::tls_resumption::endpoint) ticket = broker.ticket;
    if (const auto kept = tickets_.find(slot_of(vehicle.id)); kept != tickets_.end()) {
        ticket = std::move(kept->second); // for one connect: a ticket that is used again lets observers link the two
        tickets_.erase(kept);
    }
    const auto fault = certificate_fault_of(vehicle);
    if (!tls_->has_own_credentials(fault)) {
        out = std::make_unique<net::tls_session>(*tls_context_, broker.tls_host, nullptr, ticket);
        return {};
    }
    const auto vin = vin_of(vehicle.id);
    auto values = template_values_of(spec_, vehicle.id);
    values.vin = vin;
    const auto own = tls_->credentials_of(values, fault);
    if (!own) {
        credentials_error_ = "no certificate: " + own.error().list.front().text;
        return net::errc::no_credentials;
    }
    out = std::make_unique<net::tls_session>(*tls_context_, broker.tls_host, &*own, ticket);
    return {};
}

void mqtt_fleet::on_ticket(net::mqtt_link& link, net::tls_ticket&& ticket) {
    const mqtt_vehicle& vehicle = vehicle_of(link);
    if (tls_->context_options().resumption == net::tls_resumption::endpoint)
        broker_of(vehicle).ticket = std::move(ticket);
    else
        tickets_[slot_of(vehicle.id)] = std::move(ticket);
}

mqtt::identity mqtt_fleet::identify(net::mqtt_link& link) {
    mqtt_vehicle& vehicle = vehicle_of(link);
    vehicle.will_qos = mqtt::qos::at_most_once;
    vehicle.will_retained = false;
    identities_.render(spec_, vehicle.id, identity_.shown);
    const auto* disruptions = find_disruptions(vehicle);
    if (identity_.shown.client_id.empty() && disruptions != nullptr)
        identity_.shown.client_id = disruptions->assigned_client_id;
    mqtt::identity client{.client_id = identity_.shown.client_id,
                          .user = identity_.shown.user_name,
                          .password = identity_.shown.password};
    if (publishes_presence() &&
        encode_presence(spec_, vehicle.id, "offline", system_time_us(), presence_count_++, identity_.offline)) {
        const auto& m = identity_.offline;
        const auto& broker = broker_of(vehicle);
        const auto requested_qos = m.qos ? static_cast<mqtt::qos>(*m.qos) : mqtt::qos::at_least_once;
        vehicle.will_qos = std::min(requested_qos, broker.maximum_qos);
        vehicle.will_retained = m.retain && broker.retain_available;
        client.last_will = mqtt::will{
            .topic = m.topic, .payload = m.payload, .quality = vehicle.will_qos, .retain = vehicle.will_retained};
    }
    return client;
}

void mqtt_fleet::record_connect(const net::connect_times& took) {
    auto& sessions = counts_.sessions;
    sessions.connect.record(took.total());
    sessions.tcp.record(took.tcp);
    sessions.connack.record(took.connack);
    if (took.tls == nanoseconds{}) return;
    (took.tls_resumed ? sessions.tls.resumed : sessions.tls.full).record(took.tls);
    if (tls_->context_options().verify == net::tls_verification::none) ++sessions.tls.unverified;
}

void mqtt_fleet::on_online(net::mqtt_link& link, const mqtt::server_limits& limits, const net::connect_times& took) {
    record_connect(took);
    if (link.syn_retransmitted()) ++counts_.sessions.syn_retransmitted;
    mqtt_vehicle& vehicle = vehicle_of(link);
    if (telemetry_) telemetry_->on_session_begun(vehicle.id, limits.session_present);
    ++counts_.sessions.addresses[broker_of(vehicle).name];
    vehicle.failed_attempts = 0;
    ++counts_.sessions.connected;
    if (std::exchange(vehicle.connected_before, true)) ++counts_.sessions.reconnects;
    if (vehicle.state == session_state::rejected) {
        // A valid certificate with the name of another vehicle: the broker must refuse it the topics of this one.
        if (certificate_fault_of(vehicle) == certificate::certificate_fault::wrong_name)
            subscribe(vehicle, limits);
        else
            on_unauthorized_accept(vehicle);
        return release_connect(vehicle);
    }
    vehicle.subscription_kept = vehicle.subscription_kept && limits.session_present;
    report_session_event(vehicle, limits.session_present ? "online, session present" : "online");
    apply_server_limits(vehicle, limits);
    if (vehicle.subscription_kept)
        on_subscription_ready(vehicle);
    else
        subscribe(vehicle, limits);
    publish_presence(vehicle, "online");
    release_connect(vehicle);
}

/// Wrong credentials were accepted: reports that and disconnects for good, so that no command is received.
void mqtt_fleet::on_unauthorized_accept(mqtt_vehicle& vehicle) {
    events_.on_unauthorized_accept(vehicle.id, now());
    vehicle.state = session_state::permanently_offline;
    vehicle.link.close();
    release_connect(vehicle);
}

/// Filter for commands, and filters of the campaigns that address the vehicle.
std::vector<std::string> mqtt_fleet::filters_of(const mqtt_vehicle& vehicle) const {
    const auto vin = vin_of(vehicle.id);
    auto values = template_values_of(spec_, vehicle.id);
    values.vin = vin;
    std::vector<std::string> all{spec_.message_contract.command_filter(values)};
    for (const auto i : campaigns_by_segment_[spec_.segments.segment_of(vehicle.id)]) {
        auto one = campaigns_[i].filter(values);
        if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
    }
    return all;
}

void mqtt_fleet::subscribe(mqtt_vehicle& vehicle, const mqtt::server_limits& limits) {
    const auto filters = filters_of(vehicle);
    std::vector<mqtt::subscription> all;
    for (const auto& filter : filters) {
        if (const auto why = subscription_refusal(limits, filter); why != mqtt::reason::success)
            return on_subscribe_refused(vehicle, filter, why, mqtt::to_string(why));
        all.push_back({.filter = filter, .quality = spec_.options.mqtt.command_qos});
    }
    if (const auto request = vehicle.link.subscribe(all); request.error)
        on_subscribe_refused(vehicle, filters.front(), mqtt::reason::unspecified_error, request.error.message());
}

void mqtt_fleet::on_subscribed(net::mqtt_link& link, std::span<const mqtt::reason> granted) {
    mqtt_vehicle& vehicle = vehicle_of(link);
    for (std::size_t i = 0; i < granted.size(); ++i) {
        if (net::is_refusal(granted[i]))
            return on_subscribe_refused(vehicle, filters_of(vehicle)[i], granted[i], mqtt::to_string(granted[i]));
        const auto requested_qos = spec_.options.mqtt.command_qos;
        if (static_cast<mqtt::qos>(granted[i]) < requested_qos)
            report_limit(granted_command_qos(static_cast<mqtt::qos>(granted[i]), requested_qos));
    }
    if (vehicle.state == session_state::rejected) return on_unauthorized_accept(vehicle);
    vehicle.subscription_kept = true;
    on_subscription_ready(vehicle);
}

void mqtt_fleet::on_subscribe_refused(mqtt_vehicle& vehicle, const std::string& filter, mqtt::reason r,
                                      const std::string& why) {
    ++counts_.sessions.refused;
    ++counts_.sessions.reasons["subscription refused: " + why];
    if (!refusal_.empty() || vehicle.state == session_state::rejected) return;
    refusal_ = refused_vehicle_subscription(vin_of(vehicle.id), filter, r, why);
}

void mqtt_fleet::on_subscription_ready(mqtt_vehicle& vehicle) {
    set_state(vehicle, session_state::online);
    schedule_sleep(vehicle);
}

/// Reason of a TLS failure, which is counted by it. One that is not about the vehicle's certificate is that of all vehicles.
std::string mqtt_fleet::tls_error(const mqtt_vehicle& vehicle, std::error_code why) {
    const bool is_of_all = !tls_->has_own_credentials(certificate_fault_of(vehicle)) || !net::is_alert(why) ||
                           net::is_alert_about_offer(why);
    if (refusal_.empty() && !vehicle.connected_before && vehicle.state != session_state::rejected && is_of_all)
        refusal_ = fmt::format("no TLS session of vehicle {} with the broker {}: {}", vin_of(vehicle.id),
                               broker_of(vehicle).name, vehicle.link.describe_tls_error(why));
    return why.message();
}

/// Reason of the disconnect as text; a permanent refusal is also stored in `refusal`, for the run.
std::string mqtt_fleet::offline_reason(const mqtt_vehicle& vehicle, std::error_code why, bool was_online) {
    if (why == net::errc::no_credentials) return credentials_error_;
    if (why.category() == net::tls_category()) return tls_error(vehicle, why);
    if (vehicle.link.tls_failed()) return why.message() + " during the TLS handshake";
    const auto protocol = vehicle.link.options().protocol;
    if (net::ends_connection(why) && !was_online && !vehicle.connected_before) {
        const bool as_old_broker = why == net::errc::closed_by_peer && protocol == mqtt::version::v5_0;
        const bool as_tls_broker = broker_of(vehicle).tls_host.empty();
        if (as_old_broker || as_tls_broker)
            return fmt::format("{} instead of a CONNACK, as brokers do{}{}{}", why.message(),
                               as_old_broker ? " without MQTT 5.0 (try fleet.mqtt.version: 3.1.1)" : "",
                               as_old_broker && as_tls_broker ? " or" : "",
                               as_tls_broker ? " with TLS on this port (try mqtts://)" : "");
    }
    if (!net::ended_by_broker(why)) return why.message();
    const auto refusal_reason = vehicle.link.session().last_reason();
    const auto reference = vehicle.link.session().server_reference();
    const auto described = net::describe(refusal_reason, reference);
    const bool moved = refusal_reason == mqtt::reason::server_moved && !was_online && listed_brokers_.size() == 1;
    const bool is_permanent = moved || is_permanent_refusal(refusal_reason, vehicle.will_qos, vehicle.will_retained);
    if (refusal_.empty() && vehicle.state != session_state::rejected && is_permanent)
        refusal_ = refused_session(broker_of(vehicle).name, vin_of(vehicle.id), refusal_reason, protocol, reference);
    return why == mqtt::errc::use_another_server
               ? fmt::format("the broker {} refers to another server: {}", broker_of(vehicle).name, described)
               : why.message() + ": " + described;
}

void mqtt_fleet::on_offline(net::mqtt_link& link, std::error_code why, bool was_online) {
    mqtt_vehicle& vehicle = vehicle_of(link);
    const auto* disruptions = find_disruptions(vehicle);
    const bool taken_over =
        disruptions != nullptr && disruptions->second_client && disruptions->second_client->active();
    const bool intended = is_link_blocked(vehicle) || taken_over;
    if (vehicle.state == session_state::online) set_state(vehicle, session_state::offline);
    const auto ended_by = intended ? session_end::by_vehicle : session_end_of(why, link.session().last_reason());
    if (telemetry_) telemetry_->on_session_ended(vehicle.id, ended_by);
    if (stopped_) return;
    // The broker's session may belong to the second client by now.
    if (taken_over || link.session().last_reason() == mqtt::reason::session_taken_over)
        vehicle.subscription_kept = false;
    if (why == mqtt::errc::stale_session) { // the broker has refused nothing: connect again at once
        report_session_event(vehicle, "no session: " + why.message());
        if (!std::exchange(stale_session_reported_, true))
            ++counts_.sessions.reasons["sessions of an earlier run were kept at the broker, and are discarded"];
        if (!must_stay_offline(vehicle)) link.wait_until(now());
        return release_connect(vehicle);
    }
    const auto reason =
        was_online && taken_over ? "its session was taken over" : offline_reason(vehicle, why, was_online);
    report_session_event(vehicle, (was_online ? "offline: " : "no session: ") + reason);
    if (!was_online || !intended) {
        ++(was_online ? counts_.sessions.dropped : counts_.sessions.refused);
        ++counts_.sessions.reasons[reason];
    }
    if (!was_online && link.tls_failed()) ++counts_.sessions.tls.failures[why.message()];
    if (!was_online && link.syn_retransmitted()) ++counts_.sessions.syn_retransmitted;
    if (!was_online) adjust_to_refusal(vehicle);
    if ((!was_online && !intended) || why == mqtt::errc::use_another_server) ++vehicle.broker_switches;
    const auto wait = next_reconnect_wait(vehicle, vehicle.connect_attempts, vehicle.failed_attempts);
    if (vehicle.failed_attempts < std::numeric_limits<std::uint8_t>::max()) ++vehicle.failed_attempts;
    if (!must_stay_offline(vehicle))
        link.wait_until(now() + wait); // else the end of the condition or step reconnects it
    release_connect(vehicle);
}

/// A second client connects with the same client id and a session of its own; the broker disconnects the vehicle.
void mqtt_fleet::take_over(command_execution& execution, nanoseconds duration) {
    mqtt_vehicle& vehicle = vehicle_of(execution.vehicle);
    auto& second_client = disruptions_of(vehicle).second_client;
    if (!second_client) {
        identify(vehicle.link);
        second_client = std::make_unique<takeover_client>(
            loop_, takeover_session_options_, identity_.shown,
            [this, &vehicle](std::unique_ptr<net::tls_session>& out) { return make_tls(vehicle.link, out); });
    }
    report_session_event(vehicle, "a second client connects with its client id");
    second_client->connect(broker_of(vehicle).endpoint, now() + duration);
}

void mqtt_fleet::stall(command_execution& execution, nanoseconds duration) {
    mqtt_vehicle& vehicle = vehicle_of(execution.vehicle);
    vehicle.link.pause_reading();
    report_session_event(vehicle, "it stops reading");
    loop_.arm(disruptions_of(vehicle).resume_reading_timer, now() + duration);
}

void mqtt_fleet::resume_reading(vehicle_id v) {
    mqtt_vehicle& vehicle = vehicle_of(v);
    report_session_event(vehicle, "it reads again");
    vehicle.link.resume_reading();
}

} // namespace loadsim::fleet
