// The Kafka API: security of connections, taps, embedded cluster and the bridge to it.
#include "schema.hpp"
#include "schema/kafka_keys.hpp"
#include "schema/tls_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace loadsim::scenario {
namespace {

using backend::bridge_fault;
using backend::bridge_rule;

constexpr choices::table<kafka::sasl_mechanism, 3> mechanisms{
    {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"},
    {kafka::sasl_mechanism::plain, kafka::sasl_mechanism::scram_sha_256, kafka::sasl_mechanism::scram_sha_512}};
constexpr choices::table<bridge_rule::form, 2> forms{{"payload", "envelope"},
                                                     {bridge_rule::form::payload, bridge_rule::form::envelope}};

struct security_keys {
    std::optional<kafka::tls_options> tls;
    std::optional<kafka::sasl_options> sasl;
};

struct bridge_fault_keys {
    bool drop = false, duplicate = false, swap_keys = false, corrupt = false;
    std::optional<std::uint32_t> reorder;
    std::optional<nanoseconds> stall;
    fault_rule rule;
};

} // namespace

template <class V>
void describe(V& v, kafka::tls_options& o) {
    describe_certificates(v, o);
    v.field("keyPassword", o.key_password,
            "Password of an encrypted key: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.", value_types::secret{});
    v.field("verify", o.verify,
            "What is verified of a broker's certificate. full: its chain and its names; chain: its chain; none: "
            "nothing.",
            verifications<kafka::tls_verification>.type());
}

template <class V>
void describe(V& v, kafka::sasl_options& o) {
    v.field("mechanism", o.mechanism, "Mechanism of SASL.", mechanisms.type());
    v.required("user", o.user, "User name; may contain ${ENVIRONMENT_VARIABLE}.", value_types::environment_text{});
    v.required("password", o.password, "Password: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
               value_types::secret{});
}

namespace {

template <class V>
void describe(V& v, security_keys& k) {
    v.field("tls", k.tls, "TLS; {} is enough. Left out: none.", value_types::object<kafka::tls_options>{});
    v.field("sasl", k.sasl, "Login; left out: none.", value_types::object<kafka::sasl_options>{});
}

} // namespace

template <class V>
void describe(V& v, observer::tap_options& o) {
    auto& m = o.mapping;
    auto& r = o.reconciliation;
    v.field("name", o.name, "Name in reports and in budgets; several taps have names of their own.",
            value_types::name_text{});
    describe(v, o.consumer);
    v.field("telemetryGroups", o.telemetry_groups,
            "Telemetry groups and alarms that are forwarded to these topics; empty: all.",
            value_types::list<value_types::text>{{}, "telemetryGroups", 100});
    v.field("key", m.key,
            "Where a record names its vehicle, by VIN: key, key/pointer (a key in JSON), /pointer or header:NAME.",
            value_types::text{});
    v.field("payload", m.payload,
            "Field path of the vehicle's payload in a record, such as /payload of EMQX; empty: the whole value.",
            value_types::field_path{});
    v.field("sequence", m.sequence, "Field path of the sequence in the vehicle's payload, or header:NAME.",
            value_types::field_path{});
    v.field("vehicle", m.vehicle,
            "Field path of the VIN in the vehicle's payload, with which the key is compared; empty: it is not.",
            value_types::field_path{});
    v.field("telemetryGroup", m.telemetry_group,
            "Field path of the name of the telemetry group, or of its MQTT topic, in a record, such as /topic of EMQX; "
            "needed for several groups.",
            value_types::field_path{});
    v.field("window", r.window, "Messages in flight of each vehicle and group; above it the oldest is not reconciled.",
            value_types::integer<std::uint32_t>{1, 1'000'000});
    v.field("inFlight", r.in_flight_limit, "Messages in flight of all vehicles of a process.",
            value_types::integer<std::uint64_t>{1});
    v.field("deadline", r.deadline, "Time after which a message that was not consumed is lost.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
}

namespace {

struct tap_keys {
    observer::tap_options kafka;
};

template <class V>
void describe(V& v, tap_keys& k) {
    v.required("kafka", k.kafka, "Topics with the Kafka API: Kafka, AutoMQ, Redpanda, Event Hubs.",
               value_types::object<observer::tap_options>{});
}

template <class V>
void describe(V& v, bridge_fault_keys& k) {
    v.field("drop", k.drop, "Loses the record.", value_types::flag{});
    v.field("duplicate", k.duplicate, "Appends the record twice.", value_types::flag{});
    v.field("reorder", k.reorder, "Appends the record after so many of the next ones of its vehicle and group.",
            value_types::integer<std::uint32_t>{1, 10'000});
    v.field("swapKeys", k.swap_keys, "Gives the record the key of another vehicle.", value_types::flag{});
    v.field("stall", k.stall, "Appends this record and all later ones after this time.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("corrupt", k.corrupt, "Changes a byte of the payload.", value_types::flag{});
    v.field("every", k.rule.every, "Affects every n-th record.", value_types::integer<std::uint32_t>{1});
    v.field("probability", k.rule.probability, "Affects each record with this probability, drawn from the seed.",
            value_types::fraction_value{});
}

struct bridge_fault_type {
    void read(read_context& r, const yaml_node& n, bridge_fault& out) const {
        if (!r.expect_map(n, "a fault, such as {drop: true, every: 10},")) return;
        const auto problem_count = r.located_problems().size();
        bridge_fault_keys keys;
        value_types::object<bridge_fault_keys>{}.read(r, n, keys);
        if (r.located_problems().size() != problem_count) return;
        const std::array given{keys.drop,      keys.duplicate,         keys.reorder.has_value(),
                               keys.swap_keys, keys.stall.has_value(), keys.corrupt};
        if (std::ranges::count(given, true) != 1)
            return r.add_problem(n, "a fault is exactly one of drop, duplicate, reorder, swapKeys, stall and corrupt");
        if (keys.rule.every.has_value() == keys.rule.probability.has_value())
            return r.add_problem(n, "how often? give it either every: 10 or probability: 2%");
        out.what = static_cast<bridge_fault::kind>(std::ranges::find(given, true) - given.begin());
        out.rule = keys.rule;
        out.distance = keys.reorder.value_or(out.distance);
        out.delay = keys.stall.value_or(out.delay);
    }
    yaml_node write(const bridge_fault& f) const {
        using enum bridge_fault::kind;
        bridge_fault_keys keys;
        keys.drop = f.what == drop;
        keys.duplicate = f.what == duplicate;
        keys.swap_keys = f.what == swap_keys;
        keys.corrupt = f.what == corrupt;
        if (f.what == reorder) keys.reorder = f.distance;
        if (f.what == stall) keys.stall = f.delay;
        keys.rule = f.rule;
        auto made = value_types::object<bridge_fault_keys>{}.write(keys);
        std::erase_if(made.members, [](const yaml_member& m) { return m.value.text == "false"; });
        return made;
    }
    boost::json::object schema() const { return value_types::object<bridge_fault_keys>{}.schema(); }
};

} // namespace

template <class V>
void describe(V& v, bridge_rule& o) {
    v.field("filter", o.filter, "MQTT topic filter of the messages.", value_types::text{});
    v.field("topic", o.topic, "Topic of their records.", value_types::text{});
    v.field("key", o.key, "Field path of the key, in a message.", value_types::field_path{});
    v.field("value", o.value,
            "payload: the payload alone; envelope: JSON with clientid, topic, qos, payload and timestamp, as of EMQX.",
            forms.type());
}

template <class V>
void describe(V& v, backend::bridge_options& o) {
    v.field("rules", o.rules, "Messages that become records; each of the rules that match a message makes one.",
            value_types::list<value_types::object<bridge_rule>>{{}, "rules", 20});
    v.field("faults", o.faults, "Faults that the bridge injects: does a tap detect them?",
            value_types::list<bridge_fault_type>{{}, "faults", 100});
}

namespace {

struct topic_partitions {
    void read(read_context& r, const yaml_node& n, kafka::mock_cluster::topic& out) const {
        value_types::integer<std::uint32_t>{1, 1'000}.read(r, n, out.partitions);
    }
    yaml_node write(const kafka::mock_cluster::topic& t) const {
        return value_types::integer<std::uint32_t>{}.write(t.partitions);
    }
    boost::json::object schema() const { return value_types::integer<std::uint32_t>{1, 1'000}.schema(); }
};

struct embedded_kafka_keys {
    std::optional<std::vector<kafka::mock_cluster::topic>> topics;
};

template <class V>
void describe(V& v, embedded_kafka_keys& k) {
    v.field("topics", k.topics, "Partitions of topics by name; left out: 4 of each topic that the scenario names.",
            value_types::keyed_list<topic_partitions>{{}, "topics", 100});
}

} // namespace

namespace value_types {

void kafka_security::read(scenario::read_context& r, const yaml_node& n, kafka::connection_options& out) const {
    security_keys keys;
    object<security_keys>{}.read(r, n, keys);
    out.tls = std::move(keys.tls);
    out.sasl = std::move(keys.sasl);
}
yaml_node kafka_security::write(const kafka::connection_options& o) const {
    return object<security_keys>{}.write({o.tls, o.sasl});
}
json::object kafka_security::schema() const { return object<security_keys>{}.schema(); }

void tap::read(scenario::read_context& r, const yaml_node& n, observer::tap_options& out) const {
    tap_keys keys;
    object<tap_keys>{}.read(r, n, keys);
    out = std::move(keys.kafka);
}
yaml_node tap::write(const observer::tap_options& o) const { return object<tap_keys>{}.write({o}); }
json::object tap::schema() const { return object<tap_keys>{}.schema(); }

void kafka_cluster::read(scenario::read_context& r, const yaml_node& n, cluster_choice& out) const {
    out.options.reset();
    bool wanted = true;
    embedded_kafka_keys keys;
    if (n.what == yaml_node::kind::scalar)
        flag{}.read(r, n, wanted);
    else
        object<embedded_kafka_keys>{}.read(r, n, keys);
    if (!wanted) return;
    out.options.emplace();
    if (keys.topics) out.options->topics = std::move(*keys.topics);
}
yaml_node kafka_cluster::write(const cluster_choice& c) const {
    if (!c.options || c.options->topics.empty()) return flag{}.write(c.options.has_value());
    return object<embedded_kafka_keys>{}.write({c.options->topics});
}
json::object kafka_cluster::schema() const { return any_of(flag{}.schema(), object<embedded_kafka_keys>{}.schema()); }

void kafka_bridge::read(scenario::read_context& r, const yaml_node& n, backend::bridge_options& out) const {
    object<backend::bridge_options>{}.read(r, n, out);
}
yaml_node kafka_bridge::write(const backend::bridge_options& o) const {
    return object<backend::bridge_options>{}.write(o);
}
json::object kafka_bridge::schema() const { return object<backend::bridge_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
