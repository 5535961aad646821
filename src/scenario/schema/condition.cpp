#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <loadsim/base/spelling.hpp>

#include <algorithm>
#include <array>

namespace loadsim::scenario {
namespace {

using vehicle::condition;
using enum condition::kind;

constexpr std::array condition_kinds{tunnel, garage, handover,        half_open, slow,
                                     lossy,  outage, reconnect_storm, power_on,  spike};

constexpr choices::table<condition::outage_mode, 2> outage_modes{
    {"restart", "freeze"}, {condition::outage_mode::restart, condition::outage_mode::freeze}};

std::string_view documentation(condition::kind k) {
    switch (k) {
    case tunnel: return "No data passes in either direction; afterwards the held data does, on the same connection.";
    case garage:
        return "The connection is reset and the vehicle stays offline; the broker queues commands for it if it keeps "
               "the session.";
    case handover:
        return "A new connection from another source address, for the same session; the old one is abandoned.";
    case half_open:
        return "Sent data is lost, and neither side is notified (no FIN, no RST), until the vehicle reconnects.";
    case slow: return "Bandwidth limit and delay in each direction.";
    case lossy: return "A share of the vehicles' publishes is lost before it is sent.";
    case outage: return "The embedded broker is down.";
    case reconnect_storm: return "All connections are reset, and the vehicles reconnect without backoff.";
    case power_on: return "The vehicles have no session before it; then all connect.";
    case spike: return "The load is multiplied.";
    }
    return {};
}

boost::json::object schema_of(condition::kind k) {
    condition one;
    one.type = k;
    auto made = value_types::object<condition>{}.schema_of(one);
    made["description"] = documentation(k);
    return made;
}

} // namespace

/// The keys depend on the kind of condition, which is set before.
template <class V>
void describe(V& v, vehicle::condition& c) {
    constexpr value_types::duration period{.min = std::chrono::milliseconds{100}};
    const bool affects_vehicles = vehicle::affects_vehicles(c.type);
    v.derived("name", c.name, "Name in reports; left out: the kind, with a number if there are several of that kind.",
              value_types::name_text{});
    if (affects_vehicles) {
        v.field("segments", c.segments, "Names of the segments that it applies to; empty: all vehicles.",
                value_types::list<value_types::text>{{}, "segments", 100});
        v.field("share", c.affected_fraction,
                "Share of those vehicles that is affected, drawn anew for each occurrence.",
                value_types::fraction_value{});
    }
    v.required("at", c.start, "Start, after the start of the load.", value_types::duration{});
    if (c.type != power_on)
        v.field("every", c.interval, "Interval between occurrences, to the end of the load; left out: it occurs once.",
                period);
    if (c.type == reconnect_storm || c.type == power_on)
        v.field("within", c.spread, "Time over which the vehicles are spread evenly; 0s: all at once.",
                value_types::duration{});
    else if (affects_vehicles)
        v.field("jitter", c.jitter, "Maximum of the random delay with which it starts for each vehicle.",
                value_types::duration{});
    if (c.type == handover)
        v.field("for", c.duration, "Gap between the two connections; left out: none.", value_types::delay{});
    else if (vehicle::has_duration(c.type))
        v.required("for", c.duration, "Duration.", value_types::delay{});
    if (c.type == slow) {
        v.field("bytesPerSecond", c.bytes_per_second, "Bandwidth in each direction, in bytes per second; 0: unlimited.",
                value_types::number{});
        v.field("delay", c.added_delay, "Delay added in each direction.", value_types::delay{});
    }
    if (c.type == lossy)
        v.required("loss", c.loss, "Share of the publishes that is lost.", value_types::fraction_value{});
    if (c.type == spike)
        v.required("factor", c.factor, "Factor for the load of the phases that it overlaps.", value_types::number{});
    if (c.type == spike)
        v.field("telemetry", c.telemetry_factor, "Factor for the rate of telemetry groups during the spike.",
                value_types::number{});
    if (c.type == outage)
        v.field(
            "way", c.mode,
            "restart: the broker is stopped and started again; freeze: it is suspended, and its connections stay open.",
            outage_modes.type());
    if (c.type == spike) return; // no request is affected
    v.field("expect", c.expected, "Outcomes of affected requests that are correct besides those of the behaviour.",
            value_types::outcomes{.may_be_empty = true});
    v.field("expectAnomalies", c.expected_anomalies,
            "Anomalies that the condition causes; they are counted apart from the others.", value_types::anomalies{});
}

namespace value_types {

void condition::read(read_context& r, const yaml_node& n, vehicle::condition& out) const {
    if (!r.expect_map(n, "a condition, such as {tunnel: {at: 60s, for: 20s}},")) return;
    if (n.members.size() != 1)
        return r.add_problem(n,
                             "a condition is exactly one, such as {tunnel: {at: 60s, for: 20s}}; write a list of them");
    const auto& one = n.members.front();
    const auto found = std::ranges::find(condition_kinds, std::string_view(one.key),
                                         [](vehicle::condition::kind k) { return to_string(k); });
    if (found == condition_kinds.end()) {
        std::vector<std::string_view> known;
        for (const auto k : condition_kinds) known.push_back(to_string(k));
        return r.add_problem(one.location, unknown_name("condition", one.key, known));
    }
    out.type = *found;
    const auto guard = r.enter(one.key);
    object<vehicle::condition>{}.read(r, one.value, out);
}

yaml_node condition::write(const vehicle::condition& c) const {
    return make_map(to_string(c.type), object<vehicle::condition>{}.write(c));
}

boost::json::object condition::schema() const {
    boost::json::object properties;
    for (const auto k : condition_kinds) properties[to_string(k)] = schema_of(k);
    return one_key_of(std::move(properties));
}

} // namespace value_types
} // namespace loadsim::scenario
