#include "model_state.hpp"

#include "speech.hpp"
#include "traits.hpp"

#include <loadsim/vehicle/registry.hpp>
#include <loadsim/vehicle/script.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {

model_vehicles::state::state(arming a, const time_source& t, vehicle_events& e, const plan& p, model_broker& b,
                             const model_manner& m)
    : arm_timer(std::move(a)), time(t), events(e), the(p), broker(b), manner(m),
      coming(p.conditions, p.segments, p.segment_names, p.seed, p.options.vehicles, p.share, p.load) {
    const auto fleet = the.options.vehicles;
    size = fleet > the.share.index ? (fleet - the.share.index - 1) / the.share.count + 1 : 0;
    remembers = std::ranges::any_of(the.behaviours, [](const auto& one) { return speaks_of_previous(one.steps); });
    count_first();
}

std::string model_vehicles::state::vin_of(vehicle_id v) const { return the.cars.vin_of(v); }

std::int64_t model_vehicles::state::wall_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch() + manner.date_ahead).count();
}

model_line& model_vehicles::state::line_of(model_car& c) {
    if (!c.line) {
        c.line = std::make_unique<model_line>(*this, c.place);
        if (c.is == standing::asleep) c.line->away_since = start;
    }
    return *c.line;
}

void model_vehicles::state::arrive(model_car& c, const carried& m) {
    ++received;
    const auto v = id_of(c);
    const auto t = now();
    contract::heard message{.topic = m.topic, .payload = m.payload};
    if (!m.headers.empty())
        message.named = [&m](std::string_view name) {
            const auto at =
                std::ranges::find(m.headers, name, [](const auto& h) -> std::string_view { return h.first; });
            return at == m.headers.end() ? std::string_view{} : std::string_view{at->second};
        };
    auto* const looks_on = watched < contract::fit::after ? &watch : nullptr;
    if (looks_on != nullptr) ++watched;
    auto command = the.terms.read_command(message, looks_on);
    if (!command) return events.on_malformed(v, m.topic, m.payload, t);
    const auto known = events.on_delivered(v, command->id, t);
    events.on_message(v, command->id, true, m.topic, m.payload, t);
    if (remembers && known.fresh) {
        auto& line = line_of(c);
        line.request_before = std::exchange(line.request, command->id);
    }
    const auto* wanted = known.fresh ? std::exchange(c.next, nullptr) : nullptr;
    const auto& b = wanted != nullptr ? *wanted : behaviour_of(c);
    if (!known.fresh && b.deduplicates) return;
    auto choices = known.arrival ? vehicle::draws_of(the.seed, *known.arrival)
                                 : draws(the.seed, stream::stray_command, index(v), counters_of(c).strays);
    auto script = vehicle::resolve(b, command->service, choices);
    if (!known.arrival) counters_of(c).strays = static_cast<std::uint32_t>(choices.counter());
    auto work = std::make_unique<activity>(*this, v, std::move(script));
    work->request = std::move(command->id);
    work->command = std::move(*command);
    work->place = activities.size();
    activities.push_back(std::move(work));
    ++c.busy;
    activities.back()->go_on(t);
}

bool model_vehicles::state::say(activity& work, const vehicle::word& w) {
    auto& c = car_of(work.vehicle);
    if (c.is != standing::on) return false;
    const auto t = now();
    const auto v = work.vehicle;
    const auto sequence = ++counters_of(c).words;
    if (w.is_plain() && w.what == vehicle::word::kind::ack) events.on_acked(v, work.request, t);
    if (w.is_plain() && w.is_final())
        events.on_finished(v, work.request, w.what == vehicle::word::kind::failed ? outcome::failed : outcome::executed,
                           w.code, t);
    if (c.line && is_lost(the, c.line->lossy, v, sequence)) return true;

    auto who = speaker_of(the, w, work, activities, t);
    who.wall_us = wall_us();
    who.seq = sequence;
    if (w.request == vehicle::word::about::previous && c.line && c.line->request == work.request)
        who.previous = c.line->request_before;
    contract::composed said;
    if (!utter(the.terms, w, who, said)) {
        ++counted.sessions.reasons["answer not sent: its payload cannot be made"];
        return true;
    }
    ++published;
    events.on_message(v, work.request, false, said.topic, said.payload, t);
    send(c, {.request = work.request,
             .topic = std::move(said.topic),
             .payload = std::move(said.payload),
             .qos = said.qos.value_or(static_cast<std::uint8_t>(the.options.mqtt.response_qos))});
    return true;
}

void model_vehicles::state::execute(activity& work) { events.on_executed(work.vehicle, work.request, now()); }

void model_vehicles::state::disconnect(activity& work, vehicle::parting way) {
    auto& c = car_of(work.vehicle);
    if (c.is != standing::on) return;
    line_of(c).parted_by = &work;
    if (way != vehicle::parting::half_open) announce(c, "offline"); // by itself, or by its will
    lose(c, std::string(text_of(way)));
}

void model_vehicles::state::reconnect(activity& work) {
    auto& c = car_of(work.vehicle);
    if (c.is != standing::off) return;
    c.line->parted_by = nullptr;
    c.line->come_back.disarm();
    try_connect(c);
}

bool model_vehicles::state::online(vehicle_id v) const { return standing_of(v) == standing::on; }

/// The second client is where the vehicle was until the vehicle has waited as after any loss, and takes its place back.
void model_vehicles::state::take_over(activity& work, nanoseconds) {
    auto& c = car_of(work.vehicle);
    if (c.is == standing::on) drop(c, "its session was taken over");
}

void model_vehicles::state::stall(activity& work, nanoseconds lasts) {
    auto& c = car_of(work.vehicle);
    auto& line = line_of(c);
    line.stalled_until = std::max(line.stalled_until, now() + lasts);
}

void model_vehicles::state::end(activity& work) {
    auto& c = car_of(work.vehicle);
    --c.busy;
    const bool comes_back = c.line && c.line->parted_by == &work;
    const auto place = work.place;
    if (place + 1 != activities.size()) {
        std::swap(activities[place], activities.back());
        activities[place]->place = place;
    }
    activities.pop_back();
    if (comes_back) {
        c.line->parted_by = nullptr;
        try_connect(c);
    }
    sleep_later(c);
}

void model_vehicles::state::end_all() {
    next_turn.disarm();
    activities.clear();
    cars.clear();
    looked_at.clear();
    stopped = true;
    online_now = 0;
}

void model_vehicles::state::on_alarm(model_alarm::kind what, std::uint32_t place) {
    auto& c = car_of(id_at(place));
    switch (what) {
    case model_alarm::kind::carry: carry(c); break;
    case model_alarm::kind::come_back: try_connect(c); break;
    case model_alarm::kind::sleep:
        if (c.is == standing::on && c.busy == 0)
            silent(c) ? sleep_later(c) : fall_asleep(c); // nobody would hear that it does
        break;
    }
    forget_idle();
}

model_vehicles::model_vehicles(arming arm, const time_source& time, vehicle_events& events, const plan& what,
                               model_broker& broker, const model_manner& manner)
    : state_(std::make_unique<state>(std::move(arm), time, events, what, broker, manner)) {}
model_vehicles::model_vehicles(net::timer_wheel& wheel, const time_source& time, vehicle_events& events,
                               const plan& what, model_broker& broker)
    : model_vehicles([&wheel](net::timer& t, monotonic_time when) { wheel.arm(t, when); }, time, events, what, broker) {
}
model_vehicles::~model_vehicles() = default;

void model_vehicles::begin_load(monotonic_time start) { state_->begin_load(start); }
void model_vehicles::deliver(vehicle_id v, std::string_view topic, std::string_view payload, std::uint8_t qos,
                             monotonic_time expires, contract::named_texts headers) {
    if (state_->stopped) return;
    const auto granted = std::min(qos, static_cast<std::uint8_t>(state_->the.options.mqtt.command_qos));
    state_->deliver(state_->car_of(v), {.topic = std::string(topic),
                                        .payload = std::string(payload),
                                        .qos = granted,
                                        .expires = expires,
                                        .headers = std::move(headers)});
    state_->forget_idle();
}
void model_vehicles::wake(vehicle_id v) {
    if (state_->stopped) return;
    state_->wake(state_->car_of(v));
    state_->forget_idle();
}
void model_vehicles::behave_next(vehicle_id v, const vehicle::behaviour& b) {
    state_->remembers = state_->remembers || speaks_of_previous(b.steps);
    state_->car_of(v).next = &b;
}
void model_vehicles::broker_goes(std::uint32_t condition, std::uint32_t occurrence,
                                 vehicle::condition::outage_way way) {
    state_->broker_goes(condition, occurrence, way);
}
void model_vehicles::broker_returns(std::uint32_t condition) { state_->broker_returns(condition); }
std::optional<nanoseconds> model_vehicles::next_turn() { return state_->coming.next(); }
void model_vehicles::cut() { state_->coming.cut(); }
void model_vehicles::stop() { state_->end_all(); }

std::uint32_t model_vehicles::size() const noexcept { return state_->size; }
bool model_vehicles::reachable(vehicle_id v) const {
    const auto* c = state_->known(v);
    return c != nullptr ? c->askable : state_->first_standing(v) != state::standing::off;
}
std::uint32_t model_vehicles::reachable() const noexcept { return state_->askable; }
std::uint32_t model_vehicles::asked() const noexcept { return state_->asked; }
std::uint32_t model_vehicles::online() const noexcept { return state_->online_now; }
std::uint64_t model_vehicles::published() const noexcept { return state_->published; }
std::uint64_t model_vehicles::received() const noexcept { return state_->received; }
std::size_t model_vehicles::remembered() const noexcept { return state_->cars.size(); }
std::vector<std::string> model_vehicles::misfits() { return state_->watch.take(); }
seen model_vehicles::take() { return std::exchange(state_->counted, {}); }

} // namespace loadsim::fleet
