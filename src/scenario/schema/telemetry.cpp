// Telemetry of the fleet: groups, alarms, store.
#include "schema/telemetry_types.hpp"

#include "schema.hpp"
#include "schema/contract_keys.hpp"
#include "schema/program_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace loadsim::scenario {
namespace {

using telemetry::alarm_options;
using telemetry::group_options;
using telemetry::reissue_options;
using telemetry::reissue_order;
using telemetry::store_options;

constexpr choices::table<reissue_order, 2> reissue_orders{{"before-live", "interleaved"},
                                                          {reissue_order::before_live, reissue_order::interleaved}};
constexpr std::array<std::string_view, 3> payload_keys{"payload", "vss", "protobuf"};

/// A message of telemetry has no default topic and payload, so both are required. That it has one payload alone is checked where it
/// is compiled.
void check_message_keys(read_context& r, const yaml_node& n) {
    if (n.what != yaml_node::kind::map) return;
    if (n.find("topic") == nullptr) r.add_problem(n, "'topic' is missing");
    if (std::ranges::none_of(payload_keys, [&](std::string_view key) { return n.find(key) != nullptr; }))
        r.add_problem(n, "'payload' is missing; give it, vss or protobuf");
}

yaml_node without_empty_payload(yaml_node made, const contract::message_options& message) {
    if (message.vss || message.protobuf)
        std::erase_if(made.members, [](const yaml_member& m) { return m.key == "payload"; });
    return made;
}

} // namespace

template <class V>
void describe(V& v, telemetry::state_periods& p) {
    constexpr value_types::duration period{.min = std::chrono::milliseconds{1}};
    v.field("driving", p.driving, "While the vehicle drives; left out: nothing is sent then.", period);
    v.field("parked", p.parked, "While it is parked; left out: nothing is sent then.", period);
    v.field("charging", p.charging, "While it is charged; left out: nothing is sent then.", period);
}

template <class V>
void describe(V& v, group_options& o) {
    v.required("name", o.name, "Name in reports, in budgets and for taps; unique among groups and alarms.",
               value_types::name_text{});
    v.required(
        "every", o.every,
        "Time from one message to the next, in the time of fleet.trips: a duration, or one for each state of the "
        "vehicle.",
        value_types::state_periods{});
    v.field("jitter", o.jitter, "Part of the period at whose random point a message is due.",
            value_types::fraction_value{});
    describe_telemetry_message(v, o.message);
}

template <class V>
void describe(V& v, alarm_options& o) {
    v.required("name", o.name, "Name in reports and in budgets; unique among groups and alarms.",
               value_types::name_text{});
    v.required("rate", o.rate, "Alarms of each vehicle, at random instants in the time of fleet.trips: 0.1/day, 2/h.",
               value_types::rate_value{});
    describe_telemetry_message(v, o.message);
}

template <class V>
void describe(V& v, reissue_options& o) {
    v.field("order", o.order,
            "before-live: the stored messages first, and new ones behind them; interleaved: new ones at once, and "
            "stored ones between them.",
            reissue_orders.type());
    v.field("share", o.share,
            "With interleaved: share of all messages that are stored ones; 100%: they wait for no new ones.",
            value_types::fraction_value{});
    v.field("rate", o.rate, "Most stored messages per second and vehicle; left out: as fast as the session takes them.",
            value_types::rate_value{});
}

template <class V>
void describe(V& v, store_options& o) {
    v.field("messages", o.messages, "Most messages of a vehicle; above it the oldest is overwritten. 0: not limited.",
            value_types::integer<std::uint64_t>{});
    v.field("bytes", o.bytes, "Most bytes of a vehicle's messages; above it the oldest is overwritten. 0: not limited.",
            value_types::data_size{});
    v.field("age", o.age, "Age above which a message is not sent any more; 0s: not limited.", value_types::duration{});
    v.field("totalBytes", o.total_bytes, "Most bytes of all vehicles of a process; 0: not limited.",
            value_types::data_size{});
    v.field("reissue", o.reissue, "How a vehicle sends what is in its store when its link is up again.",
            value_types::object<reissue_options>{});
    v.field("sqlite", o.sqlite,
            "Folder of SQLite databases, one for each shard, in which the store outlives a restart of loadsim; empty: "
            "in memory.",
            value_types::file_path{});
    v.field("diskBytes", o.disk_bytes, "Most bytes of all databases of a process.", value_types::data_size{});
}

telemetry_keys telemetry_keys_of(const fleet::options& o) {
    const auto& all = o.telemetry.groups;
    const auto of_fleet = all.size() - std::min<std::size_t>(o.segment_only_groups, all.size());
    const auto begin = all.begin();
    telemetry_keys keys;
    keys.groups.assign(begin, begin + static_cast<std::ptrdiff_t>(of_fleet));
    for (const auto& s : o.segments) {
        auto& written = keys.segments.emplace_back(segment_keys{s});
        if (!s.telemetry) continue;
        auto& own = written.telemetry.emplace();
        for (const auto& name : *s.telemetry) {
            const auto found = std::ranges::find(all, name, &group_options::name);
            if (found != all.end() && found - begin >= static_cast<std::ptrdiff_t>(of_fleet))
                own.push_back({false, *found});
            else
                own.emplace_back(segment_group{true, {}}).group.name = name;
        }
    }
    return keys;
}

void assign_telemetry(telemetry_keys keys, fleet::options& o) {
    const auto of_fleet = static_cast<std::ptrdiff_t>(keys.groups.size());
    auto& all = o.telemetry.groups = std::move(keys.groups);
    o.segments.clear();
    for (auto& k : keys.segments) {
        auto& s = o.segments.emplace_back(std::move(k.segment));
        s.telemetry.reset();
        if (!k.telemetry) continue;
        auto& names = s.telemetry.emplace();
        for (auto& item : *k.telemetry) {
            names.push_back(item.group.name);
            if (!item.is_name && std::find(all.begin() + of_fleet, all.end(), item.group) == all.end())
                all.push_back(std::move(item.group));
        }
    }
    o.segment_only_groups = static_cast<std::uint32_t>(all.size()) - static_cast<std::uint32_t>(of_fleet);
}

namespace {

/// {exec: PATH, args: ...} as a payload.
struct payload_program_keys {
    program_keys program;
};

template <class V>
void describe(V& v, payload_program_keys& k) {
    describe_program(v, k.program);
}

} // namespace

namespace value_types {

void telemetry_payload::read(read_context& r, const yaml_node& n, loadsim::contract::payload_options& out) const {
    if (n.what != yaml_node::kind::map || n.find("exec") == nullptr) return payload{}.read(r, n, out);
    payload_program_keys keys;
    object<payload_program_keys>{}.read(r, n, keys);
    out = {};
    out.program = program_of(r, n, std::move(keys.program));
    if (out.program) out.format = loadsim::contract::payload_options::payload_format::exec;
}
yaml_node telemetry_payload::write(const loadsim::contract::payload_options& p) const {
    if (!p.program) return payload{}.write(p);
    return object<payload_program_keys>{}.write(payload_program_keys{keys_of(*p.program)});
}
boost::json::object telemetry_payload::schema() const {
    return any_of(payload{}.schema(), object<payload_program_keys>{}.schema());
}

void state_periods::read(read_context& r, const yaml_node& n, telemetry::state_periods& out) const {
    out = {};
    if (n.what != yaml_node::kind::scalar) return object<telemetry::state_periods>{}.read(r, n, out);
    nanoseconds period{0};
    duration{.min = std::chrono::milliseconds{1}}.read(r, n, period);
    out = telemetry::period_always(period);
}
yaml_node state_periods::write(const telemetry::state_periods& p) const {
    if (p.driving && p == telemetry::period_always(*p.driving)) return duration{}.write(*p.driving);
    return object<telemetry::state_periods>{}.write(p);
}
boost::json::object state_periods::schema() const {
    return any_of(duration{}.schema(), object<telemetry::state_periods>{}.schema());
}

void telemetry_group::read(read_context& r, const yaml_node& n, group_options& out) const {
    object<group_options>{}.read(r, n, out);
    check_message_keys(r, n);
}
yaml_node telemetry_group::write(const group_options& o) const {
    return without_empty_payload(object<group_options>{}.write(o), o.message);
}
boost::json::object telemetry_group::schema() const { return object<group_options>{}.schema(); }

void segment_telemetry::read(read_context& r, const yaml_node& n, segment_group& out) const {
    out.is_name = n.what == yaml_node::kind::scalar;
    if (out.is_name)
        name_text{}.read(r, n, out.group.name);
    else
        telemetry_group{}.read(r, n, out.group);
}
yaml_node segment_telemetry::write(const segment_group& g) const {
    return g.is_name ? name_text{}.write(g.group.name) : telemetry_group{}.write(g.group);
}
boost::json::object segment_telemetry::schema() const {
    return any_of(name_text{}.schema(), telemetry_group{}.schema());
}

void telemetry_alarm::read(read_context& r, const yaml_node& n, alarm_options& out) const {
    object<alarm_options>{}.read(r, n, out);
    check_message_keys(r, n);
}
yaml_node telemetry_alarm::write(const alarm_options& o) const {
    return without_empty_payload(object<alarm_options>{}.write(o), o.message);
}
boost::json::object telemetry_alarm::schema() const { return object<alarm_options>{}.schema(); }

void telemetry_store::read(read_context& r, const yaml_node& n, store_options& out) const {
    object<store_options>{}.read(r, n, out);
}
yaml_node telemetry_store::write(const store_options& o) const { return object<store_options>{}.write(o); }
boost::json::object telemetry_store::schema() const { return object<store_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
