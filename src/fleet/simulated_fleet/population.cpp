// Population of the simulated fleet: initial states and sparse storage of vehicles that differ from them.
#include "simulated_fleet/simulated_fleet_impl.hpp"

#include "vehicle_rules.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

void simulated_fleet::impl::count_initial() {
    for (const auto& b : spec.behaviours)
        segment_states.push_back(b.credentials ? session_state::rejected
                                 : !b.online   ? session_state::permanently_offline
                                 : b.asleep    ? session_state::asleep
                                               : session_state::online);
    some_power_on = std::ranges::any_of(spec.conditions, [](const auto& c) { return c.type == kind::power_on; });
    some_absent =
        some_power_on || std::ranges::any_of(segment_states, [](auto s) { return s != session_state::online; });
    const bool some_before =
        some_power_on || std::ranges::find(segment_states, session_state::rejected) != segment_states.end();
    online_count = available_count = size;
    for (std::uint32_t slot = 0; some_before && slot < size; ++slot) {
        const auto state = initial_state(id_at(slot));
        if (state != session_state::online) --online_count;
        if (state == session_state::offline) --available_count;
    }
    expected_online = online_count;
}

simulated_fleet::impl::session_state simulated_fleet::impl::initial_state(vehicle_id v) const {
    if (!some_absent) return session_state::online;
    const auto configured = segment_states[spec.segments.segment_of(v)];
    if (configured == session_state::rejected) return configured;
    if (some_power_on && powers_on_later(spec, v)) return session_state::offline;
    return load_begun ? configured : session_state::online;
}

const simulated_vehicle* simulated_fleet::impl::find(vehicle_id v) const {
    const auto at = vehicles.find(index(v) / spec.shard_partition.count);
    return at == vehicles.end() ? nullptr : &at->second;
}

simulated_fleet::impl::session_state simulated_fleet::impl::state_of(vehicle_id v) const {
    const auto* c = find(v);
    return c != nullptr ? c->state : initial_state(v);
}

simulated_vehicle& simulated_fleet::impl::vehicle_of(vehicle_id v) {
    const auto slot = index(v) / spec.shard_partition.count;
    const auto [at, fresh] = vehicles.try_emplace(slot);
    auto& c = at->second;
    if (fresh) {
        c.slot = slot;
        c.state = initial_state(v);
        if (c.state == session_state::offline) disruptions_of(c).powered_off = true;
        c.reachable = !load_begun || c.state == session_state::online;
        c.available = is_available(c);
        if (!c.reachable && simulation.report_absent_lazily) events.on_unreachable(v);
    }
    if (!std::exchange(c.idle_candidate, true)) idle_candidates.push_back(slot);
    return c;
}

bool simulated_fleet::impl::is_idle(const simulated_vehicle& c) const {
    const auto initial = initial_state(id_of(c));
    const bool powered_off = c.disruptions && c.disruptions->powered_off;
    return c.state == initial && c.active_executions == 0 && c.next_behaviour == nullptr &&
           powered_off == (initial == session_state::offline) &&
           (!c.disruptions || c.disruptions->is_inactive(now())) &&
           c.reachable == (!load_begun || initial == session_state::online);
}

void simulated_fleet::impl::release_idle() {
    for (const auto slot : idle_candidates) {
        const auto at = vehicles.find(slot);
        auto& c = at->second;
        c.idle_candidate = false;
        if (is_idle(c))
            vehicles.erase(at);
        else if (c.state == session_state::online && c.disruptions && !c.disruptions->powered_off &&
                 c.disruptions->is_inactive(now()))
            c.disruptions.reset();
    }
    idle_candidates.clear();
}

void simulated_fleet::impl::begin_load(monotonic_time at) {
    load_start = at;
    if (simulation.report_absent_lazily)
        count_absent();
    else if (some_absent)
        disconnect_absent();
    load_begun = true;
    process_due_conditions();
}

/// Counts vehicles absent from load start without reporting each. An unsharded fleet is counted by segment sizes.
void simulated_fleet::impl::count_absent() {
    const auto count = [this](std::uint32_t segment, std::uint32_t vehicles) {
        const auto state = segment_states[segment];
        if (state == session_state::rejected) count_rejected(vehicles);
        if (state == session_state::permanently_offline || state == session_state::asleep) online_count -= vehicles;
    };
    const bool tells_presence =
        simulation.presence && std::ranges::find(segment_states, session_state::asleep) != segment_states.end();
    if (spec.shard_partition.count == 1 && !some_power_on && !tells_presence) {
        for (std::uint32_t s = 0; s < spec.segment_names.size(); ++s) count(s, spec.segments.size(s));
        return;
    }
    for (std::uint32_t slot = 0; some_absent && slot < size; ++slot) {
        const auto v = id_at(slot);
        if (initial_state(v) == session_state::offline) continue; // not powered on yet
        const auto segment = spec.segments.segment_of(v);
        count(segment, 1);
        if (!tells_presence || segment_states[segment] != session_state::asleep) continue;
        publish_presence(vehicle_of(v), "asleep");
        release_idle();
    }
}

void simulated_fleet::impl::disconnect_absent() {
    for (std::uint32_t slot = 0; slot < size; ++slot) {
        const auto v = id_at(slot);
        const auto state_before = initial_state(v);
        if (state_before == session_state::online &&
            segment_states[spec.segments.segment_of(v)] == session_state::online)
            continue;
        if (state_before == session_state::rejected) count_rejected(1);
        apply_initial_state(vehicle_of(v));
        load_begun = true; // is_idle() compares with the state after load start
        release_idle();
        load_begun = false;
    }
}

void simulated_fleet::impl::count_rejected(std::uint32_t vehicles) {
    counts.sessions.refused += vehicles;
    if (vehicles > 0) counts.sessions.reasons["the credentials are wrong"] += vehicles;
}

void simulated_fleet::impl::apply_initial_state(simulated_vehicle& c) {
    update_state(c); // reports a vehicle that never had a session
    if (c.state != session_state::online) return;
    const auto& b = behaviour_of(c);
    if (!b.online)
        disconnect_permanently(c);
    else if (b.asleep)
        fall_asleep(c);
}

} // namespace loadsim::fleet
