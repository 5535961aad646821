// Conditions of real vehicles: whom they befall, and how they pass.
#include "vehicles_state.hpp"

#include "traits.hpp"

#include <algorithm>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

namespace {

/// It has a connection, or is making one.
bool attached(const car& c) { return !c.link.idle() && !c.link.waits(); }

} // namespace

void vehicles::state::take_turns() {
    if (stopping) return;
    coming.lay_out(now() - start);
    while (const auto turn = coming.take(now() - start)) turn->begins ? strike(*turn) : pass(*turn);
    if (const auto next = coming.next()) loop.arm(next_turn, start + *next);
}

/// It hears nothing from now on because of that.
void vehicles::state::silence(car& c, std::uint32_t condition, std::uint32_t occurrence) {
    if (!c.hears) return; // something else has silenced it
    ++counted.recoveries[{condition, occurrence}].affected;
    under(c).silenced_by.emplace_back(condition, occurrence);
}

/// It is over whatever silenced it.
void vehicles::state::recovered(car& c) {
    if (!c.under) return;
    for (const auto& key : std::exchange(c.under->silenced_by, {}))
        counted.recoveries[key].back.record(now() - (start + beginning(the, key)));
}

void vehicles::state::strike(const turn& t) {
    car& c = car_of(t.vehicle);
    if (c.is == standing::left || c.is == standing::barred) return; // nothing reaches it anyway
    const auto& what = the.conditions[t.condition];
    const bool lasts = t.until > t.at;
    auto& u = under(c);
    events.on_struck(t.vehicle, t.condition, now());
    tell(c, what.name + (lasts ? " begins" : ""));
    switch (what.what) {
    case kind::tunnel:
        silence(c, t.condition, t.occurrence);
        if (u.tunnels++ == 0) c.link.hold();
        break;
    case kind::half_open:
        silence(c, t.condition, t.occurrence);
        if (u.half_open++ == 0) c.link.hold();
        break;
    case kind::garage:
    case kind::reconnect_storm:
        silence(c, t.condition, t.occurrence);
        if (lasts) ++u.garages;
        if (!attached(c)) break;
        c.link.reset();
        away(c, what.name);
        come_back(c);
        break;
    case kind::handover:
        silence(c, t.condition, t.occurrence);
        if (lasts) ++u.garages;
        ++u.handovers;
        if (!attached(c)) break;
        c.link.abandon();
        away(c, what.name);
        come_back(c);
        break;
    case kind::power_on:
        if (!std::exchange(u.dark, false)) break;
        ++counted.recoveries[{t.condition, t.occurrence}].affected;
        u.silenced_by.emplace_back(t.condition, t.occurrence);
        come_back(c);
        break;
    case kind::slow:
        u.slow.push_back(t.condition);
        c.link.slow_down(slowness(the, u.slow, t.vehicle, u.delays));
        break;
    case kind::lossy: u.lossy.push_back(t.condition); break;
    case kind::outage:
    case kind::spike: break; // they befall no vehicle
    }
    look(c);
    if (!lasts) events.on_passed(t.vehicle, t.condition, now());
}

void vehicles::state::pass(const turn& t) {
    car& c = car_of(t.vehicle);
    if (c.is == standing::left || c.is == standing::barred) return;
    const auto& what = the.conditions[t.condition];
    auto& u = under(c);
    const auto end_one = [&](std::vector<std::uint32_t>& in_force) {
        if (const auto one = std::ranges::find(in_force, t.condition); one != in_force.end()) in_force.erase(one);
    };
    tell(c, what.name + " ends");
    switch (what.what) {
    case kind::tunnel:
        if (--u.tunnels > 0 || u.half_open > 0) break;
        c.link.release();
        come_back(c); // if it has lost its session meanwhile
        break;
    case kind::half_open:
        if (--u.half_open > 0) break;
        if (attached(c)) {
            c.link.abandon();
            away(c, "nobody had answered");
        }
        if (u.tunnels == 0) c.link.release();
        come_back(c);
        break;
    case kind::garage:
    case kind::handover:
        if (--u.garages == 0) come_back(c);
        break;
    case kind::slow:
        end_one(u.slow);
        c.link.slow_down(slowness(the, u.slow, t.vehicle, u.delays));
        break;
    case kind::lossy: end_one(u.lossy); break;
    default: break; // the others last no time
    }
    look(c);
    events.on_passed(t.vehicle, t.condition, now());
}

void vehicles::state::broker_goes(std::uint32_t condition, std::uint32_t occurrence) {
    for (car& c : cars) {
        if (c.is == standing::left || c.is == standing::barred) continue;
        events.on_struck(id_of(c), condition, now());
        silence(c, condition, occurrence);
    }
    broker_away = true;
    for (car& c : cars) look(c);
}

void vehicles::state::broker_returns(std::uint32_t condition) {
    broker_away = false;
    for (car& c : cars) {
        look(c);
        if (c.is != standing::left && c.is != standing::barred) events.on_passed(id_of(c), condition, now());
    }
}

} // namespace loadsim::fleet
