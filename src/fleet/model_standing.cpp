// Who there is in the model, where each stands at first, and who of them has to be remembered.
#include "model_state.hpp"

#include "traits.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

void model_vehicles::state::count_first() {
    for (const auto& b : the.behaviours)
        first_of.push_back(b.credentials ? standing::barred
                           : !b.online   ? standing::left
                           : b.asleep    ? standing::asleep
                                         : standing::on);
    some_power_on = std::ranges::any_of(the.conditions, [](const auto& c) { return c.what == kind::power_on; });
    some_absent = some_power_on || std::ranges::any_of(first_of, [](auto s) { return s != standing::on; });
    const bool some_before = some_power_on || std::ranges::find(first_of, standing::barred) != first_of.end();
    online_now = askable = size;
    for (std::uint32_t place = 0; some_before && place < size; ++place) {
        const auto is = first_standing(id_at(place));
        if (is != standing::on) --online_now;
        if (is == standing::off) --askable;
    }
    asked = online_now;
}

model_vehicles::state::standing model_vehicles::state::first_standing(vehicle_id v) const {
    if (!some_absent) return standing::on;
    const auto later = first_of[the.segments.segment_of(v)];
    if (later == standing::barred) return later;
    if (some_power_on && powers_on_later(the, v)) return standing::off;
    return begun ? later : standing::on;
}

const model_car* model_vehicles::state::known(vehicle_id v) const {
    const auto at = cars.find(index(v) / the.share.count);
    return at == cars.end() ? nullptr : &at->second;
}

model_vehicles::state::standing model_vehicles::state::standing_of(vehicle_id v) const {
    const auto* c = known(v);
    return c != nullptr ? c->is : first_standing(v);
}

model_car& model_vehicles::state::car_of(vehicle_id v) {
    const auto place = index(v) / the.share.count;
    const auto [at, fresh] = cars.try_emplace(place);
    auto& c = at->second;
    if (fresh) {
        c.place = place;
        c.is = first_standing(v);
        if (c.is == standing::off) line_of(c).dark = true;
        c.hears = !begun || c.is == standing::on;
        c.askable = askable_now(c);
        if (!c.hears && manner.absent_when_called) events.on_away(v);
    }
    if (!std::exchange(c.looked_at, true)) looked_at.push_back(place);
    return c;
}

bool model_vehicles::state::idle(const model_car& c) const {
    const auto first = first_standing(id_of(c));
    const bool dark = c.line && c.line->dark;
    return c.is == first && c.busy == 0 && c.next == nullptr && dark == (first == standing::off) &&
           (!c.line || c.line->is_blank(now())) && c.hears == (!begun || first == standing::on);
}

void model_vehicles::state::forget_idle() {
    for (const auto place : looked_at) {
        const auto at = cars.find(place);
        auto& c = at->second;
        c.looked_at = false;
        if (idle(c))
            cars.erase(at);
        else if (c.is == standing::on && c.line && !c.line->dark && c.line->is_blank(now()))
            c.line.reset();
    }
    looked_at.clear();
}

void model_vehicles::state::begin_load(monotonic_time at) {
    start = at;
    if (manner.absent_when_called)
        count_absent();
    else if (some_absent)
        take_absent_away();
    begun = true;
    take_turns();
}

/// Where nobody is told of them one by one. A whole fleet is counted without looking at each.
void model_vehicles::state::count_absent() {
    const auto count = [this](std::uint32_t segment, std::uint32_t vehicles) {
        const auto is = first_of[segment];
        if (is == standing::barred) refuse(vehicles);
        if (is == standing::left || is == standing::asleep) online_now -= vehicles;
    };
    const bool tells = manner.presence && std::ranges::find(first_of, standing::asleep) != first_of.end();
    if (the.share.count == 1 && !some_power_on && !tells) {
        for (std::uint32_t s = 0; s < the.segment_names.size(); ++s) count(s, the.segments.size(s));
        return;
    }
    for (std::uint32_t place = 0; some_absent && place < size; ++place) {
        const auto v = id_at(place);
        if (first_standing(v) == standing::off) continue; // it is not on line yet
        const auto segment = the.segments.segment_of(v);
        count(segment, 1);
        if (!tells || first_of[segment] != standing::asleep) continue;
        announce(car_of(v), "asleep");
        forget_idle();
    }
}

void model_vehicles::state::take_absent_away() {
    for (std::uint32_t place = 0; place < size; ++place) {
        const auto v = id_at(place);
        const auto before = first_standing(v);
        if (before == standing::on && first_of[the.segments.segment_of(v)] == standing::on) continue;
        if (before == standing::barred) refuse(1);
        take_away(car_of(v));
        begun = true; // what it is compared with, to be forgotten
        forget_idle();
        begun = false;
    }
}

void model_vehicles::state::refuse(std::uint32_t vehicles) {
    counted.sessions.refused += vehicles;
    if (vehicles > 0) counted.sessions.reasons["the credentials are wrong"] += vehicles;
}

void model_vehicles::state::take_away(model_car& c) {
    look(c); // who has had no session so far
    if (c.is != standing::on) return;
    const auto& b = behaviour_of(c);
    if (!b.online)
        leave(c);
    else if (b.asleep)
        fall_asleep(c);
}

} // namespace loadsim::fleet
