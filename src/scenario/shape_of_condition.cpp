#include "language.hpp"
#include "shapes.hpp"

#include <loadsim/base/names.hpp>

#include <algorithm>
#include <array>

namespace loadsim::scenario {
namespace {

using vehicle::condition;
using enum condition::kind;

constexpr std::array kinds_of_conditions{tunnel, garage, handover,        half_open, slow,
                                         lossy,  outage, reconnect_storm, power_on,  spike};

constexpr names::table<condition::outage_way, 2> ways{{"restart", "freeze"},
                                                      {condition::outage_way::restart, condition::outage_way::freeze}};

std::string_view documentation(condition::kind k) {
    switch (k) {
    case tunnel: return "Nothing goes through, in either direction; then all that waited does, on the same connection.";
    case garage:
        return "The connection is reset and the vehicle stays away; commands wait for it where the session is kept.";
    case handover: return "A new connection from another address, for the same session; the old one is left behind.";
    case half_open:
        return "What is sent is lost and nobody hears of it (no FIN, no RST), until the vehicle comes back.";
    case slow: return "So many bytes a second, and so much delay, each way.";
    case lossy: return "Part of what vehicles publish is lost before it is sent.";
    case outage: return "The embedded broker is away.";
    case reconnect_storm: return "All connections are reset and come back without any backoff.";
    case power_on: return "The vehicles have no session until then, and then all connect.";
    case spike: return "So many times the load.";
    }
    return {};
}

boost::json::object schema_of(condition::kind k) {
    condition one;
    one.what = k;
    auto made = kinds::object<condition>{}.schema_of(one);
    made["description"] = documentation(k);
    return made;
}

} // namespace

/// Its kind is known: it decides which keys there are.
template <class V>
void describe(V& v, vehicle::condition& c) {
    constexpr kinds::duration period{.least = std::chrono::milliseconds{100}};
    const bool befalls_vehicles = vehicle::strikes_vehicles(c.what);
    v.derived("name", c.name, "Used in reports; left out: its kind, and a number where there are several.",
              kinds::text{kinds::name_length});
    if (befalls_vehicles) {
        v.field("segments", c.segments, "Whom it may befall, by the names of fleet.segments; none: everybody.",
                kinds::list<kinds::text>{{}, "segments", 100});
        v.field("share", c.part, "Part of those that it befalls, drawn anew each time.", kinds::share_value{});
    }
    v.required("at", c.at, "When it begins, after the begin of the load.", kinds::duration{});
    if (c.what != power_on) v.field("every", c.every, "And again, to the end of the load.", period);
    if (c.what == reconnect_storm || c.what == power_on)
        v.field("within", c.within, "Spread evenly over so long; 0s: all at once.", kinds::duration{});
    else if (befalls_vehicles)
        v.field("jitter", c.jitter, "Each vehicle is struck up to so much later.", kinds::duration{});
    if (c.what == handover)
        v.field("for", c.lasts, "The gap between the two connections; left out: none.", kinds::delay{});
    else if (vehicle::lasts(c.what))
        v.required("for", c.lasts, "How long it lasts.", kinds::delay{});
    if (c.what == slow) {
        v.field("bytesPerSecond", c.bytes_per_second, "Each way; 0: not limited.", kinds::number{});
        v.field("delay", c.added, "Added each way.", kinds::delay{});
    }
    if (c.what == lossy) v.required("loss", c.loss, "Part of the publishes that is lost.", kinds::share_value{});
    if (c.what == spike) v.required("factor", c.factor, "Times the load of the phases it falls into.", kinds::number{});
    if (c.what == outage)
        v.field("way", c.way, "restart: it ends and starts again; freeze: it stands still, and connections stand.",
                ways.kind());
    if (c.what == spike) return; // it touches no request
    v.field("expect", c.expected, "Outcomes that are right too, of requests that it touches.",
            kinds::outcomes{.none = true});
    v.field("provokes", c.provokes, "Anomalies that it brings about: they are counted apart.", kinds::anomalies{});
}

namespace kinds {

void condition::read(reading& r, const node& n, vehicle::condition& out) const {
    if (!r.is_map(n, "a condition, such as {tunnel: {at: 60s, for: 20s}},")) return;
    if (n.members.size() != 1)
        return r.wrong(n, "a condition is exactly one, such as {tunnel: {at: 60s, for: 20s}}; write a list of them");
    const auto& one = n.members.front();
    const auto found = std::ranges::find(kinds_of_conditions, std::string_view(one.key),
                                         [](vehicle::condition::kind k) { return to_string(k); });
    if (found == kinds_of_conditions.end()) {
        std::vector<std::string_view> known;
        for (const auto k : kinds_of_conditions) known.push_back(to_string(k));
        return r.wrong(one.where, unknown_name("condition", one.key, known));
    }
    out.what = *found;
    const auto step = r.into(one.key);
    object<vehicle::condition>{}.read(r, one.value, out);
}

node condition::write(const vehicle::condition& c) const {
    return map_of(to_string(c.what), object<vehicle::condition>{}.write(c));
}

boost::json::object condition::schema() const {
    boost::json::object properties;
    for (const auto k : kinds_of_conditions) properties[to_string(k)] = schema_of(k);
    return {{"type", "object"},
            {"additionalProperties", false},
            {"minProperties", 1},
            {"maxProperties", 1},
            {"properties", std::move(properties)}};
}

} // namespace kinds
} // namespace loadsim::scenario
