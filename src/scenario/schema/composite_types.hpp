// Value types with YAML unlike their struct: alternatives, short forms, mutually exclusive keys.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/load/options.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/verdict/budget.hpp>

#include "read_context.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::scenario::value_types {

/// 40ms, or one of {fixed}, {uniform}, {normal}, {lognormal}, each with an optional `most`.
struct delay {
    void read(read_context&, const yaml_node&, vehicle::delay& out) const;
    yaml_node write(const vehicle::delay&) const;
    boost::json::object schema() const;
};

/// executed, or [executed, timed_out].
struct outcomes {
    bool may_be_empty = false; ///< [] is valid too
    void read(read_context&, const yaml_node&, outcome_set& out) const;
    yaml_node write(outcome_set) const;
    boost::json::object schema() const;
};

/// [executed_twice].
struct anomalies {
    void read(read_context&, const yaml_node&, anomaly_set& out) const;
    yaml_node write(anomaly_set) const;
    boost::json::object schema() const;
};

/// A name (ack, drop), or a map from a name to its argument: {wait: 100ms}. See schema/step.cpp.
struct step {
    void read(read_context&, const yaml_node&, vehicle::step& out) const;
    yaml_node write(const vehicle::step&) const;
    boost::json::object schema() const; ///< a $ref, because steps contain steps
    static boost::json::object definition();
};
inline constexpr std::size_t max_steps = 1000;

/// Keys of a behaviour, below its name.
struct behaviour {
    void read(read_context&, const yaml_node&, vehicle::behaviour& out) const;
    yaml_node write(const vehicle::behaviour&) const;
    boost::json::object schema() const;
};

/// {tunnel: {at: 60s, for: 20s}}: a map from the kind of condition to its keys.
struct condition {
    void read(read_context&, const yaml_node&, vehicle::condition& out) const;
    yaml_node write(const vehicle::condition&) const;
    boost::json::object schema() const;
};

/// e2e.p99 < 1s, or a map with it and its qualifiers: {budget: e2e.p99 < 1s, severity: warn}.
struct budget {
    void read(read_context&, const yaml_node&, verdict::budget& out) const;
    yaml_node write(const verdict::budget&) const;
    boost::json::object schema() const;
};

/// {drop: command, every: 10}: fault, message and frequency.
struct fault {
    void read(read_context&, const yaml_node&, backend::fault& out) const;
    yaml_node write(const backend::fault&) const;
    boost::json::object schema() const;
};

/// A phase with the keys of Artillery.
struct phase {
    void read(read_context&, const yaml_node&, loadsim::load::phase& out) const;
    yaml_node write(const loadsim::load::phase&) const;
    boost::json::object schema() const;
};

/// NAME: WEIGHT, or NAME: a map of keys.
struct service {
    void read(read_context&, const yaml_node&, scenario::service& out) const;
    yaml_node write(const scenario::service&) const;
    boost::json::object schema() const;
};

/// A text, or one of {uniform}, {normal}, {lognormal}, {choose}.
struct parameter {
    void read(read_context&, const yaml_node&, loadsim::load::parameter& out) const;
    yaml_node write(const loadsim::load::parameter&) const;
    boost::json::object schema() const;
};

/// NAME: {created, pending, running}.
struct service_limits {
    void read(read_context&, const yaml_node&, backend::service& out) const;
    yaml_node write(const backend::service&) const;
    boost::json::object schema() const;
};

/// `embedded`, or a map of broker, api and embedded. Defaults that depend on the driver are set in read.cpp.
struct target {
    void read(read_context&, const yaml_node&, scenario::target& out) const;
    yaml_node write(const scenario::target&) const;
    boost::json::object schema() const;
};

/// mqtt, or {webhook: {path: /events}}: a map from the kind of observer to its keys.
struct observer_options {
    void read(scenario::read_context&, const yaml_node&, observer::options& out) const;
    yaml_node write(const observer::options&) const;
    boost::json::object schema() const;
};

/// {bearer: TOKEN}, or another authentication scheme.
struct auth {
    void read(scenario::read_context&, const yaml_node&, driver::auth_options& out) const;
    yaml_node write(const driver::auth_options&) const;
    boost::json::object schema() const;
};

struct tls {
    void read(scenario::read_context&, const yaml_node&, net::tls_options& out) const;
    yaml_node write(const net::tls_options&) const;
    boost::json::object schema() const;
};

struct fleet_tls {
    void read(scenario::read_context&, const yaml_node&, fleet::tls_options& out) const;
    yaml_node write(const fleet::tls_options&) const;
    boost::json::object schema() const;
};

struct hook_request {
    void read(scenario::read_context&, const yaml_node&, driver::hook_options& out) const;
    yaml_node write(const driver::hook_options&) const;
    boost::json::object schema() const;
};

struct campaign {
    void read(scenario::read_context&, const yaml_node&, fleet::campaign_options& out) const;
    yaml_node write(const fleet::campaign_options&) const;
    boost::json::object schema() const;
};

struct broker_api {
    void read(scenario::read_context&, const yaml_node&, fleet::broker_api_options& out) const;
    yaml_node write(const fleet::broker_api_options&) const;
    boost::json::object schema() const;
};

/// {status: 429, every: 10}: fault of the broker API and its frequency.
struct broker_api_fault {
    void read(scenario::read_context&, const yaml_node&, fleet::fault& out) const;
    yaml_node write(const fleet::fault&) const;
    boost::json::object schema() const;
};

/// {requestsCsv: 100000, emf: stdout}, or emf: {to, interval, namespace}.
struct report {
    void read(scenario::read_context&, const yaml_node&, report_options& out) const;
    yaml_node write(const report_options&) const;
    boost::json::object schema() const;
};

/// {currency, prices, messageStep, fleet}, or {example, fleet}.
struct cost {
    void read(scenario::read_context&, const yaml_node&, measure::price_list& out) const;
    yaml_node write(const measure::price_list&) const;
    boost::json::object schema() const;
};

/// {kafka: {topics, ...}}.
struct tap {
    void read(scenario::read_context&, const yaml_node&, observer::tap_options& out) const;
    yaml_node write(const observer::tap_options&) const;
    boost::json::object schema() const;
};

/// Whether there is an embedded cluster, and its options but those of the bridge.
struct cluster_choice {
    std::optional<embedded_kafka> options{};
};
/// true, or {topics: {NAME: PARTITIONS}}.
struct kafka_cluster {
    void read(scenario::read_context&, const yaml_node&, cluster_choice& out) const;
    yaml_node write(const cluster_choice&) const;
    boost::json::object schema() const;
};

struct kafka_bridge {
    void read(scenario::read_context&, const yaml_node&, backend::bridge_options& out) const;
    yaml_node write(const backend::bridge_options&) const;
    boost::json::object schema() const;
};

/// Contract of a platform; see contract_keys.hpp for the keys of its messages.
struct contract {
    void read(scenario::read_context&, const yaml_node&, loadsim::contract::options& out) const;
    yaml_node write(const loadsim::contract::options&) const;
    boost::json::object schema() const;
};

/// A text, or one of {json: TEXT}, {text: TEXT}, {hex: TEXT}, {base64: TEXT}, {file: PATH}.
struct payload {
    void read(scenario::read_context&, const yaml_node&, loadsim::contract::payload_options& out) const;
    yaml_node write(const loadsim::contract::payload_options&) const;
    boost::json::object schema() const;
};

/// A payload, or {exec: PATH, ...}: an external program makes it.
struct telemetry_payload {
    void read(scenario::read_context&, const yaml_node&, loadsim::contract::payload_options& out) const;
    yaml_node write(const loadsim::contract::payload_options&) const;
    boost::json::object schema() const;
};

/// FIELD: PAYLOAD, or FIELD: a list of payloads, which is read as FIELD[0]: PAYLOAD ...
struct protobuf_fields {
    using list = std::vector<std::pair<std::string, loadsim::contract::payload_options>>;
    void read(scenario::read_context&, const yaml_node&, list& out) const;
    yaml_node write(const list&) const;
    boost::json::object schema() const;
};

/// NAME: TEXT.
struct named_texts {
    void read(scenario::read_context&, const yaml_node&, loadsim::contract::named_texts& out) const;
    yaml_node write(const loadsim::contract::named_texts&) const;
    boost::json::object schema() const;
};

/// Field path in a message: see contract/field_path.hpp; '': absent.
struct field_path {
    void read(scenario::read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_scalar(value); }
    boost::json::object schema() const;
};

/// A field path, or a list of them.
struct field_paths {
    void read(scenario::read_context&, const yaml_node&, std::vector<std::string>& out) const;
    yaml_node write(const std::vector<std::string>&) const;
    boost::json::object schema() const;
};

/// {executed: DONE, failed: [ERROR*, REFUSED]}: state texts by outcome.
struct outcome_states {
    using list = std::vector<std::pair<outcome, std::vector<std::string>>>;
    void read(scenario::read_context&, const yaml_node&, list& out) const;
    yaml_node write(const list&) const;
    boost::json::object schema() const;
};

template <class... Schemas>
boost::json::object any_of(Schemas... schemas) {
    return {{"anyOf", boost::json::array{std::move(schemas)...}}};
}

/// Map with exactly one of these keys.
inline boost::json::object one_key_of(boost::json::object properties) {
    return {{"type", "object"},
            {"additionalProperties", false},
            {"minProperties", 1},
            {"maxProperties", 1},
            {"properties", std::move(properties)}};
}

} // namespace loadsim::scenario::value_types
