// Kinds of values whose YAML has another shape than their struct: alternatives, short forms, keys that exclude each
// other.
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

#include "reading.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace loadsim::scenario::kinds {

/// 40ms, or one of {fixed}, {uniform}, {normal}, {lognormal}, each with `most` beside it.
struct delay {
    void read(reading&, const node&, vehicle::delay& out) const;
    node write(const vehicle::delay&) const;
    boost::json::object schema() const;
};

/// executed, or [executed, timed_out].
struct outcomes {
    bool none = false; ///< [] is one too
    void read(reading&, const node&, outcome_set& out) const;
    node write(outcome_set) const;
    boost::json::object schema() const;
};

/// [executed_twice].
struct anomalies {
    void read(reading&, const node&, anomaly_set& out) const;
    node write(anomaly_set) const;
    boost::json::object schema() const;
};

/// A word for itself (ack, drop), or a map of one word to what it needs: {wait: 100ms}. See shape_of_step.cpp.
struct step {
    void read(reading&, const node&, vehicle::step& out) const;
    node write(const vehicle::step&) const;
    boost::json::object schema() const; ///< a reference, for steps hold steps
    static boost::json::object definition();
};
inline constexpr std::size_t steps_most = 1000;

/// The rest of a behaviour, below its name.
struct behaviour {
    void read(reading&, const node&, vehicle::behaviour& out) const;
    node write(const vehicle::behaviour&) const;
    boost::json::object schema() const;
};

/// {tunnel: {at: 60s, for: 20s}}: a map of one kind of condition to the rest.
struct condition {
    void read(reading&, const node&, vehicle::condition& out) const;
    node write(const vehicle::condition&) const;
    boost::json::object schema() const;
};

/// {drop: command, every: 10}: what goes wrong with what, and how often.
struct fault {
    void read(reading&, const node&, backend::fault& out) const;
    node write(const backend::fault&) const;
    boost::json::object schema() const;
};

/// Artillery's keys.
struct phase {
    void read(reading&, const node&, loadsim::load::phase& out) const;
    node write(const loadsim::load::phase&) const;
    boost::json::object schema() const;
};

/// NAME: WEIGHT.
struct service_weight {
    void read(reading&, const node&, loadsim::load::service_weight& out) const;
    node write(const loadsim::load::service_weight&) const;
    boost::json::object schema() const;
};

/// NAME: {created, pending, running}.
struct service_limits {
    void read(reading&, const node&, backend::service& out) const;
    node write(const backend::service&) const;
    boost::json::object schema() const;
};

/// `embedded`, or a map of broker, api and embedded. Leaves open, for resolve() in read.cpp, what depends on the
/// driver.
struct target {
    void read(reading&, const node&, scenario::target& out) const;
    node write(const scenario::target&) const;
    boost::json::object schema() const;
};

/// mqtt, or {webhook: {path: /events}}: a map of one kind of observer to the rest.
struct observer {
    void read(scenario::reading&, const node&, observe::options& out) const;
    node write(const observe::options&) const;
    boost::json::object schema() const;
};

/// {bearer: TOKEN}, or another kind of proof.
struct auth {
    void read(scenario::reading&, const node&, drive::auth_options& out) const;
    node write(const drive::auth_options&) const;
    boost::json::object schema() const;
};

struct tls {
    void read(scenario::reading&, const node&, http::tls_options& out) const;
    node write(const http::tls_options&) const;
    boost::json::object schema() const;
};

struct call {
    void read(scenario::reading&, const node&, drive::call_options& out) const;
    node write(const drive::call_options&) const;
    boost::json::object schema() const;
};

struct campaign {
    void read(scenario::reading&, const node&, fleet::campaign_options& out) const;
    node write(const fleet::campaign_options&) const;
    boost::json::object schema() const;
};

struct broker_api {
    void read(scenario::reading&, const node&, fleet::broker_api_options& out) const;
    node write(const fleet::broker_api_options&) const;
    boost::json::object schema() const;
};

/// {status: 429, every: 10}: what goes wrong, and how often.
struct badness {
    void read(scenario::reading&, const node&, fleet::badness& out) const;
    node write(const fleet::badness&) const;
    boost::json::object schema() const;
};

/// What a platform speaks; see contract_keys.hpp for the keys of its messages.
struct contract {
    void read(scenario::reading&, const node&, loadsim::contract::options& out) const;
    node write(const loadsim::contract::options&) const;
    boost::json::object schema() const;
};

/// A text, or one of {json: TEXT}, {text: TEXT}, {hex: TEXT}, {base64: TEXT}, {file: PATH}.
struct payload {
    void read(scenario::reading&, const node&, loadsim::contract::payload_options& out) const;
    node write(const loadsim::contract::payload_options&) const;
    boost::json::object schema() const;
};

/// NAME: TEXT.
struct named_texts {
    void read(scenario::reading&, const node&, loadsim::contract::named_texts& out) const;
    node write(const loadsim::contract::named_texts&) const;
    boost::json::object schema() const;
};

/// Where a message says something: see contract/source.hpp. '' is nowhere.
struct message_source {
    void read(scenario::reading&, const node&, std::string& out) const;
    node write(const std::string& value) const { return scalar(value); }
    boost::json::object schema() const;
};

/// One such source, or a list of them.
struct message_sources {
    void read(scenario::reading&, const node&, std::vector<std::string>& out) const;
    node write(const std::vector<std::string>&) const;
    boost::json::object schema() const;
};

/// {executed: DONE, failed: [ERROR*, REFUSED]}: texts by outcome.
struct ends {
    using list = std::vector<std::pair<outcome, std::vector<std::string>>>;
    void read(scenario::reading&, const node&, list& out) const;
    node write(const list&) const;
    boost::json::object schema() const;
};

template <class... Schemas>
boost::json::object any_of(Schemas... schemas) {
    return {{"anyOf", boost::json::array{std::move(schemas)...}}};
}

} // namespace loadsim::scenario::kinds
