// Scenario schema: the keys of each struct, in the order of writing. Reader, writer and JSON Schema share one
// description of each struct.
#pragma once

#include <loadsim/scenario/scenario.hpp>

#include "schema/composite_types.hpp"
#include "schema_visitors.hpp"

#include <array>
#include <limits>

namespace loadsim::scenario {

namespace choices {

template <class T, std::size_t N>
struct table {
    std::array<std::string_view, N> names;
    std::array<T, N> values;
    value_types::choice<T> type() const { return {names, values}; }
};

inline constexpr table<mqtt::version, 3> version{{"5.0", "5", "3.1.1"},
                                                 {mqtt::version::v5_0, mqtt::version::v5_0, mqtt::version::v3_1_1}};
inline constexpr table<mqtt::qos, 3> qos{{"0", "1", "2"},
                                         {mqtt::qos::at_most_once, mqtt::qos::at_least_once, mqtt::qos::exactly_once}};
inline constexpr table<std::uint8_t, 3> qos_number{{"0", "1", "2"}, {0, 1, 2}};
inline constexpr table<fleet::reconnect_options::kind, 3> backoff{{"fullJitter", "none", "fixed"},
                                                                  {fleet::reconnect_options::kind::full_jitter,
                                                                   fleet::reconnect_options::kind::none,
                                                                   fleet::reconnect_options::kind::fixed}};
inline constexpr table<record, 3> record_selection{{"automatic", "unexpected", "all"},
                                                   {record::automatic, record::unexpected, record::all}};
inline constexpr table<loadsim::load::spacing, 2> spacing{
    {"uniform", "poisson"}, {loadsim::load::spacing::uniform, loadsim::load::spacing::poisson}};
inline constexpr table<driver::kind, 2> driver{{"http", "mqtt"}, {driver::kind::http, driver::kind::mqtt}};
inline constexpr table<fleet::link_kind, 2> link{{"mqtt", "broker-api"},
                                                 {fleet::link_kind::mqtt, fleet::link_kind::broker_api}};

} // namespace choices

template <class V>
void describe(V& v, vehicle::vin_options& o) {
    v.field("wmi", o.wmi, "World manufacturer identifier, 3 characters.", value_types::text{});
    v.field("vds", o.vds, "Vehicle descriptor, 5 characters; the check digit follows it.", value_types::text{});
    v.field("year", o.year, "Model year.", value_types::integer<std::uint16_t>{1980, 2039});
}

/// A fleet's MQTT options are two structs: those of any client session, and those of vehicles.
template <class V>
void describe(V& v, fleet::mqtt_options& o) {
    constexpr std::chrono::seconds max_expiry{std::numeric_limits<std::uint32_t>::max()};
    auto& s = o.session;
    v.field("version", s.protocol, "MQTT version.", choices::version.type());
    v.field("keepAlive", s.keep_alive, "Whole seconds; 0s switches it off.",
            value_types::duration{.max = std::chrono::seconds{65535}});
    v.field("cleanStart", s.clean_start,
            "true: every connect begins a new session. false, with a sessionExpiry: commands wait for a vehicle that "
            "is away.",
            value_types::flag{});
    v.field("sessionExpiry", s.session_expiry,
            "How long the broker keeps the session of a vehicle that is away; MQTT 5.0 only (3.1.1: cleanStart alone "
            "decides).",
            value_types::duration{.max = max_expiry});
    v.field("receiveMaximum", s.receive_maximum, "QoS 1 and 2 messages the broker may have under way to one vehicle.",
            value_types::integer<std::uint16_t>{1});
    v.field("maximumPacketSize", s.maximum_packet_size,
            "Largest packet a vehicle takes, in bytes; 0: no limit is told.", value_types::integer<std::uint32_t>{});
    v.field("connackWithin", s.connect_timeout, "A broker that accepts and says nothing is an error after this.",
            value_types::duration{.min = std::chrono::seconds{1}});
    v.field("queueLimit", s.queue_limit, "Messages a vehicle keeps while the broker's receive maximum is used up.",
            value_types::integer<std::uint16_t>{});
    v.field("clientId", o.client_id, "A template: {vin}, {index}, {segment}, {data.COLUMN}.", value_types::text{});
    v.field("user", o.user, "A template: {vin}, {data.COLUMN} ...; may hold ${ENVIRONMENT_VARIABLE}.",
            value_types::environment_text{});
    v.field("password", o.password, "A template: {vin}, {data.COLUMN} ...; may hold ${ENVIRONMENT_VARIABLE}.",
            value_types::environment_text{.secret = true});
    v.field("presence", o.presence, "Retained \"online\" on the presence topic, will \"offline\".",
            value_types::flag{});
    v.field("commandQos", o.command_qos, "QoS at which vehicles subscribe to their commands.", choices::qos.type());
    v.field("responseQos", o.response_qos, "QoS of the vehicles' answers.", choices::qos.type());
}

template <class V>
void describe(V& v, fleet::reconnect_options& o) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.field("backoff", o.backoff,
            "fullJitter: the n-th wait is anything up to base * 2^n; fixed: always base; none: at once. The last two "
            "show the harm.",
            choices::backoff.type());
    v.field("base", o.base, "The first wait is at most this.", positive);
    v.field("cap", o.cap, "No wait is longer than this.", positive);
}

template <class V>
void describe(V& v, vehicle::segment& s) {
    v.required("name", s.name, "Used in reports.", value_types::text{value_types::name_length});
    v.required("share", s.fleet_fraction, "Part of the fleet; all shares add up to 100%.",
               value_types::fraction_value{});
    v.field("behaviour", s.behaviour, "One of `behaviours`, or a built-in one: see loadsim show behaviours.",
            value_types::text{});
    v.field("variables", s.variables, "{segment.NAME} in templates; every segment has the same names.",
            value_types::named_texts{});
}

template <class V>
void describe(V& v, fleet::wakeup_options& o) {
    v.field("udp", o.udp, "Address and port for datagrams, each a VIN; port 0: any free one.", value_types::text{});
    v.field("sms", o.sms, "Address and port of the stand-in for an SMS gateway: POST /sms {\"to\": VIN}.",
            value_types::text{});
}

template <class V>
void describe(V& v, fleet::options& o) {
    v.field("vehicles", o.vehicles, "How many there are.", value_types::integer<std::uint32_t>{1});
    v.field("connectRate", o.connect_rate, "Connections a second while the fleet comes on line.",
            value_types::rate_value{});
    v.field("connectWithin", o.fleet_connect_timeout, "All must be on line by then; 0s: vehicles / connectRate + 30s.",
            value_types::duration{});
    v.field("connectsInFlight", o.connects_in_flight, "Connects under way at once at one broker, at most.",
            value_types::integer<std::uint32_t>{1, 1'000'000});
    v.field("sourceAddresses", o.source_addresses,
            "Addresses of this machine, or CIDRs, that vehicles connect from in turn; none: the kernel's choice.",
            value_types::list<value_types::source_address>{{}, "sourceAddresses", 1000});
    v.field("vin", o.vin, "What the vehicles' VINs are made of.", value_types::object<vehicle::vin_options>{});
    v.field(
        "data", o.data,
        "A CSV: a header line, then a line for each vehicle; {data.COLUMN} in templates, and a column vin for VINs.",
        value_types::text{});
    v.field("link", o.link, "mqtt: a session each; broker-api: the platform calls us instead of its broker's HTTP API.",
            choices::link.type());
    v.field("mqtt", o.mqtt, "How vehicles talk to the broker.", value_types::object<fleet::mqtt_options>{});
    v.field("brokerApi", o.broker_api, "The broker's API that we play, with link: broker-api.",
            value_types::broker_api{});
    v.field("reconnect", o.reconnect, "When a vehicle that lost its session tries again.",
            value_types::object<fleet::reconnect_options>{});
    v.field("wake", o.wakeup, "Where the platform sends the triggers for vehicles that sleep.",
            value_types::object<fleet::wakeup_options>{});
    v.field("segments", o.segments, "Parts of the fleet by behaviour; none: all succeed.",
            value_types::list<value_types::object<vehicle::segment>>{{}, "segments", 100});
}

template <class V>
void describe(V& v, backend::deadlines& d) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.field("created", d.created, "Longest time until the request is handed over.", positive);
    v.field("pending", d.pending, "Longest time until the vehicle acknowledges.", positive);
    v.field("running", d.running, "Longest time from there to its final word.", positive);
}

template <class V>
void describe(V& v, driver::http_options& o) {
    v.field("connections", o.connections, "Kept alive, at most.", value_types::integer<std::uint32_t>{1, 100'000});
    v.field("timeout", o.timeout, "For connect, request and answer together, of each try.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("retries", o.retries, "After a time-out the exchange is dropped and sent again, so often at most.",
            value_types::integer<std::uint32_t>{0, 100});
}

template <class V>
void describe(V& v, driver::mqtt_options& o) {
    v.field("deadline", o.deadline, "No final word by then: timed out.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, load& l) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.field("services", l.services, "What is asked for: a weight for each service.",
            value_types::keyed_list<value_types::service_weight>{{}, "services", 100});
    v.field("spacing", l.spacing, "How arrivals lie within a phase.", choices::spacing.type());
    v.required("phases", l.phases, "One after the other; the keys mean what they mean in Artillery.",
               value_types::list<value_types::phase>{{}, "phases", 2000});
    v.field("drain", l.drain, "How long to wait for what is in flight after the last phase.", value_types::duration{});
    v.field("unansweredAfter", l.completion_timeout, "A request without an end is given up so long after it was due.",
            positive);
    v.field("lagLimit", l.lag_limit, "A run whose own lag has a p99 above this is invalid.", positive);
    v.field("driver", l.driver, "http: as the owner's app; mqtt: straight to the broker.", choices::driver.type());
    v.field("http", l.http, "The http driver's options.", value_types::object<driver::http_options>{});
    v.field("mqtt", l.mqtt, "The mqtt driver's options.", value_types::object<driver::mqtt_options>{});
    v.field("observers", l.observers,
            "How the end of a request is seen: mqtt, webhook, poll, response, none, sse, websocket. The first one that "
            "sees it closes the request; another end is an anomaly.",
            value_types::list<value_types::observer_options>{{}, "observers", 32});
    v.derived("watchWords", l.check_response_sequence,
              "A second subscription follows the vehicles' words and checks their sequence numbers; left out: with the "
              "embedded "
              "broker and at most 100,000 requests.",
              value_types::flag{});
}

template <class V>
void describe(V& v, scenario_config& d) {
    v.required("name", d.name, "Names the run's report folder.", value_types::text{value_types::name_length});
    v.field("seed", d.seed, "The same seed makes the same choices.", value_types::integer<std::uint64_t>{});
    v.field("target", d.target, "The platform under test.", value_types::target{});
    v.field("contract", d.contract, "What the platform speaks: topics, payloads, and where a message says what.",
            value_types::contract{});
    v.field("fleet", d.fleet, "Who is there.", value_types::object<fleet::options>{});
    v.field("behaviours", d.behaviours, "Behaviours of one's own, or the built-in ones redefined.",
            value_types::keyed_list<value_types::behaviour>{{}, "behaviours", 100, true});
    v.field("conditions", d.conditions, "What befalls the vehicles' links, the broker and the load, and when.",
            value_types::list<value_types::condition>{{}, "conditions", 100});
    v.required("load", d.load, "What is asked of them, and when.", value_types::object<load>{});
    v.field("before", d.before, "Calls to the API before the fleet connects, in order.",
            value_types::list<value_types::hook_request>{{}, "calls", 100});
    v.field("after", d.after, "Calls to the API after the drain, in order.",
            value_types::list<value_types::hook_request>{{}, "calls", 100});
    v.field("campaigns", d.campaigns, "Commands to many vehicles at once.",
            value_types::list<value_types::campaign>{{}, "campaigns", 100});
    v.field("record", d.record,
            "Which requests are written down one by one: unexpected (and those with an anomaly), all, or automatic: "
            "all of at most "
            "100,000.",
            choices::record_selection.type());
    v.field("budgets", d.budgets, "Limits that make the run pass or fail.",
            value_types::list<value_types::budget>{{}, "budgets", 100});
}

} // namespace loadsim::scenario
