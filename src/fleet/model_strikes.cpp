// Conditions of a rehearsal: whom they befall, and how they pass.
#include "model_state.hpp"

#include "traits.hpp"

#include <algorithm>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

void model_vehicles::state::take_turns() {
    while (const auto turn = coming.take(now() - start)) turn->begins ? strike(*turn) : pass(*turn);
    if (const auto next = coming.next()) wheel.arm(next_turn, start + *next);
}

/// It hears nothing from now on because of that.
void model_vehicles::state::silence(model_car& c, std::uint32_t condition, std::uint32_t occurrence) {
    if (!c.hears) return; // something else has silenced it
    ++counted.recoveries[{condition, occurrence}].affected;
    line_of(c).silenced_by.emplace_back(condition, occurrence);
}

void model_vehicles::state::strike(const turn& t) {
    auto& c = car_of(t.vehicle);
    if (c.is == standing::left || c.is == standing::barred) return; // nothing reaches it anyway
    const auto& what = the.conditions[t.condition];
    const bool lasts = t.until > t.at;
    auto& line = line_of(c);
    events.on_struck(t.vehicle, t.condition, now());
    tell(c, what.name + (lasts ? " begins" : ""));
    switch (what.what) {
    case kind::tunnel:
        silence(c, t.condition, t.occurrence);
        ++line.tunnels;
        break;
    case kind::half_open:
        silence(c, t.condition, t.occurrence);
        ++line.half_open;
        break;
    case kind::garage:
    case kind::handover:
    case kind::reconnect_storm:
        silence(c, t.condition, t.occurrence);
        if (lasts) ++line.garages;
        if (c.is == standing::on) {
            lose(c, what.name);
            try_connect(c);
        }
        break;
    case kind::power_on:
        if (!std::exchange(line.dark, false)) break;
        ++counted.recoveries[{t.condition, t.occurrence}].affected;
        line.silenced_by.emplace_back(t.condition, t.occurrence);
        try_connect(c);
        break;
    case kind::slow:
        line.slow.push_back(t.condition);
        line.slowed = slowness(the, line.slow, t.vehicle, line.delays);
        break;
    case kind::lossy: line.lossy.push_back(t.condition); break;
    case kind::outage:
    case kind::spike: break; // they befall no vehicle
    }
    look(c);
    if (!lasts) events.on_passed(t.vehicle, t.condition, now());
}

void model_vehicles::state::pass(const turn& t) {
    auto& c = car_of(t.vehicle);
    if (c.is == standing::left || c.is == standing::barred) return;
    const auto& what = the.conditions[t.condition];
    auto& line = line_of(c);
    const auto end_one = [&](std::vector<std::uint32_t>& in_force) {
        if (const auto one = std::ranges::find(in_force, t.condition); one != in_force.end()) in_force.erase(one);
    };
    tell(c, what.name + " ends");
    switch (what.what) {
    case kind::tunnel:
        if (--line.tunnels > 0 || line.half_open > 0) break;
        // If it has lost its session meanwhile, and does not wait before it tries.
        if (c.is == standing::off && !line.come_back.armed()) try_connect(c);
        break;
    case kind::half_open:
        if (--line.half_open > 0) break;
        if (c.is == standing::on) lose(c, "nobody had answered");
        if (c.is == standing::off) try_connect(c);
        break;
    case kind::garage:
    case kind::handover:
        if (--line.garages == 0 && c.is == standing::off) try_connect(c);
        break;
    case kind::slow:
        end_one(line.slow);
        line.slowed = slowness(the, line.slow, t.vehicle, line.delays);
        break;
    case kind::lossy: end_one(line.lossy); break;
    default: break; // the others last no time
    }
    look(c);
    carry(c);
    events.on_passed(t.vehicle, t.condition, now());
}

void model_vehicles::state::broker_goes(std::uint32_t condition, std::uint32_t occurrence,
                                        vehicle::condition::outage_way way) {
    const bool restarts = way == vehicle::condition::outage_way::restart;
    (restarts ? down_for_all : frozen) = true;
    for (auto& c : cars) {
        if (c.is == standing::left || c.is == standing::barred) continue;
        events.on_struck(id_of(c), condition, now());
        silence(c, condition, occurrence);
        if (restarts && c.is == standing::on) drop(c, "the broker went away");
        look(c);
    }
}

void model_vehicles::state::broker_returns(std::uint32_t condition) {
    down_for_all = frozen = false;
    for (auto& c : cars) {
        if (c.is == standing::left || c.is == standing::barred) continue;
        look(c);
        carry(c);
        events.on_passed(id_of(c), condition, now());
    }
}

} // namespace loadsim::fleet
