#include "mqtt_fleet/mqtt_fleet.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/fleet/mqtt_fleet.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Clean start: discards the broker's session of that client id, with its subscription and queued messages.
mqtt::session_options takeover_session(mqtt::session_options session) {
    session.clean_start = true;
    session.session_expiry = std::chrono::seconds{0};
    return session;
}

} // namespace

mqtt_disruption_state::mqtt_disruption_state(mqtt_fleet& owner, vehicle_id v)
    : disruption_state(owner, v), resume_reading_timer(owner, &mqtt_fleet::resume_reading, v) {}

mqtt_fleet::mqtt_fleet(net::loop& loop, vehicle_events& events, const fleet_spec& spec,
                       std::uint32_t connects_in_flight, net::server_list brokers, const vehicle_tls* tls)
    : fleet_core(events, spec), loop_(loop), tls_(tls), servers_(std::move(brokers)), identities_(spec),
      sleeper_session_options_(sleeper_session(spec.options.mqtt.session)),
      takeover_session_options_(takeover_session(spec.options.mqtt.session)),
      source_addresses_(
          net::parse_source_addresses(spec.options.source_addresses).value()), // validated by the scenario reader
      pacer_(size(), spec.options.connect_rate, spec.shard_partition, connects_in_flight) {
    campaigns_by_segment_.resize(spec_.segment_names.size());
    for (std::uint32_t i = 0; i < spec_.campaigns.size(); ++i) {
        campaigns_.push_back(
            campaign::compile(spec_.campaigns[i], spec_.template_symbols, spec_.campaigns[i].name).value());
        for (std::size_t s = 0; s < spec_.segment_names.size(); ++s)
            if (campaigns_.back().addresses(spec_.segment_names[s])) campaigns_by_segment_[s].push_back(i);
    }
    net::link_events& handler = *this;
    for (std::uint32_t slot = 0; slot < size(); ++slot) {
        const auto v = id_at(slot);
        const auto& session = behaviour_of(v).asleep ? sleeper_session_options_ : spec_.options.mqtt.session;
        set_first_state(vehicles_.emplace_back(loop_, session, handler, v));
    }
    make_telemetry(*this);
}

void mqtt_fleet::start() {
    pacer_.start(now());
    start_due_connects();
}

void mqtt_fleet::begin_load(monotonic_time start) {
    load_start_ = start;
    for (mqtt_vehicle& vehicle : vehicles_) begin_load_of(vehicle);
    process_due_conditions();
    if (telemetry_) telemetry_->begin_load(start);
}

void mqtt_fleet::stop() {
    fleet_core::stop();
    connect_timer_.disarm();
    for (mqtt_vehicle& vehicle : vehicles_) {
        if (!vehicle.disruptions || vehicle.disruptions->half_open == 0)
            vehicle.link.unblock(); // so that DISCONNECT gets through
        vehicle.disruptions.reset();
        publish_presence(vehicle, "offline");
        vehicle.link.close(mqtt::session::close_scope::session); // leaves no session at the broker
        if (vehicle.state == session_state::online) set_state(vehicle, session_state::offline);
        release_connect(vehicle);
    }
}

std::unique_ptr<disruption_state> mqtt_fleet::make_disruptions(const vehicle_state& vehicle) {
    return std::make_unique<mqtt_disruption_state>(*this, vehicle.id);
}

std::unique_ptr<vehicles> make_mqtt_fleet(net::loop& loop, vehicle_events& events, const fleet_spec& spec,
                                          std::uint32_t connects_in_flight, net::server_list brokers,
                                          const vehicle_tls* tls) {
    return std::make_unique<mqtt_fleet>(loop, events, spec, connects_in_flight, std::move(brokers), tls);
}

} // namespace loadsim::fleet
