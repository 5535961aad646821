#include "mqtt_fleet/mqtt_fleet_impl.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/net/source_addresses.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Minimum session expiry of sleeping vehicles: their commands wait in the session.
constexpr std::chrono::seconds min_sleeper_expiry = std::chrono::hours{24};

mqtt::session_options sleeper_session(mqtt::session_options session) {
    session.clean_start = false;
    session.session_expiry = std::max(session.session_expiry, min_sleeper_expiry);
    return session;
}

/// Clean start: discards the broker's session of that client id, with its subscription and queued messages.
mqtt::session_options takeover_session(mqtt::session_options session) {
    session.clean_start = true;
    session.session_expiry = std::chrono::seconds{0};
    return session;
}

std::uint32_t partition_size(const fleet_spec& p) {
    const auto vehicle_count = p.options.vehicles;
    return vehicle_count > p.shard_partition.index
               ? (vehicle_count - p.shard_partition.index - 1) / p.shard_partition.count + 1
               : 0;
}

} // namespace

mqtt_fleet::impl::impl(net::loop& l, vehicle_events& e, const fleet_spec& p, std::uint32_t connects_in_flight,
                       std::vector<boost::asio::ip::tcp::endpoint> addresses)
    : loop(l), events(e), spec(p),
      default_identity(identity_templates::compile(p.options.mqtt, p.template_symbols).value()),
      sleeper_session_options(sleeper_session(p.options.mqtt.session)),
      takeover_session_options(takeover_session(p.options.mqtt.session)),
      source_addresses(
          net::parse_source_addresses(p.options.source_addresses).value()), // validated by the scenario reader
      schedule(p.conditions, p.segments, p.segment_names, p.seed, p.options.vehicles, p.shard_partition,
               p.load_duration),
      pacer(partition_size(p), p.options.connect_rate, p.shard_partition, connects_in_flight) {
    for (auto& one : addresses) brokers.push_back({std::move(one)});
    for (const auto& b : spec.behaviours) {
        auto& templates = false_identities.emplace_back();
        if (b.credentials)
            templates = identity_templates::compile(spec.options.mqtt, *b.credentials, spec.template_symbols).value();
    }
    campaigns_by_segment.resize(spec.segment_names.size());
    for (std::uint32_t i = 0; i < spec.campaigns.size(); ++i) {
        campaigns.push_back(
            campaign::compile(spec.campaigns[i], spec.template_symbols, spec.campaigns[i].name).value());
        for (std::size_t s = 0; s < spec.segment_names.size(); ++s)
            if (campaigns.back().addresses(spec.segment_names[s])) campaigns_by_segment[s].push_back(i);
    }
    tracks_previous_request =
        std::ranges::any_of(spec.behaviours, [](const auto& one) { return references_previous_request(one.steps); });
    net::link_events& self = *this;
    for (std::uint64_t i = spec.shard_partition.index; i < spec.options.vehicles; i += spec.shard_partition.count) {
        const auto tag = static_cast<std::uint32_t>(i);
        const auto& behaviour = spec.behaviours[spec.segments.segment_of(vehicle_id{tag})];
        auto& c = vehicles.emplace_back(loop, behaviour.asleep ? sleeper_session_options : spec.options.mqtt.session,
                                        self, tag);
        if (behaviour.credentials)
            c.state = session_state::rejected;
        else if (powers_on_later(spec, id_of(c)))
            disruptions_of(c).powered_off = true;
        else
            ++expected_online;
        update_state(c);
    }
}

void mqtt_fleet::impl::begin_load(monotonic_time at) {
    load_start = at;
    schedule.skip_before(spec.skip_before);
    for (mqtt_vehicle& c : vehicles) {
        update_state(c);
        if (c.state != session_state::wanted) continue;
        const auto& b = behaviour_of(c);
        if (!b.online)
            disconnect_permanently(c);
        else if (b.asleep && c.subscribed) // else after subscribing: the platform must learn of the session first
            fall_asleep(c);
    }
    process_due_conditions();
    if (spec.message_contract.has_telemetry()) send_due_telemetry();
}

void mqtt_fleet::impl::stop() {
    stopped = true;
    connect_timer.disarm();
    condition_timer.disarm();
    telemetry_timer.disarm();
    executions.clear();
    for (mqtt_vehicle& c : vehicles) {
        if (!c.disruptions || c.disruptions->half_open == 0) c.link.unblock(); // so that DISCONNECT gets through
        c.disruptions.reset();
        close_session(c, mqtt::session::close_scope::session); // leaves no session at the broker
    }
}

std::string mqtt_fleet::impl::vin_of(const mqtt_vehicle& c) const { return spec.registry.vin_of(id_of(c)); }

std::int64_t mqtt_fleet::impl::vehicle_wall_us(const mqtt_vehicle& c) const {
    return system_time_us() +
           std::chrono::duration_cast<std::chrono::microseconds>(behaviour_of(c).clock_offset).count();
}

disruption_state& mqtt_fleet::impl::disruptions_of(mqtt_vehicle& c) {
    if (!c.disruptions) c.disruptions = std::make_unique<disruption_state>(*this, slot_of(c));
    return *c.disruptions;
}

bool mqtt_fleet::impl::is_link_blocked(const mqtt_vehicle& c) const {
    return broker_down || (c.disruptions && (c.disruptions->tunnels > 0 || c.disruptions->half_open > 0));
}

bool mqtt_fleet::impl::must_stay_offline(const mqtt_vehicle& c) const {
    if (c.state == session_state::permanently_offline || c.state == session_state::asleep) return true;
    if (!c.disruptions) return false;
    const auto& u = *c.disruptions;
    return u.tunnels > 0 || u.garages > 0 || u.half_open > 0 || u.powered_off || u.disconnected_by != nullptr;
}

/// Online, or offline on purpose: permanently, asleep, or due to a condition.
bool mqtt_fleet::impl::is_available(const mqtt_vehicle& c) const {
    if (c.subscribed || c.state != session_state::wanted) return true;
    if (c.disruptions && (c.disruptions->tunnels > 0 || c.disruptions->garages > 0 || c.disruptions->half_open > 0))
        return true;
    return load_start != never && behaviour_of(c).asleep; // woken, connecting
}

/// Reachability is reported during the load only.
void mqtt_fleet::impl::update_state(mqtt_vehicle& c) {
    const bool available = is_available(c);
    if (std::exchange(c.available, available) != available) available ? ++available_count : --available_count;
    if (load_start == never || stopped) return;
    const bool reachable = is_reachable(c);
    if (std::exchange(c.reachable, reachable) == reachable) return;
    reachable ? events.on_reachable(id_of(c)) : events.on_unreachable(id_of(c));
    if (reachable) record_recovery(c);
}

void mqtt_fleet::impl::set_subscribed(mqtt_vehicle& c, bool subscribed) {
    if (std::exchange(c.subscribed, subscribed) != subscribed) subscribed ? ++online_count : --online_count;
    update_state(c);
}

void mqtt_fleet::impl::report_session_event(const mqtt_vehicle& c, std::string what) {
    if (load_start != never && !stopped) events.on_session_event(id_of(c), std::move(what), now());
}

void mqtt_fleet::impl::on_vehicle_timer(vehicle_timer::kind what, std::uint32_t slot) {
    mqtt_vehicle& c = vehicles[slot];
    switch (what) {
    case vehicle_timer::kind::sleep:
        if (!c.subscribed || c.disruptions->active_executions > 0) return;
        return is_link_blocked(c) ? schedule_sleep(c) : fall_asleep(c); // a blocked link cannot publish the presence
    case vehicle_timer::kind::resume_reading: report_session_event(c, "it reads again"); return c.link.resume_reading();
    }
}

mqtt_fleet::mqtt_fleet(net::loop& loop, vehicle_events& events, const fleet_spec& p, std::uint32_t connects_in_flight,
                       std::vector<boost::asio::ip::tcp::endpoint> brokers)
    : impl_(std::make_unique<impl>(loop, events, p, connects_in_flight, std::move(brokers))) {}
mqtt_fleet::~mqtt_fleet() = default;

void mqtt_fleet::start() {
    impl_->pacer.start(impl_->now());
    impl_->start_due_connects();
}
void mqtt_fleet::begin_load(monotonic_time start) { impl_->begin_load(start); }
void mqtt_fleet::wake(vehicle_id v) { impl_->wake(impl_->vehicle_of(v)); }
void mqtt_fleet::on_broker_down(std::uint32_t condition, std::uint32_t occurrence) {
    impl_->on_broker_down(condition, occurrence);
}
void mqtt_fleet::on_broker_up(std::uint32_t condition) { impl_->on_broker_up(condition); }
std::optional<nanoseconds> mqtt_fleet::next_condition_event() { return impl_->schedule.next(); }
void mqtt_fleet::end_load() { impl_->schedule.cancel_pending(); }
void mqtt_fleet::stop() { impl_->stop(); }

std::uint32_t mqtt_fleet::size() const noexcept { return static_cast<std::uint32_t>(impl_->vehicles.size()); }
bool mqtt_fleet::available(vehicle_id v) const { return impl_->vehicle_of(v).available; }
std::uint32_t mqtt_fleet::available() const noexcept { return impl_->available_count; }
std::uint32_t mqtt_fleet::expected_online() const noexcept { return impl_->expected_online; }
std::uint32_t mqtt_fleet::online() const noexcept { return impl_->online_count; }
const std::string& mqtt_fleet::refusal() const noexcept { return impl_->refusal; }
fleet_counts mqtt_fleet::take_counts() { return std::exchange(impl_->counts, {}); }
std::vector<std::string> mqtt_fleet::take_unmatched_fields() { return impl_->field_matches.take_unmatched(); }

} // namespace loadsim::fleet
