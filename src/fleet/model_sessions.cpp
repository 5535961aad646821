// Sessions of the model: how they end and begin, and what waits for them meanwhile.
#include "model_state.hpp"

#include "reconnect.hpp"
#include "speech.hpp"
#include "traits.hpp"

#include <loadsim/base/draw.hpp>

#include <iterator>
#include <utility>

namespace loadsim::fleet {
namespace {

void move_all(std::vector<carried>& from, std::vector<carried>& to, std::vector<carried>::iterator where) {
    to.insert(where, std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
}

} // namespace

bool model_vehicles::state::silent(const model_car& c) const {
    return frozen || (c.line && (c.line->tunnels > 0 || c.line->half_open > 0));
}

bool model_vehicles::state::stays_away(const model_car& c) const {
    if (!c.line) return false;
    const auto& l = *c.line;
    return l.tunnels > 0 || l.garages > 0 || l.half_open > 0 || l.dark || l.parted_by != nullptr;
}

/// On line, or away as it should be: for good, asleep, or because of a condition.
bool model_vehicles::state::askable_now(const model_car& c) const {
    if (c.is != standing::off) return true;
    return c.line && (c.line->tunnels > 0 || c.line->garages > 0 || c.line->half_open > 0);
}

void model_vehicles::state::look(model_car& c) {
    const bool hears = hears_now(c);
    if (std::exchange(c.hears, hears) != hears) {
        hears ? events.on_back(id_of(c)) : events.on_away(id_of(c));
        if (hears) recovered(c);
    }
    const bool can = askable_now(c);
    if (std::exchange(c.askable, can) != can) can ? ++askable : --askable;
}

/// It is over whatever silenced it.
void model_vehicles::state::recovered(model_car& c) {
    if (!c.line) return;
    for (const auto& key : std::exchange(c.line->silenced_by, {}))
        counted.recoveries[key].back.record(now() - (start + beginning(the, key)));
}

void model_vehicles::state::tell(model_car& c, const std::string& what) { events.on_session(id_of(c), what, now()); }

void model_vehicles::state::announce(model_car& c, std::string_view what) {
    if (!manner.presence) return;
    const auto& asleep = behaviour_of(c).asleep;
    if (!the.options.mqtt.presence && !asleep) return; // of one that sleeps a platform has to know when it does
    contract::composed told;
    if (utter_presence(the, id_of(c), what, wall_us(), presences++, told))
        broker.from_vehicle(id_of(c), {}, told.topic, told.payload);
    else
        ++counted.sessions.reasons["presence not sent: its payload cannot be made"];
}

/// The broker keeps what is for it while it is away.
bool model_vehicles::state::keeps_session(const model_car& c) const {
    const auto& wanted = the.options.mqtt.session;
    const bool kept = wanted.protocol == mqtt::version::v3_1_1 || wanted.session_expiry.count() > 0;
    return behaviour_of(c).asleep || (kept && !wanted.clean_start);
}

void model_vehicles::state::try_connect(model_car& c) {
    if (c.is == standing::asleep) c.is = standing::off; // its trigger has come
    if (c.is != standing::off || stays_away(c)) return look(c);
    if (!down_for_all) return connect(c);
    ++counted.sessions.refused;
    ++counted.sessions.reasons["the broker is away"];
    retry_later(c);
    look(c);
}

void model_vehicles::state::retry_later(model_car& c) {
    auto& line = line_of(c);
    const auto unit = draw_unit(the.seed, stream::reconnect, index(id_of(c)), counters_of(c).tries++);
    const auto wait = reconnect_wait(the.options.reconnect, line.attempts++, unit);
    arm_timer(line.come_back, now() + wait);
}

void model_vehicles::state::connect(model_car& c) {
    auto& line = line_of(c);
    line.attempts = 0;
    line.come_back.disarm();
    const auto& wanted = the.options.mqtt.session;
    const bool expires = !behaviour_of(c).asleep && wanted.protocol == mqtt::version::v5_0;
    const bool kept = keeps_session(c) && !(expires && now() - line.away_since > wanted.session_expiry);
    auto words = std::exchange(line.unsaid, {});
    auto commands = std::exchange(line.waiting, {});
    c.is = standing::on;
    ++online_now;
    if (line.away_since != monotonic_time{}) ++counted.sessions.reconnects;
    tell(c, kept ? "on line, session present" : "on line");
    look(c);
    announce(c, "online");
    if (kept) {
        for (auto& m : words) send(c, std::move(m));
        for (auto& m : commands) deliver(c, std::move(m));
    }
    sleep_later(c);
}

void model_vehicles::state::lose(model_car& c, const std::string& why) {
    auto& line = line_of(c);
    c.is = standing::off;
    --online_now;
    line.away_since = now();
    line.carry.disarm();
    line.sleep.disarm();
    line.way_down.reset();
    line.way_up.reset();
    line.stalled_until = {};
    // What was under way is not acknowledged: whoever sent it has it still, if it was to be acknowledged at all.
    for (auto* lost : {&line.coming, &line.going})
        std::erase_if(*lost, [&](const carried& m) { return m.qos == 0 || !keeps_session(c); });
    move_all(line.coming, line.waiting, line.waiting.begin());
    move_all(line.going, line.unsaid, line.unsaid.begin());
    tell(c, "off line: " + why);
    look(c);
}

void model_vehicles::state::drop(model_car& c, const std::string& why) {
    lose(c, why);
    retry_later(c);
}

void model_vehicles::state::leave(model_car& c) {
    announce(c, "offline");
    lose(c, "it left");
    c.is = standing::left;
    look(c);
}

void model_vehicles::state::fall_asleep(model_car& c) {
    announce(c, "asleep");
    lose(c, "it sleeps");
    c.is = standing::asleep;
    look(c);
}

void model_vehicles::state::sleep_later(model_car& c) {
    const auto& asleep = behaviour_of(c).asleep;
    if (asleep && c.is == standing::on && c.busy == 0) arm_timer(line_of(c).sleep, now() + asleep->awake_for);
}

void model_vehicles::state::wake(model_car& c) {
    if (c.is != standing::asleep) return;
    const auto& how = *behaviour_of(c).asleep;
    auto& line = line_of(c);
    draws chance(the.seed, stream::wake, index(id_of(c)), counters_of(c).triggers++ * draws_per_trigger);
    if (chance.unit() < how.loss.of_one || line.come_back.armed()) return;
    tell(c, "woken");
    arm_timer(line.come_back, now() + sample(how.takes, chance));
}

void model_vehicles::state::deliver(model_car& c, carried m) {
    if (m.expires < now() || c.is == standing::left || c.is == standing::barred) return;
    if (c.is == standing::on && !(c.line && c.line->half_open > 0)) return down(c, std::move(m));
    if (m.qos > 0 && keeps_session(c) && !line_of(c).dark) line_of(c).waiting.push_back(std::move(m));
}

/// A word, by a vehicle that has a session as far as it knows; or did have when it began to say it.
void model_vehicles::state::send(model_car& c, carried m) {
    if (c.is == standing::on && !(c.line && c.line->half_open > 0)) return up(c, std::move(m));
    if (m.qos > 0 && keeps_session(c)) line_of(c).unsaid.push_back(std::move(m));
}

} // namespace loadsim::fleet
