// Conditions of simulated vehicles: apply and clear.
#include "simulated_fleet/simulated_fleet_impl.hpp"

#include "vehicle_rules.hpp"

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

namespace {

// Time slices of a few milliseconds, with a pause in between.
constexpr std::uint64_t vehicles_per_slice = 50'000;
constexpr std::uint32_t events_per_slice = 500;
constexpr std::chrono::milliseconds pause{1};
constexpr std::chrono::seconds expand_ahead{5}; ///< occurrences are expanded this long before they begin

} // namespace

void simulated_fleet::impl::process_due_conditions() {
    if (simulation.time_sliced) return process_conditions_in_slices();
    schedule.expand(now() - load_start);
    while (const auto event = schedule.pop_due(now() - load_start)) process(*event);
    if (const auto next = schedule.next()) arm_timer(condition_timer, load_start + *next);
}

void simulated_fleet::impl::process_conditions_in_slices() {
    const bool expanded = schedule.expand(now() - load_start + expand_ahead, vehicles_per_slice);
    std::uint32_t remaining = events_per_slice;
    for (; remaining > 0; --remaining) {
        const auto event = schedule.pop_due(now() - load_start);
        if (!event) break;
        process(*event);
    }
    if (!expanded || remaining == 0) return arm_timer(condition_timer, now() + pause);
    auto next = schedule.next();
    if (const auto expansion = schedule.next_expansion()) next = std::min(*next, *expansion - expand_ahead);
    if (next) arm_timer(condition_timer, load_start + *next);
}

void simulated_fleet::impl::process(const condition_event& t) {
    t.begins ? apply(t) : clear(t);
    release_idle();
}

/// Visits every vehicle that is not permanently offline; iterates over the whole partition.
template <class Do>
void simulated_fleet::impl::for_each_not_permanently_offline(Do&& act) {
    for (std::uint32_t slot = 0; slot < size; ++slot) {
        if (is_permanently_offline(id_at(slot))) continue;
        act(vehicle_of(id_at(slot)));
        release_idle();
    }
}

/// Records that this occurrence makes the vehicle unreachable.
void simulated_fleet::impl::mark_unreachable(simulated_vehicle& c, std::uint32_t condition, std::uint32_t occurrence) {
    if (!c.reachable) return; // already unreachable for another reason
    ++counts.recoveries[{condition, occurrence}].affected;
    disruptions_of(c).recovering_from.emplace_back(condition, occurrence);
}

void simulated_fleet::impl::apply(const condition_event& t) {
    if (is_permanently_offline(t.vehicle)) return; // unaffected: it has no session
    auto& c = vehicle_of(t.vehicle);
    const auto& condition = spec.conditions[t.condition];
    const bool has_duration = t.until > t.at;
    auto& disruptions = disruptions_of(c);
    events.on_condition_begin(t.vehicle, t.condition, now());
    report_session_event(c, condition.name + (has_duration ? " begins" : ""));
    switch (condition.type) {
    case kind::tunnel:
        mark_unreachable(c, t.condition, t.occurrence);
        ++disruptions.tunnels;
        break;
    case kind::half_open:
        mark_unreachable(c, t.condition, t.occurrence);
        ++disruptions.half_open;
        break;
    case kind::garage:
    case kind::handover:
    case kind::reconnect_storm:
        mark_unreachable(c, t.condition, t.occurrence);
        if (has_duration) ++disruptions.garages;
        if (c.state == session_state::online) {
            end_session(c, condition.name);
            try_connect(c);
        }
        break;
    case kind::power_on:
        if (!std::exchange(disruptions.powered_off, false)) break;
        ++counts.recoveries[{t.condition, t.occurrence}].affected;
        disruptions.recovering_from.emplace_back(t.condition, t.occurrence);
        try_connect(c);
        break;
    case kind::slow:
        disruptions.slow.push_back(t.condition);
        disruptions.shape = combined_link_shape(spec, disruptions.slow, t.vehicle, counters_of(c).delay_draws);
        break;
    case kind::lossy: disruptions.lossy.push_back(t.condition); break;
    case kind::outage:
    case kind::spike: break; // they do not apply to vehicles
    }
    update_state(c);
    if (!has_duration) events.on_condition_end(t.vehicle, t.condition, now());
}

void simulated_fleet::impl::clear(const condition_event& t) {
    if (is_permanently_offline(t.vehicle)) return;
    auto& c = vehicle_of(t.vehicle);
    const auto& condition = spec.conditions[t.condition];
    auto& disruptions = disruptions_of(c);
    const auto end_one = [&](std::vector<std::uint32_t>& active) {
        if (const auto one = std::ranges::find(active, t.condition); one != active.end()) active.erase(one);
    };
    report_session_event(c, condition.name + " ends");
    switch (condition.type) {
    case kind::tunnel:
        if (--disruptions.tunnels > 0 || disruptions.half_open > 0) break;
        // Session lost in the meantime, and no reconnect pending.
        if (c.state == session_state::offline && !disruptions.reconnect_timer.armed()) try_connect(c);
        break;
    case kind::half_open:
        if (--disruptions.half_open > 0) break;
        if (c.state == session_state::online) end_session(c, "its connection was half-open");
        if (c.state == session_state::offline) try_connect(c);
        break;
    case kind::garage:
    case kind::handover:
        if (--disruptions.garages == 0 && c.state == session_state::offline) try_connect(c);
        break;
    case kind::slow:
        end_one(disruptions.slow);
        disruptions.shape = combined_link_shape(spec, disruptions.slow, t.vehicle, counters_of(c).delay_draws);
        break;
    case kind::lossy: end_one(disruptions.lossy); break;
    default: break; // instantaneous conditions have no end
    }
    update_state(c);
    deliver_due(c);
    events.on_condition_end(t.vehicle, t.condition, now());
}

void simulated_fleet::impl::on_broker_down(std::uint32_t condition, std::uint32_t occurrence,
                                           vehicle::condition::outage_mode mode) {
    const bool restarts = mode == vehicle::condition::outage_mode::restart;
    (restarts ? broker_down : broker_frozen) = true;
    for_each_not_permanently_offline([&](simulated_vehicle& c) {
        events.on_condition_begin(id_of(c), condition, now());
        mark_unreachable(c, condition, occurrence);
        if (restarts && c.state == session_state::online) drop_session(c, "the broker went away");
        update_state(c);
    });
}

void simulated_fleet::impl::on_broker_up(std::uint32_t condition) {
    broker_down = broker_frozen = false;
    for_each_not_permanently_offline([&](simulated_vehicle& c) {
        update_state(c);
        deliver_due(c);
        events.on_condition_end(id_of(c), condition, now());
    });
}

} // namespace loadsim::fleet
