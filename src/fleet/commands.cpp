// What real vehicles do with commands, and what they say.
#include "vehicles_state.hpp"

#include "speech.hpp"
#include "traits.hpp"

#include <loadsim/mqtt/packet.hpp>
#include <loadsim/vehicle/script.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::fleet {
namespace {

bool parts(const vehicle::script& s) {
    return std::ranges::any_of(s.actions,
                               [](const vehicle::action& a) { return a.what == vehicle::step::kind::disconnect; });
}

/// The function looks at `m`, which must outlive it.
contract::heard heard_of(const mqtt::message& m) {
    contract::heard message{.topic = m.topic, .payload = m.payload, .correlation = m.correlation_data};
    if (!m.raw_properties.empty()) message.named = [&m](std::string_view name) { return mqtt::user_property(m, name); };
    return message;
}

} // namespace

bool vehicles::state::is_of_campaign(const car& c, const contract::heard& what) {
    const auto& meant = campaigns_of[the.segments.segment_of(id_of(c))];
    if (meant.empty()) return false;
    const auto vin = vin_of(c);
    auto known = known_of(the, id_of(c));
    known.vin = vin;
    bool one_is = false;
    for (const auto i : meant) {
        if (!mqtt::matches(campaigns[i].filter(known), what.topic) || !campaigns[i].is_of(what)) continue;
        events.on_campaign(id_of(c), i, now());
        one_is = true;
    }
    return one_is;
}

void vehicles::state::on_message(net::mqtt_link& link, const mqtt::message& m) {
    if (stopping) return;
    car& c = car_of(vehicle_id{link.tag()});
    const auto v = id_of(c);
    const auto t = now();
    const auto heard = heard_of(m);
    if (is_of_campaign(c, heard)) return;
    auto* const looks_on = watched < contract::fit::after ? &watch : nullptr;
    if (looks_on != nullptr) ++watched;
    auto command = the.terms.read_command(heard, looks_on);
    if (!command) return events.on_malformed(v, m.topic, m.payload, t);
    const auto known = events.on_delivered(v, command->id, t);
    events.on_message(v, command->id, true, m.topic, m.payload, t);
    if (remembers && known.fresh) {
        auto& u = under(c);
        u.request_before = std::exchange(u.request, command->id);
    }
    const auto& b = behaviour_of(c);
    if (!known.fresh && b.deduplicates) return;
    auto choices = known.arrival ? vehicle::draws_of(the.seed, *known.arrival)
                                 : draws(the.seed, stream::stray_command, index(v), under(c).strays);
    auto script = vehicle::resolve(b, command->service, choices);
    if (!known.arrival) under(c).strays = choices.counter();
    const bool ends_the_session = parts(script);
    auto work = std::make_unique<activity>(*this, v, std::move(script));
    work->request = std::move(command->id);
    work->command = std::move(*command);
    work->response_topic = m.response_topic;
    work->correlation = m.correlation_data;
    work->place = activities.size();
    activities.push_back(std::move(work));
    if (b.asleep) ++under(c).busy;
    // A session cannot be ended from inside: it is handing this message over.
    if (ends_the_session)
        arm(*activities.back(), t);
    else
        activities.back()->go_on(t);
}

bool vehicles::state::say(activity& work, const vehicle::word& w) {
    car& c = car_of(work.vehicle);
    if (!c.link.online()) return false;
    const auto t = now(); // before the bytes leave: whoever hears of it cannot be earlier
    const auto v = work.vehicle;
    const auto sequence = c.words + 1;
    auto who = speaker_of(the, w, work, activities, t);
    who.wall_us = wall_us();
    who.seq = sequence;
    if (w.request == vehicle::word::about::previous && c.under && c.under->request == work.request)
        who.previous = c.under->request_before;
    if (!utter(the.terms, w, who, message)) {
        ++counted.sessions.reasons["answer not sent: its payload cannot be made"];
        return true;
    }
    const bool lost = c.under && is_lost(the, c.under->lossy, v, sequence);
    if (!lost) {
        const auto sent = publish(c, message, the.options.mqtt.response_qos);
        if (sent.error == mqtt::errc::queue_full) return false;
        if (sent.error) {
            ++counted.sessions.reasons["answer not sent: " + sent.error.message()];
            return true;
        }
        events.on_message(v, work.request, false, message.topic, message.payload, t);
    }
    c.words = sequence;
    if (w.is_plain() && w.what == vehicle::word::kind::ack) events.on_acked(v, work.request, t);
    if (w.is_plain() && w.is_final()) {
        const bool done = w.what == vehicle::word::kind::executed;
        events.on_finished(v, work.request, done ? outcome::executed : outcome::failed, w.code, t);
    }
    return true;
}

/// At its own QoS, or `otherwise`.
mqtt::session::published vehicles::state::publish(car& c, const contract::composed& m, mqtt::qos otherwise) {
    return c.link.publish({.topic = m.topic,
                           .payload = m.payload,
                           .quality = m.qos ? static_cast<mqtt::qos>(*m.qos) : otherwise,
                           .retain = m.retain,
                           .response_topic = m.response_topic,
                           .correlation_data = m.correlation,
                           .content_type = m.content_type,
                           .expiry_interval = m.expiry_s,
                           .user_properties = m.user_properties});
}

void vehicles::state::on_published(net::mqtt_link&, std::uint16_t, mqtt::reason why) {
    if (static_cast<std::uint8_t>(why) >= 0x80) ++counted.sessions.reasons["message not taken: " + to_string(why)];
}

void vehicles::state::on_downgraded(net::mqtt_link&) {
    ++counted.sessions.reasons["the broker answered QoS 2 with PUBACK"];
}

void vehicles::state::execute(activity& work) { events.on_executed(work.vehicle, work.request, now()); }

void vehicles::state::disconnect(activity& work, vehicle::parting way) {
    car& c = car_of(work.vehicle);
    if (!c.link.online()) return;
    under(c).parted_by = &work;
    switch (way) {
    case vehicle::parting::clean:
        if (tells_presence(c)) publish_presence(c, "offline");
        c.link.close();
        break;
    case vehicle::parting::abrupt: c.link.reset(); break;
    case vehicle::parting::half_open: c.link.abandon(); break;
    }
    away(c, std::string(text_of(way)));
}

void vehicles::state::reconnect(activity& work) {
    car& c = car_of(work.vehicle);
    if (c.link.online()) return;
    under(c).parted_by = nullptr;
    if (c.connecting) return; // it is on its way
    c.link.close();           // a wait, if it is in one
    come_back(c);
}

/// With the vehicle's name, and a session of nobody's: the broker throws the vehicle out.
void vehicles::state::take_over(activity& work, nanoseconds lasts) {
    car& c = car_of(work.vehicle);
    auto& u = under(c);
    if (!u.twin) {
        identify(c.link);
        u.twin = std::make_unique<intruder>(loop, session_of_intruders, identity.shown);
    }
    tell(c, "a second client comes with its name");
    u.twin->come(broker_of(c).where, now() + lasts);
}

void vehicles::state::stall(activity& work, nanoseconds lasts) {
    car& c = car_of(work.vehicle);
    c.link.stop_reading();
    tell(c, "it stops reading");
    loop.arm(under(c).read_on, now() + lasts);
}

void vehicles::state::end(activity& work) {
    car& c = car_of(work.vehicle);
    const bool comes_back = c.under && c.under->parted_by == &work;
    const auto place = work.place;
    if (place + 1 != activities.size()) {
        std::swap(activities[place], activities.back());
        activities[place]->place = place;
    }
    activities.pop_back();
    if (behaviour_of(c).asleep && c.under && c.under->busy > 0) --c.under->busy;
    if (comes_back) {
        c.under->parted_by = nullptr;
        come_back(c);
    }
    sleep_later(c);
}

} // namespace loadsim::fleet
