#include "fleet_core.hpp"

#include "reconnect_backoff.hpp"
#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Pause between two slices of conditions.
constexpr std::chrono::milliseconds slice_pause{1};

} // namespace

disruption_state::disruption_state(fleet_core& owner, vehicle_id v)
    : sleep_timer(owner, &fleet_core::on_sleep_due, v) {}

fleet_core::fleet_core(vehicle_events& events, const fleet_spec& spec, const condition_slice& slice)
    : events_(events), spec_(spec), size_(spec.shard_partition.size(spec.options.vehicles)),
      schedule_(spec.conditions, spec.segments, spec.segment_names, spec.seed, spec.options.vehicles,
                spec.shard_partition, spec.load_duration),
      slice_(slice), tracks_previous_request_(std::ranges::any_of(
                         spec.behaviours, [](const auto& one) { return references_previous_request(one.steps); })) {
    schedule_.skip_before(spec.skip_before);
}

void fleet_core::set_next_behaviour(vehicle_id v, const vehicle::behaviour& b) {
    tracks_previous_request_ = tracks_previous_request_ || references_previous_request(b.steps);
    disruptions_of(vehicle_of(v)).next_behaviour = &b;
}

void fleet_core::end_load() {
    schedule_.cancel_pending();
    if (telemetry_) telemetry_->end_load();
}

void fleet_core::stop() {
    stopped_ = true;
    if (telemetry_) telemetry_->finish();
    states_ = {};
    condition_timer_.disarm();
    executions_.clear();
}

fleet_counts fleet_core::take_counts() {
    auto taken = std::exchange(counts_, {});
    if (telemetry_) telemetry_->take_counts(taken.telemetry, taken.backlogs);
    return taken;
}

void fleet_core::make_telemetry(telemetry_link& link) {
    if (spec_.vehicle_model == nullptr || spec_.telemetry_messages.empty()) return;
    telemetry_ = std::make_unique<telemetry_publisher>(link, spec_, size_);
    if (refusal_.empty()) refusal_ = telemetry_->problem();
}

void fleet_core::set_telemetry_listener(telemetry_listener* listener) {
    if (telemetry_) telemetry_->set_listener(listener);
}

std::string fleet_core::vin_of(vehicle_id v) const { return spec_.registry.vin_of(v); }

disruption_state& fleet_core::disruptions_of(vehicle_state& vehicle) {
    if (!vehicle.disruptions) vehicle.disruptions = make_disruptions(vehicle);
    return *vehicle.disruptions;
}

// Conditions.

void fleet_core::process_due_conditions() {
    if (stopped_) return;
    const auto elapsed = [this] { return now() - load_start_; };
    const bool expanded = schedule_.expand(elapsed() + slice_.expand_ahead, slice_.vehicles);
    auto remaining = slice_.events;
    for (; remaining > 0; --remaining) {
        const auto event = schedule_.pop_due(elapsed());
        if (!event) break;
        process(*event);
    }
    if (!expanded || remaining == 0) return arm(condition_timer_, now() + slice_pause);
    auto next = schedule_.next();
    if (const auto expansion = schedule_.next_expansion()) next = std::min(*next, *expansion - slice_.expand_ahead);
    if (next) arm(condition_timer_, load_start_ + *next);
}

void fleet_core::process(const condition_event& t) {
    if (never_online(state_of(t.vehicle))) return;
    auto& vehicle = vehicle_of(t.vehicle);
    auto& disruptions = disruptions_of(vehicle);
    const auto& condition = spec_.conditions[t.condition];
    const bool has_duration = t.until > t.at;
    if (t.begins) {
        events_.on_condition_begin(t.vehicle, t.condition, now());
        report_session_event(vehicle, condition.name + (has_duration ? " begins" : ""));
        const auto actions = begin_condition(condition, t.condition, has_duration, vehicle.reachable, disruptions);
        if (actions.affected) count_affected(vehicle, {t.condition, t.occurrence});
        run(vehicle, actions, condition.name);
    } else {
        report_session_event(vehicle, condition.name + " ends");
        run(vehicle, end_condition(condition, t.condition, disruptions), "its connection was half-open");
    }
    update_state(vehicle);
    if (!t.begins) deliver_pending(vehicle);
    if (!t.begins || !has_duration) events_.on_condition_end(t.vehicle, t.condition, now());
    release_idle();
}

void fleet_core::run(vehicle_state& vehicle, const link_actions& actions, std::string_view reason) {
    const bool lost = actions.disconnect && close_link(vehicle, *actions.disconnect);
    if (lost) end_session(vehicle, reason);
    if (actions.block) set_blocked(vehicle, *actions.block);
    if (actions.shape)
        shape(vehicle, combined_link_shape(spec_, vehicle.disruptions->slow, vehicle.id, draws_of(vehicle).delay));
    if (lost || actions.connect) try_connect(vehicle);
}

void fleet_core::count_affected(vehicle_state& vehicle, const measure::totals::occurrence_key& occurrence) {
    ++counts_.recoveries[occurrence].affected;
    disruptions_of(vehicle).recovering_from.push_back(occurrence);
}

void fleet_core::on_broker_down(std::uint32_t condition, std::uint32_t occurrence) {
    broker_down_ = true;
    for (std::uint32_t slot = 0; slot < size_; ++slot) {
        const auto v = id_at(slot);
        if (never_online(state_of(v))) continue;
        auto& vehicle = vehicle_of(v);
        events_.on_condition_begin(v, condition, now());
        if (vehicle.reachable) count_affected(vehicle, {condition, occurrence});
        on_broker_lost(vehicle, spec_.conditions[condition].mode);
        update_state(vehicle);
        release_idle();
    }
}

void fleet_core::on_broker_up(std::uint32_t condition) {
    broker_down_ = false;
    for (std::uint32_t slot = 0; slot < size_; ++slot) {
        const auto v = id_at(slot);
        if (never_online(state_of(v))) continue;
        auto& vehicle = vehicle_of(v);
        update_state(vehicle);
        deliver_pending(vehicle);
        events_.on_condition_end(v, condition, now());
        release_idle();
    }
}

// Sessions and availability.

void fleet_core::set_first_state(vehicle_state& vehicle) {
    if (behaviour_of(vehicle.id).credentials)
        vehicle.state = session_state::rejected;
    else if (powers_on_later(spec_, vehicle.id))
        disruptions_of(vehicle).powered_off = true;
    else
        ++expected_online_;
    update_state(vehicle);
}

void fleet_core::begin_load_of(vehicle_state& vehicle) {
    update_state(vehicle);
    if (vehicle.state != session_state::online && vehicle.state != session_state::offline) return;
    const auto& b = behaviour_of(vehicle.id);
    if (!b.online)
        disconnect_permanently(vehicle);
    else if (b.asleep && vehicle.state == session_state::online) // else after subscribing: the platform must learn of
        fall_asleep(vehicle);                                    // the session first
}

void fleet_core::try_connect(vehicle_state& vehicle) {
    if (stopped_ || vehicle.state == session_state::online || must_stay_offline(vehicle)) return;
    connect(vehicle);
}

void fleet_core::set_state(vehicle_state& vehicle, session_state next) {
    const bool was_online = vehicle.state == session_state::online;
    const bool online = next == session_state::online;
    if (was_online != online) online ? ++online_count_ : --online_count_;
    vehicle.state = next;
    update_state(vehicle);
}

void fleet_core::update_state(vehicle_state& vehicle) {
    const bool available = is_available(vehicle);
    if (std::exchange(vehicle.available, available) != available) {
        available ? ++available_count_ : --available_count_;
        events_.on_availability_changed(vehicle.id);
    }
    update_reachability(vehicle);
    const bool returning = is_returning(vehicle);
    if (std::exchange(vehicle.returning, returning) != returning) returning ? ++returning_count_ : --returning_count_;
    count_states(vehicle);
}

void fleet_core::count_states(vehicle_state& vehicle) {
    if (stopped_) return;
    const auto after = states_of(vehicle);
    const auto before = std::exchange(vehicle.counted, after);
    const auto count = [](bool was, bool is, std::uint64_t& number) {
        if (was != is) is ? ++number : --number;
    };
    count(before.asleep, after.asleep, states_.asleep);
    count(before.connecting, after.connecting, states_.connecting);
    count(before.blocked, after.blocked, states_.blocked);
}

bool fleet_core::comes_back(const vehicle_state& vehicle) const {
    return vehicle.state == session_state::online ||
           (vehicle.state == session_state::offline && !must_stay_offline(vehicle));
}

bool fleet_core::is_returning(const vehicle_state& vehicle) const {
    if (broker_down_ || !vehicle.disruptions || vehicle.disruptions->recovering_from.empty()) return false;
    return vehicle.state == session_state::offline && !is_disrupted(*vehicle.disruptions) &&
           !vehicle.disruptions->powered_off;
}

/// Reachability is reported during the load only.
void fleet_core::update_reachability(vehicle_state& vehicle) {
    if (load_start_ == never || stopped_) return;
    const bool reachable = is_reachable(vehicle);
    if (std::exchange(vehicle.reachable, reachable) == reachable) return;
    reachable ? events_.on_reachable(vehicle.id) : events_.on_unreachable(vehicle.id);
    if (reachable && telemetry_) telemetry_->on_link_up(vehicle.id);
    if (!reachable || !vehicle.disruptions) return;
    for (const auto& occurrence : std::exchange(vehicle.disruptions->recovering_from, {}))
        counts_.recoveries[occurrence].recovery_times.record(now() - (load_start_ + start_of(spec_, occurrence)));
}

void fleet_core::end_session(vehicle_state& vehicle, std::string_view why, session_state next) {
    set_state(vehicle, next);
    if (vehicle.disruptions) vehicle.disruptions->sleep_timer.disarm();
    report_session_event(vehicle, "offline: " + std::string(why));
    on_session_ended(vehicle);
    if (telemetry_) telemetry_->on_session_ended(vehicle.id);
}

void fleet_core::disconnect_permanently(vehicle_state& vehicle) {
    publish_presence(vehicle, "offline");
    close_link(vehicle, vehicle::disconnect_kind::clean);
    end_session(vehicle, "it left", session_state::permanently_offline);
}

void fleet_core::report_session_event(const vehicle_state& vehicle, std::string what) {
    if (load_start_ != never && !stopped_) events_.on_session_event(vehicle.id, std::move(what), now());
}

bool fleet_core::publishes_presence() const { return presence_enabled_ && spec_.message_contract.has_presence(); }

void fleet_core::publish_presence(vehicle_state& vehicle, std::string_view state) {
    if (!publishes_presence() || !connected(vehicle) || !compose_presence(vehicle.id, state)) return;
    if (const auto error = publish(vehicle, {}, message_, mqtt::qos::at_most_once))
        ++counts_.sessions.reasons["presence not sent: " + error.message()];
}

bool fleet_core::compose_presence(vehicle_id v, std::string_view state) {
    const bool made = encode_presence(spec_, v, state, wall_us(), presence_count_++, message_);
    if (!made) ++counts_.sessions.reasons["presence not sent: " + message_.problem];
    return made;
}

nanoseconds fleet_core::next_reconnect_wait(const vehicle_state& vehicle, std::uint32_t& attempts,
                                            std::uint32_t failed) const {
    const auto unit = random_unit(spec_.seed, stream_id::reconnect, index(vehicle.id), attempts++);
    return reconnect_wait(spec_.options.reconnect, failed, unit);
}

// Sleep.

void fleet_core::fall_asleep(vehicle_state& vehicle) {
    publish_presence(vehicle, "asleep");
    close_link(vehicle, vehicle::disconnect_kind::clean);
    end_session(vehicle, "it sleeps", session_state::asleep);
}

void fleet_core::schedule_sleep(vehicle_state& vehicle) {
    const auto& asleep = behaviour_of(vehicle.id).asleep;
    if (!asleep || load_start_ == never || stopped_ || vehicle.state != session_state::online) return;
    if (vehicle.active_executions == 0) arm(disruptions_of(vehicle).sleep_timer, now() + asleep->stays_awake);
}

void fleet_core::on_sleep_due(vehicle_id v) {
    auto& vehicle = vehicle_of(v);
    if (vehicle.state == session_state::online && vehicle.active_executions == 0)
        is_link_blocked(vehicle) ? schedule_sleep(vehicle)
                                 : fall_asleep(vehicle); // a blocked link cannot publish the presence
    release_idle();
}

void fleet_core::wake(vehicle_id v) {
    if (stopped_) return;
    auto& vehicle = vehicle_of(v);
    if (vehicle.state == session_state::asleep) {
        const auto& sleep = *behaviour_of(v).asleep;
        random_stream rng(spec_.seed, stream_id::wakeup, index(v),
                          draws_of(vehicle).wakeup_triggers++ * draws_per_trigger);
        const bool lost = rng.unit() < sleep.trigger_loss.value;
        if (!lost && connect_at(vehicle, now() + sample(sleep.wakeup_delay, rng)))
            report_session_event(vehicle, "woken");
    }
    release_idle();
}

} // namespace loadsim::fleet
