#include "paho_fleet/paho_fleet.hpp"

#include "response_encoder.hpp"
#include "vehicle_refusal.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/contract/paho_message.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/paho_fleet.hpp>
#include <loadsim/fleet/vehicle_tls.hpp>
#include <loadsim/net/paho.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

namespace loadsim::fleet {
namespace {

using std::chrono::seconds;

constexpr seconds farewell_timeout{2}; ///< of all vehicles together, at the end of the run

} // namespace

paho_vehicle::paho_vehicle(paho_fleet& owner, vehicle_id v)
    : vehicle_state(v), wait_timer(owner, &paho_fleet::on_wait_elapsed, v) {}

paho_fleet::paho_fleet(net::loop& loop, vehicle_events& events, const fleet_spec& spec,
                       std::uint32_t connects_in_flight, net::server_list brokers, const vehicle_tls* tls)
    : fleet_core(events, spec), loop_(loop), tls_(tls), servers_(std::move(brokers)), identities_(spec),
      sleeper_session_options_(sleeper_session(spec.options.mqtt.session)),
      pacer_(size(), spec.options.connect_rate, spec.shard_partition, connects_in_flight) {
    for (std::uint32_t slot = 0; slot < size(); ++slot) set_first_state(vehicles_.emplace_back(*this, id_at(slot)));
}

void paho_fleet::start() {
    pacer_.start(now());
    start_due_connects();
}

void paho_fleet::begin_load(monotonic_time start) {
    load_start_ = start;
    for (auto& vehicle : vehicles_) begin_load_of(vehicle);
    process_due_conditions();
}

/// Waits for Paho to send what it has queued: a client that is destroyed drops it.
void paho_fleet::stop() {
    fleet_core::stop();
    connect_timer_.disarm();
    std::vector<paho::token_ptr> ending;
    for (auto& vehicle : vehicles_) {
        vehicle.disruptions.reset();
        vehicle.wait_timer.disarm();
        publish_presence(vehicle, "offline");
        if (vehicle.phase == paho_phase::online) ending.push_back(vehicle.client->end_session());
        vehicle.phase = paho_phase::closing;
        if (vehicle.state == session_state::online) set_state(vehicle, session_state::offline);
    }
    const auto until = std::chrono::steady_clock::now() + farewell_timeout;
    for (const auto& token : ending) {
        try {
            if (token) token->wait_until(until);
        } catch (const paho::exception&) { // the connection is lost
        }
    }
}

// Connect.

void paho_fleet::start_due_connects() {
    // Reentrant: a connect that ends calls this function again.
    if (stopped_ || std::exchange(starting_connects_, true)) return;
    while (const auto next = pacer_.pop_due(now())) {
        auto& vehicle = vehicles_[*next];
        if (must_stay_offline(vehicle) || vehicle.phase != paho_phase::idle) { // changed since it was queued
            pacer_.done();
            continue;
        }
        open_connection(vehicle);
    }
    starting_connects_ = false;
    loop_.arm(connect_timer_, pacer_.next_due());
}

void paho_fleet::open_connection(paho_vehicle& vehicle) {
    const auto servers = servers_.at(now());
    const auto& [url, address] = (*servers)[(index(vehicle.id) + vehicle.broker_switches) % servers->size()];
    const auto& urls = servers_.urls();
    const bool tls = url < urls.size() && net::uses_tls(urls[url]);
    // Paho verifies the certificate for the host of its URI: with TLS that is the URL's.
    const auto uri = tls ? net::to_paho_uri(urls[url]) : "tcp://" + net::to_string(address);
    vehicle.broker = tls ? fmt::format("{}:{}", urls[url].host, urls[url].port) : net::to_string(address);
    vehicle.wait_timer.disarm();
    vehicle.phase = paho_phase::connecting;
    vehicle.connect_in_flight = true;
    vehicle.connect_begun = now();
    client_identity identity;
    identities_.render(spec_, vehicle.id, identity);
    try {
        if (!vehicle.client)
            vehicle.client =
                std::make_unique<paho_client>(loop_.io(), uri, identity.client_id, session_of(vehicle).protocol,
                                              [this, v = vehicle.id](const paho_event& event) { on_event(v, event); });
        auto options = connect_options_of(vehicle, identity, tls);
        options.set_servers(paho::string_collection::create(uri));
        vehicle.client->connect(options);
    } catch (const paho::exception& refused) { // the client id, or a file of the certificate
        if (refusal_.empty())
            refusal_ = fmt::format("Paho cannot attach vehicle {}: {}", vin_of(vehicle.id), refused.what());
        vehicle.phase = paho_phase::idle;
        release_connect(vehicle);
    }
}

const mqtt::session_options& paho_fleet::session_of(const paho_vehicle& vehicle) const {
    return behaviour_of(vehicle.id).asleep ? sleeper_session_options_ : spec_.options.mqtt.session;
}

paho::connect_options paho_fleet::connect_options_of(const paho_vehicle& vehicle, const client_identity& identity,
                                                     bool tls) {
    const auto& session = session_of(vehicle);
    const bool v5 = session.protocol == mqtt::version::v5_0;
    // As loadsim's own sessions: the first connect discards a session of an earlier run.
    const bool clean = session.clean_start || !(vehicle.connected_before || session.new_client_id);
    paho::connect_options made;
    made.set_mqtt_version(net::to_paho_version(session.protocol));
    v5 ? made.set_clean_start(clean) : made.set_clean_session(session.clean_start);
    made.set_keep_alive_interval(session.keep_alive);
    made.set_connect_timeout(std::chrono::ceil<seconds>(session.connect_timeout));
    if (!identity.user_name.empty()) made.set_user_name(identity.user_name);
    if (!identity.password.empty()) made.set_password(identity.password);
    if (v5) {
        paho::properties properties;
        using paho::property;
        if (session.session_expiry.count() > 0)
            properties.add(
                {property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(session.session_expiry.count())});
        properties.add({property::RECEIVE_MAXIMUM, static_cast<std::int32_t>(session.receive_maximum)});
        made.set_properties(std::move(properties));
    }
    if (contract::outgoing_message m;
        publishes_presence() && encode_presence(spec_, vehicle.id, "offline", wall_us(), presence_count_++, m)) {
        m.qos = m.qos.value_or(static_cast<std::uint8_t>(mqtt::qos::at_least_once));
        made.set_will_message(paho::message::create(m.topic, m.payload.data(), m.payload.size(), *m.qos, m.retain));
    }
    if (tls) made.set_ssl(tls_options_of(vehicle));
    return made;
}

/// Throws paho::exception if the vehicle's certificate cannot be read, made or written.
paho::ssl_options paho_fleet::tls_options_of(const paho_vehicle& vehicle) {
    constexpr auto no_fault = certificate::certificate_fault::none;
    auto options = tls_->context_options();
    if (!tls_->has_own_credentials(no_fault)) return net::to_paho_tls(options);
    const auto vin = vin_of(vehicle.id);
    auto values = template_values_of(spec_, vehicle.id);
    values.vin = vin;
    const auto own = tls_->credentials_of(values, no_fault);
    const auto file = own ? credential_files_.file_of(std::to_string(index(vehicle.id)), *own) : own.error();
    if (!file) throw paho::exception(MQTTASYNC_FAILURE, to_string(file.error()));
    options.certificate = *file;
    options.key = *file;
    return net::to_paho_tls(options);
}

/// The connect has ended: frees its slot and starts the next one.
void paho_fleet::release_connect(paho_vehicle& vehicle) {
    if (!std::exchange(vehicle.connect_in_flight, false)) return;
    pacer_.done();
    start_due_connects();
}

void paho_fleet::on_wait_elapsed(vehicle_id v) {
    auto& vehicle = vehicle_of(v);
    if (vehicle.state == session_state::asleep) set_state(vehicle, session_state::offline); // woken by its trigger
    try_connect(vehicle);
}

void paho_fleet::connect(vehicle_state& v) {
    auto& vehicle = cast(v);
    if (vehicle.phase != paho_phase::idle || vehicle.wait_timer.armed()) return; // closing: on_closed() connects
    pacer_.requeue(slot_of(vehicle.id), now());
    start_due_connects();
}

bool paho_fleet::connect_at(vehicle_state& vehicle, monotonic_time when) {
    auto& timer = cast(vehicle).wait_timer;
    if (timer.armed()) return false;
    arm(timer, when);
    return true;
}

bool paho_fleet::close_link(vehicle_state& v, vehicle::disconnect_kind) {
    auto& vehicle = cast(v);
    vehicle.wait_timer.disarm();
    if (vehicle.phase != paho_phase::connecting && vehicle.phase != paho_phase::online) return false;
    if (std::exchange(vehicle.phase, paho_phase::closing) == paho_phase::online) vehicle.client->disconnect();
    return true; // Paho cannot cancel a connect: on_event() ends the session
}

// Events of Paho.

void paho_fleet::on_event(vehicle_id v, const paho_event& event) {
    using kind = paho_event::kind;
    if (stopped_) return;
    auto& vehicle = vehicle_of(v);
    const bool ended =
        event.type == kind::not_connected || event.type == kind::lost || event.type == kind::disconnected;
    if (vehicle.phase == paho_phase::closing) {
        if (event.type == kind::connected) vehicle.client->disconnect();
        if (ended) on_closed(vehicle);
        return;
    }
    if (vehicle.phase == paho_phase::connecting) {
        if (event.type == kind::connected) on_online(vehicle, event);
        if (event.type == kind::not_connected) on_offline(vehicle, event);
        return; // else of the previous connection
    }
    if (vehicle.phase != paho_phase::online) return;
    if (event.type == kind::lost) on_offline(vehicle, event);
    if (event.type == kind::subscribed) on_subscribed(vehicle, event);
    if (event.type == kind::message) on_message(vehicle, *event.message);
    if (event.type == kind::refused) ++counts_.sessions.reasons["message not accepted: " + to_string(event.reason)];
}

void paho_fleet::on_closed(paho_vehicle& vehicle) {
    vehicle.phase = paho_phase::idle;
    release_connect(vehicle);
    try_connect(vehicle);
}

void paho_fleet::on_online(paho_vehicle& vehicle, const paho_event& event) {
    counts_.sessions.connect.record(now() - vehicle.connect_begun);
    ++counts_.sessions.addresses[vehicle.broker];
    vehicle.phase = paho_phase::online;
    vehicle.failed_attempts = 0;
    vehicle.maximum_qos = event.maximum_qos;
    vehicle.retain_available = event.retain_available;
    ++counts_.sessions.connected;
    if (std::exchange(vehicle.connected_before, true)) ++counts_.sessions.reconnects;
    if (vehicle.state == session_state::rejected) { // wrong credentials were accepted
        events_.on_unauthorized_accept(vehicle.id, now());
        vehicle.state = session_state::permanently_offline;
        close_link(vehicle, vehicle::disconnect_kind::clean);
        return release_connect(vehicle);
    }
    vehicle.subscription_kept = vehicle.subscription_kept && event.session_present;
    report_session_event(vehicle, event.session_present ? "online, session present" : "online");
    if (vehicle.subscription_kept) {
        set_state(vehicle, session_state::online);
        schedule_sleep(vehicle);
    } else {
        const auto vin = vin_of(vehicle.id);
        auto values = template_values_of(spec_, vehicle.id);
        values.vin = vin;
        vehicle.client->subscribe(spec_.message_contract.command_filter(values), spec_.options.mqtt.command_qos);
    }
    publish_presence(vehicle, "online");
    release_connect(vehicle);
}

void paho_fleet::on_subscribed(paho_vehicle& vehicle, const paho_event& event) {
    if (net::is_refusal(event.reason)) {
        const auto why = event.text.empty() ? to_string(event.reason) : event.text;
        const auto vin = vin_of(vehicle.id);
        auto values = template_values_of(spec_, vehicle.id);
        values.vin = vin;
        ++counts_.sessions.refused;
        ++counts_.sessions.reasons["subscription refused: " + why];
        if (refusal_.empty())
            refusal_ =
                refused_vehicle_subscription(vin, spec_.message_contract.command_filter(values), event.reason, why);
        return;
    }
    const auto granted = static_cast<mqtt::qos>(event.reason);
    if (granted < spec_.options.mqtt.command_qos)
        if (const auto limit = granted_command_qos(granted, spec_.options.mqtt.command_qos);
            reported_limits_.insert(limit).second)
            ++counts_.broker_limits[limit];
    vehicle.subscription_kept = true;
    set_state(vehicle, session_state::online);
    schedule_sleep(vehicle);
}

void paho_fleet::on_message(paho_vehicle& vehicle, const paho::message& m) {
    loop_.count_received(m.get_topic().size() + m.get_payload_str().size());
    const contract::paho_message_view message(m);
    const auto t = now();
    if (auto* const execution = accept_command(vehicle, message.view(), message.response_topic(), t))
        execution->run_due_actions(t);
}

/// Reason as text; a permanent refusal is also stored in `refusal_`, for the run.
std::string paho_fleet::offline_reason(const paho_vehicle& vehicle, const paho_event& event) {
    if (!net::is_refusal(event.reason)) return event.text;
    // Paho does not lower the last will's QoS and retain flag: a refusal of them is permanent.
    const bool is_permanent = is_permanent_refusal(event.reason, mqtt::qos::at_most_once, false);
    if (is_permanent && refusal_.empty() && vehicle.state != session_state::rejected)
        refusal_ = refused_session(vehicle.broker, vin_of(vehicle.id), event.reason, session_of(vehicle).protocol);
    const auto why =
        event.type == paho_event::kind::lost ? mqtt::errc::server_disconnected : mqtt::errc::connect_refused;
    return make_error_code(why).message() + ": " + net::describe(event.reason);
}

void paho_fleet::on_offline(paho_vehicle& vehicle, const paho_event& event) {
    const bool was_online = vehicle.phase == paho_phase::online;
    vehicle.phase = paho_phase::idle;
    if (vehicle.state == session_state::online) set_state(vehicle, session_state::offline);
    if (event.reason == mqtt::reason::session_taken_over) vehicle.subscription_kept = false;
    const auto reason = offline_reason(vehicle, event);
    report_session_event(vehicle, (was_online ? "offline: " : "no session: ") + reason);
    if (!was_online || !is_link_blocked(vehicle)) {
        ++(was_online ? counts_.sessions.dropped : counts_.sessions.refused);
        ++counts_.sessions.reasons[reason];
    }
    if (!was_online || event.reason == mqtt::reason::use_another_server) ++vehicle.broker_switches;
    const auto wait = next_reconnect_wait(vehicle, vehicle.connect_attempts, vehicle.failed_attempts++);
    if (!must_stay_offline(vehicle)) arm(vehicle.wait_timer, now() + wait);
    release_connect(vehicle);
}

std::error_code paho_fleet::publish(vehicle_state& v, std::string_view, const contract::outgoing_message& m,
                                    mqtt::qos default_qos) {
    auto& vehicle = cast(v);
    const auto qos = m.qos ? static_cast<mqtt::qos>(*m.qos) : default_qos;
    if (qos > vehicle.maximum_qos || (m.retain && !vehicle.retain_available)) {
        if (refusal_.empty())
            refusal_ = fmt::format("the broker {} has {}, and Paho does not adapt to that; write fleet.client: own",
                                   vehicle.broker,
                                   qos > vehicle.maximum_qos ? "a lower maximum QoS than a message of vehicles"
                                                             : "no retained messages, as those of presence are");
        return mqtt::errc::refused_by_capability;
    }
    const auto error = vehicle.client->publish(contract::paho_message_of(m, default_qos, session_of(vehicle).protocol));
    if (!error) loop_.count_published(m.topic.size() + m.payload.size());
    return error;
}

std::unique_ptr<vehicles> make_paho_fleet(net::loop& loop, vehicle_events& events, const fleet_spec& spec,
                                          std::uint32_t connects_in_flight, net::server_list brokers,
                                          const vehicle_tls* tls) {
    return std::make_unique<paho_fleet>(loop, events, spec, connects_in_flight, std::move(brokers), tls);
}

} // namespace loadsim::fleet
