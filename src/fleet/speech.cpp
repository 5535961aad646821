#include "speech.hpp"

#include "activity.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {
namespace {

using vehicle::word;

/// An id that no platform has given.
std::string made_up(const speaker& who) { return fmt::format("no-request-of-{}-{}", who.vin, who.seq); }

std::string subject(const word& w, const speaker& who) {
    switch (w.request) {
    case word::about::own: return std::string(who.request);
    case word::about::previous: return who.previous.empty() ? made_up(who) : std::string(who.previous);
    case word::about::other: return who.other.empty() ? made_up(who) : std::string(who.other);
    case word::about::unknown: return made_up(who);
    }
    return {};
}

contract::response::phase phase_of(const word& w) {
    if (w.is_final()) return contract::response::phase::final;
    return w.what == word::kind::ack ? contract::response::phase::ack : contract::response::phase::running;
}

std::string payload_of(const word& w, const speaker& who, std::string id) {
    if (w.payload == word::form::empty) return {};
    const contract::response said{
        .id = std::move(id),
        .at = phase_of(w),
        .ok = w.what != word::kind::failed,
        .code = w.payload == word::form::oversized ? std::string(contract::payload_limit, 'x') : w.code,
        .ts_ms = who.wall_ms + std::chrono::duration_cast<std::chrono::milliseconds>(who.clock).count(),
        .sent_us = who.sent_us,
        .seq = who.seq,
        .vin = w.foreign_vin ? who.other_vin : std::string{}};
    auto text = to_json(said);
    if (w.payload == word::form::malformed) text.resize(text.size() / 2); // cut off in the middle
    return text;
}

} // namespace

speaker speaker_of(const plan& p, const word& w, const activity& work,
                   const std::vector<std::unique_ptr<activity>>& all, monotonic_time now) {
    const auto v = work.vehicle;
    speaker who;
    who.vin = vehicle::vin_of(p.options.vin, v);
    who.request = work.request;
    who.response_topic = work.response_topic;
    who.clock = p.behaviours[p.segments.segment_of(v)].clock;
    who.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    if (w.foreign_vin) who.other_vin = vehicle::vin_of(p.options.vin, vehicle_id{(index(v) + 1) % p.options.vehicles});
    if (w.request == word::about::other) {
        const auto other = std::ranges::find_if(all, [v](const auto& a) { return a->vehicle != v; });
        if (other != all.end()) who.other = (*other)->request;
    }
    return who;
}

utterance utter(const word& w, const speaker& who) {
    auto id = subject(w, who);
    const bool as_asked = w.request == word::about::own && !who.response_topic.empty();
    auto topic = as_asked ? std::string(who.response_topic) : contract::response_topic(who.vin, id);
    return {std::move(topic), payload_of(w, who, std::move(id))};
}

} // namespace loadsim::fleet
