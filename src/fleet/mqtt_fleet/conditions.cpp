// Conditions of MQTT vehicles: apply and clear.
#include "mqtt_fleet/mqtt_fleet_impl.hpp"

#include "vehicle_rules.hpp"

#include <algorithm>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

namespace {

/// Connected or connecting.
bool has_connection(const mqtt_vehicle& c) { return !c.link.idle() && !c.link.waiting(); }

} // namespace

void mqtt_fleet::impl::process_due_conditions() {
    if (stopped) return;
    schedule.expand(now() - load_start);
    while (const auto event = schedule.pop_due(now() - load_start)) event->begins ? apply(*event) : clear(*event);
    if (const auto next = schedule.next()) loop.arm(condition_timer, load_start + *next);
}

/// Records that this occurrence makes the vehicle unreachable.
void mqtt_fleet::impl::mark_unreachable(mqtt_vehicle& c, std::uint32_t condition, std::uint32_t occurrence) {
    if (!c.reachable) return; // already unreachable for another reason
    ++counts.recoveries[{condition, occurrence}].affected;
    disruptions_of(c).recovering_from.emplace_back(condition, occurrence);
}

/// Records the recovery time of every occurrence that made the vehicle unreachable.
void mqtt_fleet::impl::record_recovery(mqtt_vehicle& c) {
    if (!c.disruptions) return;
    for (const auto& key : std::exchange(c.disruptions->recovering_from, {}))
        counts.recoveries[key].recovery_times.record(now() - (load_start + start_of(spec, key)));
}

void mqtt_fleet::impl::apply(const condition_event& t) {
    mqtt_vehicle& c = vehicle_of(t.vehicle);
    if (c.state == session_state::permanently_offline || c.state == session_state::rejected)
        return; // unaffected: it has no session
    const auto& condition = spec.conditions[t.condition];
    const bool has_duration = t.until > t.at;
    auto& u = disruptions_of(c);
    events.on_condition_begin(t.vehicle, t.condition, now());
    report_session_event(c, condition.name + (has_duration ? " begins" : ""));
    switch (condition.type) {
    case kind::tunnel:
        mark_unreachable(c, t.condition, t.occurrence);
        if (u.tunnels++ == 0) c.link.block();
        break;
    case kind::half_open:
        mark_unreachable(c, t.condition, t.occurrence);
        if (u.half_open++ == 0) c.link.block();
        break;
    case kind::garage:
    case kind::reconnect_storm:
        mark_unreachable(c, t.condition, t.occurrence);
        if (has_duration) ++u.garages;
        if (!has_connection(c)) break;
        c.link.reset();
        end_session(c, condition.name);
        try_connect(c);
        break;
    case kind::handover:
        mark_unreachable(c, t.condition, t.occurrence);
        if (has_duration) ++u.garages;
        ++u.handovers;
        if (!has_connection(c)) break;
        c.link.abandon();
        end_session(c, condition.name);
        try_connect(c);
        break;
    case kind::power_on:
        if (!std::exchange(u.powered_off, false)) break;
        ++counts.recoveries[{t.condition, t.occurrence}].affected;
        u.recovering_from.emplace_back(t.condition, t.occurrence);
        try_connect(c);
        break;
    case kind::slow:
        u.slow.push_back(t.condition);
        c.link.shape(combined_link_shape(spec, u.slow, t.vehicle, u.delay_draws));
        break;
    case kind::lossy: u.lossy.push_back(t.condition); break;
    case kind::outage:
    case kind::spike: break; // they do not apply to vehicles
    }
    update_state(c);
    if (!has_duration) events.on_condition_end(t.vehicle, t.condition, now());
}

void mqtt_fleet::impl::clear(const condition_event& t) {
    mqtt_vehicle& c = vehicle_of(t.vehicle);
    if (c.state == session_state::permanently_offline || c.state == session_state::rejected) return;
    const auto& condition = spec.conditions[t.condition];
    auto& u = disruptions_of(c);
    const auto end_one = [&](std::vector<std::uint32_t>& active) {
        if (const auto one = std::ranges::find(active, t.condition); one != active.end()) active.erase(one);
    };
    report_session_event(c, condition.name + " ends");
    switch (condition.type) {
    case kind::tunnel:
        if (--u.tunnels > 0 || u.half_open > 0) break;
        c.link.unblock();
        try_connect(c); // if the session was lost in the meantime
        break;
    case kind::half_open:
        if (--u.half_open > 0) break;
        if (has_connection(c)) {
            c.link.abandon();
            end_session(c, "its connection was half-open");
        }
        if (u.tunnels == 0) c.link.unblock();
        try_connect(c);
        break;
    case kind::garage:
    case kind::handover:
        if (--u.garages == 0) try_connect(c);
        break;
    case kind::slow:
        end_one(u.slow);
        c.link.shape(combined_link_shape(spec, u.slow, t.vehicle, u.delay_draws));
        break;
    case kind::lossy: end_one(u.lossy); break;
    default: break; // instantaneous conditions have no end
    }
    update_state(c);
    events.on_condition_end(t.vehicle, t.condition, now());
}

void mqtt_fleet::impl::on_broker_down(std::uint32_t condition, std::uint32_t occurrence) {
    for (mqtt_vehicle& c : vehicles) {
        if (c.state == session_state::permanently_offline || c.state == session_state::rejected) continue;
        events.on_condition_begin(id_of(c), condition, now());
        mark_unreachable(c, condition, occurrence);
    }
    broker_down = true;
    for (mqtt_vehicle& c : vehicles) update_state(c);
}

void mqtt_fleet::impl::on_broker_up(std::uint32_t condition) {
    broker_down = false;
    for (mqtt_vehicle& c : vehicles) {
        update_state(c);
        if (c.state != session_state::permanently_offline && c.state != session_state::rejected)
            events.on_condition_end(id_of(c), condition, now());
    }
}

} // namespace loadsim::fleet
