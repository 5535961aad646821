// Population of the simulated fleet: initial states and sparse storage of vehicles that differ from them.
#include "simulated_fleet/simulated_fleet.hpp"

#include "vehicle_rules.hpp"

#include <loadsim/fleet/events.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {

using condition_kind = vehicle::condition::kind;

namespace {

/// Limits of one call of publish_presence_of_sleeping(), of a millisecond or two; then the loop runs other work.
constexpr std::uint32_t slots_per_call = 50'000;
constexpr std::uint32_t presence_per_call = 100;
constexpr std::chrono::milliseconds presence_pause{1};

} // namespace

void simulated_fleet::count_initial() {
    for (const auto& b : spec_.behaviours)
        segment_states_.push_back(b.credentials ? session_state::rejected
                                  : !b.online   ? session_state::permanently_offline
                                  : b.asleep    ? session_state::asleep
                                                : session_state::online);
    some_power_on_ =
        std::ranges::any_of(spec_.conditions, [](const auto& c) { return c.type == condition_kind::power_on; });
    some_absent_ =
        some_power_on_ || std::ranges::any_of(segment_states_, [](auto s) { return s != session_state::online; });
    const bool some_before =
        some_power_on_ || std::ranges::find(segment_states_, session_state::rejected) != segment_states_.end();
    online_count_ = available_count_ = size_;
    for (std::uint32_t slot = 0; some_before && slot < size_; ++slot) {
        const auto state = initial_state(id_at(slot));
        if (state != session_state::online) --online_count_;
        if (state == session_state::offline) --available_count_;
    }
    expected_online_ = online_count_;
}

session_state simulated_fleet::initial_state(vehicle_id v) const {
    if (!some_absent_) return session_state::online;
    const auto configured = segment_states_[spec_.segments.segment_of(v)];
    if (configured == session_state::rejected) return configured;
    if (some_power_on_ && powers_on_later(spec_, v)) return session_state::offline;
    return load_begun_ ? configured : session_state::online;
}

const simulated_vehicle* simulated_fleet::find(vehicle_id v) const {
    const auto at = vehicles_.find(slot_of(v));
    return at == vehicles_.end() ? nullptr : &at->second;
}

session_state simulated_fleet::state_of(vehicle_id v) const {
    const auto* vehicle = find(v);
    return vehicle != nullptr ? vehicle->state : initial_state(v);
}

simulated_vehicle& simulated_fleet::vehicle_of(vehicle_id v) {
    const auto slot = slot_of(v);
    const auto [at, fresh] = vehicles_.try_emplace(slot, v);
    auto& vehicle = at->second;
    if (fresh) {
        vehicle.state = initial_state(v);
        if (vehicle.state == session_state::offline) disruptions_of(vehicle).powered_off = true;
        vehicle.reachable = !load_begun_ || vehicle.state == session_state::online;
        vehicle.available = is_available(vehicle);
        vehicle.counted = states_of(vehicle);
        if (!vehicle.reachable && simulation_.report_absent_lazily) events_.on_unreachable(v);
    }
    if (!std::exchange(vehicle.idle_candidate, true)) idle_candidates_.push_back(slot);
    return vehicle;
}

bool simulated_fleet::is_idle(const simulated_vehicle& vehicle) const {
    const auto initial = initial_state(vehicle.id);
    const auto* disruptions = find_disruptions(vehicle);
    const bool powered_off = disruptions != nullptr && disruptions->powered_off;
    return vehicle.state == initial && vehicle.active_executions == 0 &&
           powered_off == (initial == session_state::offline) &&
           (disruptions == nullptr || disruptions->is_inactive(now())) &&
           vehicle.reachable == (!load_begun_ || initial == session_state::online);
}

void simulated_fleet::release_idle() {
    for (const auto slot : idle_candidates_) {
        const auto at = vehicles_.find(slot);
        auto& vehicle = at->second;
        vehicle.idle_candidate = false;
        if (is_idle(vehicle))
            vehicles_.erase(at);
        else if (const auto* disruptions = find_disruptions(vehicle);
                 vehicle.state == session_state::online && disruptions != nullptr && !disruptions->powered_off &&
                 disruptions->is_inactive(now()))
            vehicle.disruptions.reset();
    }
    idle_candidates_.clear();
}

void simulated_fleet::begin_load(monotonic_time start) {
    load_start_ = start;
    if (simulation_.report_absent_lazily)
        count_absent();
    else if (some_absent_)
        disconnect_absent();
    load_begun_ = true;
    if (presence_pending_) publish_presence_of_sleeping();
    process_due_conditions();
    if (telemetry_) telemetry_->begin_load(start);
}

/// Counts vehicles absent from load start without reporting each. An unsharded fleet is counted by segment sizes.
void simulated_fleet::count_absent() {
    const auto count = [this](std::uint32_t segment, std::uint32_t vehicle_count) {
        const auto state = segment_states_[segment];
        if (state == session_state::rejected) count_rejected(vehicle_count);
        if (state == session_state::permanently_offline || state == session_state::asleep)
            online_count_ -= vehicle_count;
        if (state == session_state::asleep) states_.asleep += vehicle_count;
    };
    presence_pending_ =
        publishes_presence() && std::ranges::find(segment_states_, session_state::asleep) != segment_states_.end();
    if (spec_.shard_partition.count == 1 && !some_power_on_) {
        for (std::uint32_t s = 0; s < spec_.segment_names.size(); ++s) count(s, spec_.segments.size(s));
        return;
    }
    for (std::uint32_t slot = 0; some_absent_ && slot < size_; ++slot) {
        const auto v = id_at(slot);
        if (initial_state(v) == session_state::offline) continue; // not powered on yet
        count(spec_.segments.segment_of(v), 1);
    }
}

/// Publishes the presence of vehicles that sleep from the load's start, as the sink drains. One that has been woken meanwhile has
/// published its own.
void simulated_fleet::publish_presence_of_sleeping() {
    if (stopped_) return;
    const auto slot_end = next_presence_slot_ + std::min(slots_per_call, size_ - next_presence_slot_);
    for (std::uint32_t sent = 0; next_presence_slot_ < slot_end && sent < presence_per_call; ++next_presence_slot_) {
        const auto v = id_at(next_presence_slot_);
        if (segment_states_[spec_.segments.segment_of(v)] != session_state::asleep ||
            state_of(v) != session_state::asleep)
            continue;
        if (!uplink_receiver_.has_capacity()) break;
        ++sent;
        if (compose_presence(v, "asleep")) uplink_receiver_.on_vehicle_message(v, {}, message_.topic, message_.payload);
    }
    presence_pending_ = next_presence_slot_ < size_;
    if (presence_pending_) arm(presence_timer_, now() + presence_pause);
}

void simulated_fleet::disconnect_absent() {
    for (std::uint32_t slot = 0; slot < size_; ++slot) {
        const auto v = id_at(slot);
        const auto state_before = initial_state(v);
        if (state_before == session_state::online &&
            segment_states_[spec_.segments.segment_of(v)] == session_state::online)
            continue;
        if (state_before == session_state::rejected) count_rejected(1);
        auto& vehicle = vehicle_of(v);
        update_state(vehicle); // reports a vehicle that never had a session
        if (vehicle.state == session_state::online)
            behaviour_of(v).online ? fall_asleep(vehicle) : disconnect_permanently(vehicle);
        load_begun_ = true; // is_idle() compares with the state after load start
        release_idle();
        load_begun_ = false;
    }
}

void simulated_fleet::count_rejected(std::uint32_t count) {
    counts_.sessions.refused += count;
    if (count > 0) counts_.sessions.reasons["the credentials are wrong"] += count;
}

} // namespace loadsim::fleet
