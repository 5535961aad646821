#include "model_state.hpp"

#include "speech.hpp"
#include "traits.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/vehicle/script.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {

model_vehicles::state::state(net::timer_wheel& w, const time_source& t, vehicle_events& e, const plan& p,
                             model_broker& b)
    : wheel(w), time(t), events(e), the(p), broker(b),
      coming(p.conditions, p.segments, p.segment_names, p.seed, p.options.vehicles, p.share, p.load) {
    const auto fleet = the.options.vehicles;
    cars.resize(fleet > the.share.index ? (fleet - the.share.index - 1) / the.share.count + 1 : 0);
    remembers = std::ranges::any_of(the.behaviours, [](const auto& one) { return speaks_of_previous(one.steps); });
    for (auto& c : cars) {
        if (behaviour_of(c).credentials) {
            c.is = standing::barred;
        } else if (powers_on_later(the, id_of(c))) {
            c.is = standing::off;
            line_of(c).dark = true;
        } else {
            ++online_now;
        }
        c.askable = askable_now(c);
        if (c.askable) ++askable;
    }
    asked = online_now;
}

void model_vehicles::state::begin_load(monotonic_time at) {
    start = at;
    for (auto& c : cars) {
        if (c.is == standing::barred) {
            ++counted.sessions.refused;
            ++counted.sessions.reasons["the credentials are wrong"];
        }
        look(c); // who has had no session so far
        if (c.is != standing::on) continue;
        const auto& b = behaviour_of(c);
        if (!b.online)
            leave(c);
        else if (b.asleep)
            fall_asleep(c);
    }
    take_turns();
}

std::string model_vehicles::state::vin_of(vehicle_id v) const { return vehicle::vin_of(the.options.vin, v); }

model_line& model_vehicles::state::line_of(model_car& c) {
    if (!c.line) c.line = std::make_unique<model_line>(*this, place_of(c));
    return *c.line;
}

void model_vehicles::state::arrive(model_car& c, const carried& m) {
    ++received;
    const auto v = id_of(c);
    const auto t = now();
    const auto command = contract::read_command(m.payload);
    if (!command) return events.on_malformed(v, m.topic, m.payload, t);
    const auto known = events.on_delivered(v, command->id, t);
    events.on_message(v, command->id, true, m.topic, m.payload, t);
    if (remembers && known.fresh) {
        auto& line = line_of(c);
        line.request_before = std::exchange(line.request, command->id);
    }
    const auto& b = behaviour_of(c);
    if (!known.fresh && b.deduplicates) return;
    auto choices = known.arrival ? vehicle::draws_of(the.seed, *known.arrival)
                                 : draws(the.seed, stream::stray_command, index(v), line_of(c).strays);
    auto script = vehicle::resolve(b, command->service, choices);
    if (!known.arrival) line_of(c).strays = choices.counter();
    auto work = std::make_unique<activity>(*this, v, std::move(script));
    work->request = command->id;
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
    const auto sequence = ++c.words;
    if (w.is_plain() && w.what == vehicle::word::kind::ack) events.on_acked(v, work.request, t);
    if (w.is_plain() && w.is_final()) events.on_finished(v, work.request, t);
    if (c.line && is_lost(the, c.line->lossy, v, sequence)) return true;

    auto who = speaker_of(the, w, work, activities, t);
    who.wall_ms = std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
    who.seq = sequence;
    if (w.request == vehicle::word::about::previous && c.line && c.line->request == work.request)
        who.previous = c.line->request_before;
    auto said = utter(w, who);
    ++published;
    events.on_message(v, work.request, false, said.topic, said.payload, t);
    send(c, {.topic = std::move(said.topic),
             .payload = std::move(said.payload),
             .qos = static_cast<std::uint8_t>(the.options.mqtt.response_qos)});
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

bool model_vehicles::state::online(vehicle_id v) const { return cars[index(v) / the.share.count].is == standing::on; }

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
    for (auto& c : cars) {
        c.line.reset();
        if (std::exchange(c.is, standing::left) == standing::on) --online_now;
    }
}

void model_vehicles::state::on_alarm(model_alarm::kind what, std::uint32_t place) {
    auto& c = cars[place];
    switch (what) {
    case model_alarm::kind::carry: return carry(c);
    case model_alarm::kind::come_back: return try_connect(c);
    case model_alarm::kind::sleep:
        if (c.is != standing::on || c.busy > 0) return;
        return silent(c) ? sleep_later(c) : fall_asleep(c); // nobody would hear that it does
    }
}

model_vehicles::model_vehicles(net::timer_wheel& wheel, const time_source& time, vehicle_events& events,
                               const plan& what, model_broker& broker)
    : state_(std::make_unique<state>(wheel, time, events, what, broker)) {}
model_vehicles::~model_vehicles() = default;

void model_vehicles::begin_load(monotonic_time start) { state_->begin_load(start); }
void model_vehicles::deliver(vehicle_id v, std::string_view topic, std::string_view payload, std::uint8_t qos,
                             monotonic_time expires) {
    const auto granted = std::min(qos, static_cast<std::uint8_t>(state_->the.options.mqtt.command_qos));
    state_->deliver(state_->car_of(v),
                    {.topic = std::string(topic), .payload = std::string(payload), .qos = granted, .expires = expires});
}
void model_vehicles::wake(vehicle_id v) { state_->wake(state_->car_of(v)); }
void model_vehicles::broker_goes(std::uint32_t condition, std::uint32_t occurrence,
                                 vehicle::condition::outage_way way) {
    state_->broker_goes(condition, occurrence, way);
}
void model_vehicles::broker_returns(std::uint32_t condition) { state_->broker_returns(condition); }
std::optional<nanoseconds> model_vehicles::next_turn() { return state_->coming.next(); }
void model_vehicles::cut() { state_->coming.cut(); }
void model_vehicles::stop() { state_->end_all(); }

std::uint32_t model_vehicles::size() const noexcept { return static_cast<std::uint32_t>(state_->cars.size()); }
bool model_vehicles::reachable(vehicle_id v) const { return state_->car_of(v).askable; }
std::uint32_t model_vehicles::reachable() const noexcept { return state_->askable; }
std::uint32_t model_vehicles::asked() const noexcept { return state_->asked; }
std::uint32_t model_vehicles::online() const noexcept { return state_->online_now; }
std::uint64_t model_vehicles::published() const noexcept { return state_->published; }
std::uint64_t model_vehicles::received() const noexcept { return state_->received; }
seen model_vehicles::take() { return std::exchange(state_->counted, {}); }

} // namespace loadsim::fleet
