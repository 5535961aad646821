// Sessions of real vehicles: how they begin and end.
#include "vehicles_state.hpp"

#include "reconnect.hpp"
#include "speech.hpp"
#include "traits.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/net/source_use.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Begun one after the other; then others have their turn, for a connect that finds no port takes its time.
constexpr int connects_in_a_row = 64;

bool refused(mqtt::reason r) { return static_cast<std::uint8_t>(r) >= 0x80; }

/// Refusals that trying again does not change.
bool is_final(mqtt::reason r) {
    using enum mqtt::reason;
    constexpr std::array those{
        unsupported_protocol_version, client_identifier_not_valid, bad_user_name_or_password, not_authorized, banned,
        bad_authentication_method};
    return std::ranges::find(those, r) != those.end();
}

/// What helps against a refused subscription.
std::string_view remedy_of(mqtt::reason r) {
    switch (r) {
    case mqtt::reason::wildcard_subscriptions_not_supported:
        return "it knows no wildcards: give contract.command.filter (and the campaigns' filters) without + and #";
    case mqtt::reason::shared_subscriptions_not_supported:
        return "it knows no shared subscriptions: give contract.command.filter (and the campaigns' filters) without "
               "$share";
    default: return "check the broker's access rules";
    }
}

} // namespace

void vehicles::state::connect_due() {
    // A connect that fails at once, or one that comes through, comes back to here from inside.
    if (stopping || std::exchange(connecting, true)) return;
    for (int begun = 0; begun < connects_in_a_row; ++begun) {
        const auto next = queue.take(now());
        if (!next) break;
        car& c = cars[*next];
        if (stays_away(c) || !(c.link.idle() || c.link.waits())) { // since it got its place in the queue
            queue.done();
            continue;
        }
        c.connecting = true;
        connect(c);
    }
    connecting = false;
    loop.arm(next_connect, queue.next()); // `never` with all places taken: whoever comes through or fails looks again
}

/// After each handover from the next address. Without any of ours the broker's own network has some, if that is loopback.
void vehicles::state::connect(car& c) {
    const auto& broker = broker_of(c).where;
    const std::size_t moved = c.under ? c.under->handovers : 0;
    if (!sources.empty())
        return c.link.connect(broker, sources,
                              (net::source_for(the.seed, c.link.tag(), sources.size()) + moved) % sources.size());
    const bool here = broker.address().is_v4() && broker.address().is_loopback();
    if (moved == 0 || !here) return c.link.connect(broker);
    const std::array other{boost::asio::ip::address(
        boost::asio::ip::address_v4(0x7f000001U + static_cast<std::uint32_t>(moved % loopback_addresses)))};
    c.link.connect(broker, other);
}

/// It has come through, or failed: the next one may.
void vehicles::state::connect_over(car& c) {
    if (!std::exchange(c.connecting, false)) return;
    queue.done();
    connect_due();
}

void vehicles::state::on_waited(net::mqtt_link& link) {
    car& c = car_of(vehicle_id{link.tag()});
    if (c.is == standing::asleep) c.is = standing::meant_on; // its trigger has come
    come_back(c);
}

void vehicles::state::come_back(car& c) {
    if (stopping || stays_away(c) || !c.link.idle()) return;
    queue.again(place_of(c), now());
    connect_due();
}

mqtt::identity vehicles::state::identify(net::mqtt_link& link) {
    const car& c = car_of(vehicle_id{link.tag()});
    const auto vin = vin_of(c);
    auto known = known_of(the, id_of(c));
    known.vin = vin;
    const auto& false_ones = false_papers[the.segments.segment_of(id_of(c))];
    (false_ones ? *false_ones : own_papers).fill(known, identity.shown);
    if (identity.shown.name.empty() && c.under) identity.shown.name = c.under->assigned_name;
    mqtt::identity who{
        .client_id = identity.shown.name, .user = identity.shown.user, .password = identity.shown.password};
    if (tells_presence(c) && utter_presence(the, id_of(c), "offline", wall_us(), presences++, identity.offline)) {
        const auto& m = identity.offline;
        const auto& at = broker_of(c);
        const auto wanted = m.qos ? static_cast<mqtt::qos>(*m.qos) : mqtt::qos::at_least_once;
        who.last_will = mqtt::will{.topic = m.topic,
                                   .payload = m.payload,
                                   .quality = std::min(wanted, at.maximum_qos),
                                   .retain = m.retain && at.retains};
    }
    return who;
}

void vehicles::state::on_online(net::mqtt_link& link, const mqtt::server_limits& limits, nanoseconds took) {
    counted.sessions.connect.record(took);
    if (link.syn_was_repeated()) ++counted.sessions.syn_retransmitted;
    car& c = car_of(vehicle_id{link.tag()});
    c.attempts = 0;
    if (std::exchange(c.connected_before, true)) ++counted.sessions.reconnects;
    if (c.is == standing::barred) return let_in(c);
    c.subscribed = c.subscribed && limits.session_present;
    tell(c, limits.session_present ? "on line, session present" : "on line");
    heed(c, limits);
    if (c.subscribed)
        ready(c);
    else
        subscribe(c, limits);
    if (tells_presence(c)) publish_presence(c, "online");
    connect_over(c);
}

/// It has found out what there was to find out, and must not hear of any command.
void vehicles::state::let_in(car& c) {
    events.on_let_in(id_of(c), now());
    c.is = standing::left;
    c.link.close();
    connect_over(c);
}

/// Of one that sleeps a platform has to know when it does, whatever the options say.
bool vehicles::state::tells_presence(const car& c) const { return the.options.mqtt.presence || behaviour_of(c).asleep; }

void vehicles::state::publish_presence(car& c, std::string_view what) {
    if (!utter_presence(the, id_of(c), what, wall_us(), presences++, message)) {
        ++counted.sessions.reasons["presence not sent: its payload cannot be made"];
        return;
    }
    const auto sent = publish(c, message, mqtt::qos::at_most_once);
    if (sent.error) ++counted.sessions.reasons["presence not sent: " + sent.error.message()];
}

/// That for commands, and those of the campaigns that address it.
std::vector<std::string> vehicles::state::filters_of(const car& c) const {
    const auto vin = vin_of(c);
    auto known = known_of(the, id_of(c));
    known.vin = vin;
    std::vector<std::string> all{the.terms.command_filter(known)};
    for (const auto i : campaigns_of[the.segments.segment_of(id_of(c))]) {
        auto one = campaigns[i].filter(known);
        if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
    }
    return all;
}

void vehicles::state::subscribe(car& c, const mqtt::server_limits& limits) {
    const auto filters = filters_of(c);
    std::vector<mqtt::subscription> all;
    for (const auto& filter : filters) {
        if (const auto why = refusal_of(limits, filter); why != mqtt::reason::success)
            return not_subscribed(c, filter, why, mqtt::to_string(why));
        all.push_back({.filter = filter, .quality = the.options.mqtt.command_qos});
    }
    if (const auto asked_for = c.link.subscribe(all); asked_for.error)
        not_subscribed(c, filters.front(), mqtt::reason::unspecified_error, asked_for.error.message());
}

void vehicles::state::on_subscribed(net::mqtt_link& link, std::span<const mqtt::reason> granted) {
    car& c = car_of(vehicle_id{link.tag()});
    for (std::size_t i = 0; i < granted.size(); ++i) {
        if (refused(granted[i])) return not_subscribed(c, filters_of(c)[i], granted[i], mqtt::to_string(granted[i]));
        const auto wanted = the.options.mqtt.command_qos;
        if (static_cast<mqtt::qos>(granted[i]) < wanted)
            note_once(fmt::format("the broker grants QoS {} where {} was asked for", static_cast<int>(granted[i]),
                                  static_cast<int>(wanted)));
    }
    c.subscribed = true;
    ready(c);
}

void vehicles::state::not_subscribed(car& c, const std::string& filter, mqtt::reason r, const std::string& why) {
    ++counted.sessions.refused;
    ++counted.sessions.reasons["subscription refused: " + why];
    if (!refusal.empty() || c.is == standing::barred) return;
    refusal = fmt::format("the broker refuses vehicle {} its subscription to {} ({}); {}", vin_of(c), filter, why,
                          remedy_of(r));
}

/// What the broker has, of what we would use.
void vehicles::state::heed(car& c, const mqtt::server_limits& limits) {
    auto& at = broker_of(c);
    at.maximum_qos = limits.maximum_qos;
    at.retains = limits.retain_available;
    if (limits.maximum_qos < the.options.mqtt.response_qos)
        note_once(fmt::format("the broker's highest QoS is {}: answers are sent with that",
                              static_cast<int>(limits.maximum_qos)));
    if (!limits.retain_available && tells_presence(c) && the.terms.options().presence.retain)
        note_once("the broker retains nothing: presence is sent, and not kept");
    if (limits.session_expiry < c.link.options().session_expiry && c.link.options().protocol == mqtt::version::v5_0)
        note_once(fmt::format("the broker keeps sessions for {} s and not for {} s", limits.session_expiry.count(),
                              c.link.options().session_expiry.count()));
    if (!limits.assigned_client_id.empty()) under(c).assigned_name = limits.assigned_client_id;
}

/// A will with more than the broker has costs the connect (3.2.2.3.4, 3.2.2.3.5): the next one has less.
void vehicles::state::heed_refusal(car& c) {
    auto& at = broker_of(c);
    const auto told = c.link.session().last_reason();
    if (told == mqtt::reason::qos_not_supported && at.maximum_qos != mqtt::qos::at_most_once)
        at.maximum_qos = mqtt::qos::at_most_once; // CONNACK will say whether it is 1
    if (told == mqtt::reason::retain_not_supported) at.retains = false;
}

/// Of all vehicles at once: what does not keep any of them off line.
void vehicles::state::note_once(std::string what) {
    if (noted.insert(what).second) ++counted.sessions.reasons[std::move(what)];
}

void vehicles::state::ready(car& c) {
    stands(c, true);
    sleep_later(c);
}

/// Why it has no session. One that no other try would help is the run's to know.
std::string vehicles::state::reason_of(const car& c, std::error_code why) {
    if (why != mqtt::errc::connect_refused && why != mqtt::errc::server_disconnected) return why.message();
    const auto told = c.link.session().last_reason();
    if (refusal.empty() && c.is != standing::barred && is_final(told))
        refusal = fmt::format("the broker refuses vehicle {} ({}); {}", vin_of(c), mqtt::to_string(told),
                              told == mqtt::reason::unsupported_protocol_version
                                  ? "set fleet.mqtt.version to one that it speaks, such as 3.1.1"
                                  : "check fleet.mqtt.user and fleet.mqtt.password and the broker's access rules");
    return why.message() + ": " + mqtt::to_string(told);
}

void vehicles::state::on_offline(net::mqtt_link& link, std::error_code why, bool was_online) {
    car& c = car_of(vehicle_id{link.tag()});
    const bool has_twin = c.under && c.under->twin && c.under->twin->inside();
    const bool on_purpose = silent(c) || has_twin;
    stands(c, false);
    if (stopping) return;
    // The session there may be another's by now.
    if (has_twin || link.session().last_reason() == mqtt::reason::session_taken_over) c.subscribed = false;
    const auto reason = was_online && has_twin ? "its session was taken over" : reason_of(c, why);
    tell(c, (was_online ? "off line: " : "no session: ") + reason);
    if (!was_online || !on_purpose) {
        ++(was_online ? counted.sessions.dropped : counted.sessions.refused);
        ++counted.sessions.reasons[reason];
    }
    if (!was_online && link.syn_was_repeated()) ++counted.sessions.syn_retransmitted;
    if (!was_online) heed_refusal(c);
    if ((!was_online && !on_purpose) || why == mqtt::errc::use_another_server) ++c.moves;
    const auto unit = draw_unit(the.seed, stream::reconnect, index(id_of(c)), c.tries++);
    const auto wait = reconnect_wait(the.options.reconnect, c.attempts, unit);
    if (c.attempts < std::numeric_limits<std::uint8_t>::max()) ++c.attempts;
    if (!stays_away(c)) link.wait_until(now() + wait); // else whatever keeps it away brings it back
    connect_over(c);
}

/// Its connection is gone by our own doing.
void vehicles::state::away(car& c, const std::string& why) {
    stands(c, false);
    tell(c, "off line: " + why);
    connect_over(c);
}

void vehicles::state::say_goodbye(car& c, mqtt::session::ends what) {
    if (c.link.online() && tells_presence(c)) publish_presence(c, "offline");
    c.link.close(what);
    stands(c, false);
    connect_over(c);
}

void vehicles::state::leave(car& c) {
    c.is = standing::left;
    say_goodbye(c, mqtt::session::ends::connection);
    tell(c, "off line: it left");
}

void vehicles::state::fall_asleep(car& c) {
    publish_presence(c, "asleep");
    c.link.close();
    c.is = standing::asleep;
    under(c).sleep.disarm();
    away(c, "it sleeps");
}

void vehicles::state::sleep_later(car& c) {
    const auto& asleep = behaviour_of(c).asleep;
    if (!asleep || start == never || stopping || !c.stands) return;
    auto& u = under(c);
    if (u.busy == 0) loop.arm(u.sleep, now() + asleep->awake_for);
}

void vehicles::state::wake(car& c) {
    if (c.is != standing::asleep || stopping) return;
    const auto& how = *behaviour_of(c).asleep;
    draws chance(the.seed, stream::wake, index(id_of(c)), under(c).triggers++ * draws_per_trigger);
    if (chance.unit() < how.loss.of_one || c.link.waits()) return;
    tell(c, "woken");
    c.link.wait_until(now() + sample(how.takes, chance));
}

} // namespace loadsim::fleet
