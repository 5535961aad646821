// What is between a vehicle of the model and its broker: held up, slow, or gone.
#include "model_state.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::fleet {
namespace {

bool has_arrived(const std::vector<carried>& on_the_way, monotonic_time now) {
    return !on_the_way.empty() && on_the_way.front().due <= now;
}

/// Nothing overtakes what is under way already.
void put(carried m, std::vector<carried>& on_the_way, monotonic_time due) {
    m.due = on_the_way.empty() ? due : std::max(due, on_the_way.back().due);
    on_the_way.push_back(std::move(m));
}

/// When it has arrived, on a link that carries one after the other. `way`: the direction.
monotonic_time carried_by(const model_line& line, const carried& m, net::pace& way, monotonic_time now) {
    return way.carried(now, m.topic.size() + m.payload.size(), line.slowed);
}

carried taken(std::vector<carried>& on_the_way) {
    auto first = std::move(on_the_way.front());
    on_the_way.erase(on_the_way.begin());
    return first;
}

} // namespace

void model_vehicles::state::down(model_car& c, carried m) {
    const bool free = !c.line || (c.line->coming.empty() && c.line->slow.empty() && c.line->stalled_until <= now());
    if (free && !silent(c)) return arrive(c, m);
    auto& line = line_of(c);
    const auto due = carried_by(line, m, line.way_down, now());
    put(std::move(m), line.coming, due);
    carry(c);
}

void model_vehicles::state::up(model_car& c, carried m) {
    const bool free = !c.line || (c.line->going.empty() && c.line->slow.empty());
    if (free && !silent(c)) return broker.from_vehicle(id_of(c), m.request, m.topic, m.payload);
    auto& line = line_of(c);
    const auto due = carried_by(line, m, line.way_up, now());
    put(std::move(m), line.going, due);
    carry(c);
}

/// Hands over what has arrived, and looks again when more has.
void model_vehicles::state::carry(model_car& c) {
    if (!c.line) return;
    auto& line = *c.line;
    while (hears_now(c) && has_arrived(line.going, now())) {
        const auto word = taken(line.going);
        broker.from_vehicle(id_of(c), word.request, word.topic, word.payload);
    }
    while (hears_now(c) && line.stalled_until <= now() && has_arrived(line.coming, now()))
        arrive(c, taken(line.coming));
    if (!hears_now(c)) return; // whoever ends that looks
    auto next = never;
    if (!line.going.empty()) next = line.going.front().due;
    if (!line.coming.empty()) next = std::min(next, std::max(line.coming.front().due, line.stalled_until));
    arm_timer(line.carry, next);
}

} // namespace loadsim::fleet
