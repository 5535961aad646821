#include "speech.hpp"

#include "activity.hpp"
#include "traits.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

using vehicle::word;

/// An id that no platform has given.
std::string made_up(const speaker& who) { return fmt::format("no-request-of-{}-{}", who.vin, who.seq); }

/// Whose request it is of; empty: nobody's.
std::string_view subject(const word& w, const speaker& who) {
    switch (w.request) {
    case word::about::own: return who.request;
    case word::about::previous: return who.previous;
    case word::about::other: return who.other;
    case word::about::unknown: break;
    }
    return {};
}

std::int64_t in_us(nanoseconds t) { return std::chrono::duration_cast<std::chrono::microseconds>(t).count(); }

struct names_of_word {
    contract::word what;
    std::string_view phase;
};

names_of_word names_of(word::kind what) {
    switch (what) {
    case word::kind::ack: return {contract::word::ack, "ack"};
    case word::kind::running: return {contract::word::running, "running"};
    case word::kind::executed: return {contract::word::executed, "executed"};
    case word::kind::failed: break;
    }
    return {contract::word::failed, "failed"};
}

/// Cut off in the middle, or blown up: whatever the contract makes of it.
void spoil(std::string& payload, word::form how) {
    switch (how) {
    case word::form::plain: break;
    case word::form::malformed: payload.resize(payload.size() / 2); break;
    case word::form::empty: payload.clear(); break;
    case word::form::oversized: // JSON may end in blanks
        if (payload.size() <= contract::payload_limit) payload.resize(contract::payload_limit + 1, ' ');
    }
}

/// In a contract that has no place for it another's VIN takes the place of its own, in the payload.
bool claim(const contract::terms& terms, contract::word what, contract::values of, std::string_view other,
           contract::composed& out) {
    if (!terms.compose(what, of, out)) return false;
    const auto without = out.payload;
    of.claimed_vin = other;
    if (!terms.compose(what, of, out)) return false;
    if (out.payload != without) return true;
    auto topic = std::move(out.topic);
    of.vin = other;
    const bool made = terms.compose(what, of, out);
    out.topic = std::move(topic);
    return made;
}

} // namespace

speaker speaker_of(const plan& p, const word& w, const activity& work,
                   const std::vector<std::unique_ptr<activity>>& all, monotonic_time now) {
    const auto v = work.vehicle;
    speaker who;
    who.vin = p.cars.vin_of(v);
    who.known = known_of(p, v);
    who.known.service = work.command.service;
    who.known.parameters = work.command.parameters;
    who.known.command = work.command.pointers;
    who.seed = p.seed;
    who.request = work.request;
    who.response_topic = work.response_topic;
    who.correlation = work.correlation;
    who.clock = p.behaviours[p.segments.segment_of(v)].clock;
    who.sent_us = in_us(now.time_since_epoch());
    if (w.foreign_vin) who.other_vin = p.cars.vin_of(vehicle_id{(index(v) + 1) % p.options.vehicles});
    if (w.request == word::about::other) {
        const auto other = std::ranges::find_if(all, [v](const auto& a) { return a->vehicle != v; });
        if (other != all.end()) who.other = (*other)->request;
    }
    return who;
}

bool utter(const contract::terms& terms, const word& w, const speaker& who, contract::composed& out) {
    const auto [what, phase] = names_of(w.what);
    const auto whose = subject(w, who);
    const auto nobodys = whose.empty() ? made_up(who) : std::string{};
    const auto oversized =
        w.payload == word::form::oversized ? std::string(contract::payload_limit, 'x') : std::string{};
    draws chance(who.seed, stream::text, who.known.index,
                 draws_from(spoken::word, static_cast<std::uint64_t>(who.seq)));
    auto of = who.known;
    of.vin = who.vin;
    of.request_id = whose.empty() ? std::string_view{nobodys} : whose;
    of.code = oversized.empty() ? std::string_view{w.code} : oversized;
    of.phase = phase;
    of.ok = w.what != word::kind::failed;
    of.seq = who.seq;
    of.now_us = who.wall_us + in_us(who.clock);
    of.sent_us = who.sent_us;
    of.draw = &chance;
    const bool made = w.foreign_vin ? claim(terms, what, of, who.other_vin, out) : terms.compose(what, of, out);
    if (!made) return false;
    const bool as_asked = w.request == word::about::own && terms.options().answers_as_asked;
    if (as_asked && !who.response_topic.empty()) out.topic = who.response_topic;
    if (out.correlation.empty()) out.correlation = who.correlation;
    spoil(out.payload, w.payload);
    return true;
}

bool utter_presence(const plan& p, vehicle_id v, std::string_view state, std::int64_t wall_us, std::uint64_t n,
                    contract::composed& out) {
    const auto vin = p.cars.vin_of(v);
    const auto& b = p.behaviours[p.segments.segment_of(v)];
    draws chance(p.seed, stream::text, index(v), draws_from(spoken::presence, n));
    auto of = known_of(p, v);
    of.vin = vin;
    of.state = state;
    if (b.asleep && state == "asleep") of.wake = bearer_of(*b.asleep);
    of.now_us = wall_us + in_us(b.clock);
    of.draw = &chance;
    return p.terms.compose_presence(of, out);
}

} // namespace loadsim::fleet
