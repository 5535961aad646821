// Conditions of the model: whom they befall, and how they pass.
#include "model_state.hpp"

#include "traits.hpp"

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

namespace {

// In slices of some milliseconds at most, and a pause between them.
constexpr std::uint64_t looked_at_once = 50'000;
constexpr std::uint32_t turns_at_once = 500;
constexpr std::chrono::milliseconds pause{1};
constexpr std::chrono::seconds ahead{5}; ///< whom an occurrence strikes is known before it begins

} // namespace

void model_vehicles::state::take_turns() {
    if (manner.in_slices) return take_some_turns();
    coming.lay_out(now() - start);
    while (const auto turn = coming.take(now() - start)) take(*turn);
    if (const auto next = coming.next()) arm_timer(next_turn, start + *next);
}

void model_vehicles::state::take_some_turns() {
    const bool laid_out = coming.lay_out(now() - start + ahead, looked_at_once);
    std::uint32_t left = turns_at_once;
    for (; left > 0; --left) {
        const auto turn = coming.take(now() - start);
        if (!turn) break;
        take(*turn);
    }
    if (!laid_out || left == 0) return arm_timer(next_turn, now() + pause);
    auto next = coming.next();
    if (const auto unseen = coming.next_to_lay_out()) next = std::min(*next, *unseen - ahead);
    if (next) arm_timer(next_turn, start + *next);
}

void model_vehicles::state::take(const turn& t) {
    t.begins ? strike(t) : pass(t);
    forget_idle();
}

/// All of them that are not away for good: a walk of the whole share.
template <class Do>
void model_vehicles::state::for_each_present(Do&& act) {
    for (std::uint32_t place = 0; place < size; ++place) {
        if (is_away_for_good(id_at(place))) continue;
        act(car_of(id_at(place)));
        forget_idle();
    }
}

/// It hears nothing from now on because of that.
void model_vehicles::state::silence(model_car& c, std::uint32_t condition, std::uint32_t occurrence) {
    if (!c.hears) return; // something else has silenced it
    ++counted.recoveries[{condition, occurrence}].affected;
    line_of(c).silenced_by.emplace_back(condition, occurrence);
}

void model_vehicles::state::strike(const turn& t) {
    if (is_away_for_good(t.vehicle)) return; // nothing reaches it anyway
    auto& c = car_of(t.vehicle);
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
        line.slowed = slowness(the, line.slow, t.vehicle, counters_of(c).delays);
        break;
    case kind::lossy: line.lossy.push_back(t.condition); break;
    case kind::outage:
    case kind::spike: break; // they befall no vehicle
    }
    look(c);
    if (!lasts) events.on_passed(t.vehicle, t.condition, now());
}

void model_vehicles::state::pass(const turn& t) {
    if (is_away_for_good(t.vehicle)) return;
    auto& c = car_of(t.vehicle);
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
        line.slowed = slowness(the, line.slow, t.vehicle, counters_of(c).delays);
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
    for_each_present([&](model_car& c) {
        events.on_struck(id_of(c), condition, now());
        silence(c, condition, occurrence);
        if (restarts && c.is == standing::on) drop(c, "the broker went away");
        look(c);
    });
}

void model_vehicles::state::broker_returns(std::uint32_t condition) {
    down_for_all = frozen = false;
    for_each_present([&](model_car& c) {
        look(c);
        carry(c);
        events.on_passed(id_of(c), condition, now());
    });
}

} // namespace loadsim::fleet
