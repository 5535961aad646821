// The scenario language: each struct's keys, in the order in which they are written. One description of each serves
// the reader, the writer and the schema.
#pragma once

#include <loadsim/scenario/scenario.hpp>

#include "shapes.hpp"
#include "visitors.hpp"

#include <array>
#include <limits>

namespace loadsim::scenario {

namespace names {

template <class T, std::size_t N>
struct table {
    std::array<std::string_view, N> names;
    std::array<T, N> values;
    kinds::choice<T> kind() const { return {names, values}; }
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
inline constexpr table<record, 3> recording{{"automatic", "unexpected", "all"},
                                            {record::automatic, record::unexpected, record::all}};
inline constexpr table<loadsim::load::spacing, 2> spacing{
    {"uniform", "poisson"}, {loadsim::load::spacing::uniform, loadsim::load::spacing::poisson}};
inline constexpr table<drive::kind, 2> driver{{"http", "mqtt"}, {drive::kind::http, drive::kind::mqtt}};
inline constexpr table<fleet::link_kind, 2> link{{"mqtt", "broker-api"},
                                                 {fleet::link_kind::mqtt, fleet::link_kind::broker_api}};

} // namespace names

template <class V>
void describe(V& v, vehicle::vin_options& o) {
    v.field("wmi", o.wmi, "World manufacturer identifier, 3 characters.", kinds::text{});
    v.field("vds", o.vds, "Vehicle descriptor, 5 characters; the check digit follows it.", kinds::text{});
    v.field("year", o.year, "Model year.", kinds::whole<std::uint16_t>{1980, 2039});
}

/// A fleet's MQTT options are two structs: the session's, which any client has, and the vehicle's.
template <class V>
void describe(V& v, fleet::mqtt_options& o) {
    constexpr std::chrono::seconds for_ever{std::numeric_limits<std::uint32_t>::max()};
    auto& s = o.session;
    v.field("version", s.protocol, "MQTT version.", names::version.kind());
    v.field("keepAlive", s.keep_alive, "Whole seconds; 0s switches it off.",
            kinds::duration{.most = std::chrono::seconds{65535}});
    v.field("cleanStart", s.clean_start,
            "true: every connect begins a new session. false, with a sessionExpiry: commands wait for a vehicle that "
            "is away.",
            kinds::flag{});
    v.field("sessionExpiry", s.session_expiry,
            "How long the broker keeps the session of a vehicle that is away; MQTT 5.0 only (3.1.1: cleanStart alone "
            "decides).",
            kinds::duration{.most = for_ever});
    v.field("receiveMaximum", s.receive_maximum, "QoS 1 and 2 messages the broker may have under way to one vehicle.",
            kinds::whole<std::uint16_t>{1});
    v.field("maximumPacketSize", s.maximum_packet_size,
            "Largest packet a vehicle takes, in bytes; 0: no limit is told.", kinds::whole<std::uint32_t>{});
    v.field("connackWithin", s.connack_within, "A broker that accepts and says nothing is an error after this.",
            kinds::duration{.least = std::chrono::seconds{1}});
    v.field("queueLimit", s.queue_limit, "Messages a vehicle keeps while the broker's receive maximum is used up.",
            kinds::whole<std::uint16_t>{});
    v.field("clientId", o.client_id, "A template: {vin}, {index}, {segment}, {data.COLUMN}.", kinds::text{});
    v.field("user", o.user, "A template: {vin}, {data.COLUMN} ...; may hold ${ENVIRONMENT_VARIABLE}.",
            kinds::environment_text{});
    v.field("password", o.password, "A template: {vin}, {data.COLUMN} ...; may hold ${ENVIRONMENT_VARIABLE}.",
            kinds::environment_text{.secret = true});
    v.field("presence", o.presence, "Retained \"online\" on the presence topic, will \"offline\".", kinds::flag{});
    v.field("commandQos", o.command_qos, "QoS at which vehicles subscribe to their commands.", names::qos.kind());
    v.field("responseQos", o.response_qos, "QoS of the vehicles' answers.", names::qos.kind());
}

template <class V>
void describe(V& v, fleet::reconnect_options& o) {
    constexpr kinds::duration some{.least = std::chrono::milliseconds{1}};
    v.field("backoff", o.backoff,
            "fullJitter: the n-th wait is anything up to base * 2^n; fixed: always base; none: at once. The last two "
            "show the harm.",
            names::backoff.kind());
    v.field("base", o.base, "The first wait is at most this.", some);
    v.field("cap", o.cap, "No wait is longer than this.", some);
}

template <class V>
void describe(V& v, vehicle::segment& s) {
    v.required("name", s.name, "Used in reports.", kinds::text{kinds::name_length});
    v.required("share", s.part, "Part of the fleet; all shares add up to 100%.", kinds::share_value{});
    v.field("behaviour", s.behaviour, "One of `behaviours`, or a built-in one: see loadsim show behaviours.",
            kinds::text{});
    v.field("variables", s.variables, "{segment.NAME} in templates; every segment has the same names.",
            kinds::named_texts{});
}

template <class V>
void describe(V& v, fleet::wake_options& o) {
    v.field("udp", o.udp, "Address and port for datagrams, each a VIN; port 0: any free one.", kinds::text{});
    v.field("sms", o.sms, "Address and port of the stand-in for an SMS gateway: POST /sms {\"to\": VIN}.",
            kinds::text{});
}

template <class V>
void describe(V& v, fleet::options& o) {
    v.field("vehicles", o.vehicles, "How many there are.", kinds::whole<std::uint32_t>{1});
    v.field("connectRate", o.connect_rate, "Connections a second while the fleet comes on line.", kinds::rate_value{});
    v.field("connectWithin", o.connect_within, "All must be on line by then; 0s: vehicles / connectRate + 30s.",
            kinds::duration{});
    v.field("connectsInFlight", o.connects_in_flight, "Connects under way at once at one broker, at most.",
            kinds::whole<std::uint32_t>{1, 1'000'000});
    v.field("sourceAddresses", o.source_addresses,
            "Addresses of this machine, or CIDRs, that vehicles connect from in turn; none: the kernel's choice.",
            kinds::list<kinds::source>{{}, "sourceAddresses", 1000});
    v.field("vin", o.vin, "What the vehicles' VINs are made of.", kinds::object<vehicle::vin_options>{});
    v.field(
        "data", o.data,
        "A CSV: a header line, then a line for each vehicle; {data.COLUMN} in templates, and a column vin for VINs.",
        kinds::text{});
    v.field("link", o.link, "mqtt: a session each; broker-api: the platform calls us instead of its broker's HTTP API.",
            names::link.kind());
    v.field("mqtt", o.mqtt, "How vehicles talk to the broker.", kinds::object<fleet::mqtt_options>{});
    v.field("brokerApi", o.broker_api, "The broker's API that we play, with link: broker-api.", kinds::broker_api{});
    v.field("reconnect", o.reconnect, "When a vehicle that lost its session tries again.",
            kinds::object<fleet::reconnect_options>{});
    v.field("wake", o.wake, "Where the platform sends the triggers for vehicles that sleep.",
            kinds::object<fleet::wake_options>{});
    v.field("segments", o.segments, "Parts of the fleet by behaviour; none: all succeed.",
            kinds::list<kinds::object<vehicle::segment>>{{}, "segments", 100});
}

template <class V>
void describe(V& v, backend::deadlines& d) {
    constexpr kinds::duration some{.least = std::chrono::milliseconds{1}};
    v.field("created", d.created, "Longest time until the request is handed over.", some);
    v.field("pending", d.pending, "Longest time until the vehicle acknowledges.", some);
    v.field("running", d.running, "Longest time from there to its final word.", some);
}

template <class V>
void describe(V& v, drive::http_options& o) {
    v.field("connections", o.connections, "Kept alive, at most.", kinds::whole<std::uint32_t>{1, 100'000});
    v.field("timeout", o.timeout, "For connect, request and answer together, of each try.",
            kinds::duration{.least = std::chrono::milliseconds{1}});
    v.field("retries", o.retries, "After a time-out the exchange is dropped and sent again, so often at most.",
            kinds::whole<std::uint32_t>{0, 100});
}

template <class V>
void describe(V& v, drive::mqtt_options& o) {
    v.field("deadline", o.deadline, "No final word by then: timed out.",
            kinds::duration{.least = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, load& l) {
    constexpr kinds::duration some{.least = std::chrono::milliseconds{1}};
    v.field("services", l.services, "What is asked for: a weight for each service.",
            kinds::by_name<kinds::service_weight>{{}, "services", 100});
    v.field("spacing", l.spacing, "How arrivals lie within a phase.", names::spacing.kind());
    v.required("phases", l.phases, "One after the other; the keys mean what they mean in Artillery.",
               kinds::list<kinds::phase>{{}, "phases", 2000});
    v.field("drain", l.drain, "How long to wait for what is in flight after the last phase.", kinds::duration{});
    v.field("unansweredAfter", l.unanswered_after, "A request without an end is given up so long after it was due.",
            some);
    v.field("lagLimit", l.lag_limit, "A run whose own lag has a p99 above this is invalid.", some);
    v.field("driver", l.driver, "http: as the owner's app; mqtt: straight to the broker.", names::driver.kind());
    v.field("http", l.http, "The http driver's options.", kinds::object<drive::http_options>{});
    v.field("mqtt", l.mqtt, "The mqtt driver's options.", kinds::object<drive::mqtt_options>{});
    v.field("observers", l.observers,
            "How the end of a request is seen: mqtt, webhook, poll, response, none, sse, websocket. The first one that "
            "sees it closes the request; another end is an anomaly.",
            kinds::list<kinds::observer>{{}, "observers", 32});
    v.derived("watchWords", l.watch_words,
              "A second subscription follows the vehicles' words and checks their sequence numbers; left out: with the "
              "embedded "
              "broker and at most 100,000 requests.",
              kinds::flag{});
}

template <class V>
void describe(V& v, document& d) {
    v.required("name", d.name, "Names the run's report folder.", kinds::text{kinds::name_length});
    v.field("seed", d.seed, "The same seed makes the same choices.", kinds::whole<std::uint64_t>{});
    v.field("target", d.target, "The platform under test.", kinds::target{});
    v.field("contract", d.contract, "What the platform speaks: topics, payloads, and where a message says what.",
            kinds::contract{});
    v.field("fleet", d.fleet, "Who is there.", kinds::object<fleet::options>{});
    v.field("behaviours", d.behaviours, "Behaviours of one's own, or the built-in ones redefined.",
            kinds::by_name<kinds::behaviour>{{}, "behaviours", 100, true});
    v.field("conditions", d.conditions, "What befalls the vehicles' links, the broker and the load, and when.",
            kinds::list<kinds::condition>{{}, "conditions", 100});
    v.required("load", d.load, "What is asked of them, and when.", kinds::object<load>{});
    v.field("before", d.before, "Calls to the API before the fleet connects, in order.",
            kinds::list<kinds::call>{{}, "calls", 100});
    v.field("after", d.after, "Calls to the API after the drain, in order.",
            kinds::list<kinds::call>{{}, "calls", 100});
    v.field("campaigns", d.campaigns, "Commands to many vehicles at once.",
            kinds::list<kinds::campaign>{{}, "campaigns", 100});
    v.field("record", d.record,
            "Which requests are written down one by one: unexpected (and those with an anomaly), all, or automatic: "
            "all of at most "
            "100,000.",
            names::recording.kind());
    v.field("budgets", d.budgets, "Limits that make the run pass or fail.",
            kinds::list<kinds::budget>{{}, "budgets", 100});
}

} // namespace loadsim::scenario
