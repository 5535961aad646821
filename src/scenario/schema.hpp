// Scenario schema: the keys of each struct, in the order of writing. Reader, writer and JSON Schema share one
// description of each struct.
#pragma once

#include <loadsim/scenario/scenario.hpp>

#include "schema/composite_types.hpp"
#include "schema/telemetry_types.hpp"
#include "schema_visitors.hpp"
#include "telemetry/trip_schema.hpp"

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
inline constexpr table<mqtt::client_kind, 2> client{{"own", "paho"}, {mqtt::client_kind::own, mqtt::client_kind::paho}};

} // namespace choices

template <class V>
void describe(V& v, vehicle::vin_options& o) {
    v.field("wmi", o.wmi, "World manufacturer identifier of all VINs: 3 characters.", value_types::text{});
    v.field("vds", o.vds, "Vehicle descriptor section of all VINs: 5 characters; the check digit follows.",
            value_types::text{});
    v.field("year", o.year, "Model year encoded in the VINs.", value_types::integer<std::uint16_t>{1980, 2039});
}

/// A fleet's MQTT options are two structs: those of any client session, and those of vehicles.
template <class V>
void describe(V& v, fleet::mqtt_options& o) {
    constexpr std::chrono::seconds max_expiry{std::numeric_limits<std::uint32_t>::max()};
    auto& s = o.session;
    v.field("version", s.protocol, "MQTT version of the vehicles' sessions.", choices::version.type());
    v.field("keepAlive", s.keep_alive, "Keep-alive interval in whole seconds; 0s: no pings.",
            value_types::duration{.max = std::chrono::seconds{65535}});
    v.field("cleanStart", s.clean_start,
            "true: every connect starts a new session. false, with a sessionExpiry: the broker queues commands for a "
            "vehicle that is offline.",
            value_types::flag{});
    v.field("sessionExpiry", s.session_expiry,
            "Time that the broker keeps the session of an offline vehicle, in whole seconds. MQTT 5.0 only; in 3.1.1 "
            "cleanStart alone decides.",
            value_types::duration{.max = max_expiry});
    v.field("receiveMaximum", s.receive_maximum,
            "Maximum number of QoS 1 and 2 messages in flight from the broker to one vehicle.",
            value_types::integer<std::uint16_t>{1});
    v.field("maximumPacketSize", s.maximum_packet_size,
            "Largest packet that a vehicle accepts, in bytes; 0: no limit is announced.",
            value_types::integer<std::uint32_t>{});
    v.field("connectTimeout", s.connect_timeout, "Time to wait for CONNACK; after it the connect counts as failed.",
            value_types::duration{.min = std::chrono::seconds{1}});
    v.field("queueLimit", s.queue_limit,
            "Maximum number of messages that a vehicle queues while the broker's receive maximum is used up.",
            value_types::integer<std::uint16_t>{});
    v.field("clientId", o.client_id,
            "Client id of a vehicle: a template with {vin}, {index}, {segment}, {data.COLUMN}.",
            value_types::placeholder_text{});
    v.field("user", o.user,
            "User name of a vehicle: a template with {vin}, {data.COLUMN} ...; may contain ${ENVIRONMENT_VARIABLE}.",
            value_types::placeholder_text{});
    v.field("password", o.password,
            "Password of a vehicle: a template with {vin}, {data.COLUMN} ...; may contain ${ENVIRONMENT_VARIABLE}.",
            value_types::placeholder_text{.secret = true});
    v.field("commandQos", o.command_qos, "QoS of the vehicles' subscriptions to commands.", choices::qos.type());
    v.field("responseQos", o.response_qos, "QoS of the vehicles' responses.", choices::qos.type());
}

template <class V>
void describe(V& v, fleet::reconnect_options& o) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.field("backoff", o.backoff,
            "fullJitter: the n-th wait is uniform between 0 and base * 2^n; fixed: every wait is base; none: no wait. "
            "The last two show the harm of missing jitter.",
            choices::backoff.type());
    v.field("base", o.base, "Upper limit of the first wait; with fixed: every wait.", positive);
    v.field("cap", o.cap, "Upper limit of every wait.", positive);
}

template <class V>
void describe(V& v, vehicle::segment& s) {
    v.required("name", s.name, "Name in reports and in conditions.", value_types::name_text{});
    v.required("share", s.fleet_fraction, "Share of the fleet; the shares of all segments add up to 100%.",
               value_types::fraction_value{});
    v.field("behaviour", s.behaviour,
            "Name of one of `behaviours`, or of a built-in behaviour (see `loadsim show behaviours`).",
            value_types::text{});
    v.field("variables", s.variables, "Values of {segment.NAME} in templates; every segment defines the same names.",
            value_types::named_texts{});
}

template <class V>
void describe(V& v, segment_keys& k) {
    describe(v, k.segment);
    v.field("telemetry", k.telemetry,
            "Telemetry that its vehicles send in place of that of the fleet: names of groups of fleet.telemetry, and "
            "groups of its own; []: none.",
            value_types::list<value_types::segment_telemetry>{{}, "groups", max_telemetry_groups});
}

template <class V>
void describe(V& v, fleet::wakeup_options& o) {
    v.field("udp", o.udp,
            "Address and port of the listener for wake-up datagrams, each with one VIN; port 0: any free port.",
            value_types::text{});
    v.field("sms", o.sms,
            "Address and port of the simulated SMS gateway: POST /sms {\"to\": VIN} wakes a vehicle; port 0: any free "
            "port.",
            value_types::text{});
}

template <class V>
void describe(V& v, fleet::options& o) {
    v.field("vehicles", o.vehicles, "Number of vehicles.", value_types::integer<std::uint32_t>{1});
    v.field("connectRate", o.connect_rate, "Connects per second while the fleet connects before the load.",
            value_types::rate_value{});
    v.field("fleetConnectTimeout", o.fleet_connect_timeout,
            "Time in which the whole fleet must be online before the load; 0s: vehicles / connectRate + 30s.",
            value_types::duration{});
    v.field("connectsInFlight", o.connects_in_flight,
            "Maximum number of connects in progress at one broker at the same time.",
            value_types::integer<std::uint32_t>{1, 1'000'000});
    v.field("sourceAddresses", o.source_addresses,
            "IPv4 addresses or CIDR blocks of this machine from which vehicles connect, round robin; empty: the kernel "
            "chooses.",
            value_types::list<value_types::source_address>{{}, "sourceAddresses", 1000});
    v.field("vin", o.vin, "Parts of the generated VINs.", value_types::object<vehicle::vin_options>{});
    v.field("data", o.data,
            "CSV file with a header line and one line per vehicle: {data.COLUMN} in templates; a column `vin` replaces "
            "the generated VINs.",
            value_types::file_path{});
    v.field("link", o.link,
            "mqtt: one MQTT session per vehicle; broker-api: loadsim simulates the HTTP API of a broker, which the "
            "platform calls.",
            choices::link.type());
    v.field(
        "client", o.client,
        "Implementation of the vehicles' MQTT sessions: loadsim's own, or Eclipse Paho, to compare with: at most 500 "
        "vehicles, whose latencies are not exact.",
        choices::client.type());
    v.field("mqtt", o.mqtt, "MQTT sessions of the vehicles.", value_types::object<fleet::mqtt_options>{});
    v.field("tls", o.tls, "TLS of the vehicles' sessions, for a broker with mqtts.", value_types::fleet_tls{});
    v.field("brokerApi", o.broker_api, "Simulated broker API of `link: broker-api`.", value_types::broker_api{});
    v.field("reconnect", o.reconnect, "Waits of a vehicle before it reconnects after a lost session.",
            value_types::object<fleet::reconnect_options>{});
    v.field("wakeup", o.wakeup, "Listeners for the triggers that wake sleeping vehicles.",
            value_types::object<fleet::wakeup_options>{});
    auto keys = telemetry_keys_of(o);
    v.field("segments", keys.segments,
            "Parts of the fleet, each with a behaviour; empty: one segment `all` with the behaviour `success`.",
            value_types::list<value_types::object<segment_keys>>{{}, "segments", 100});
    v.field("trips", o.trips, "Days of the vehicles: when they drive, and where. Left out: all of them are parked.",
            value_types::trips{});
    v.field("telemetry", keys.groups, "Groups of signals that the vehicles send by themselves, each with its period.",
            value_types::list<value_types::telemetry_group>{{}, "groups", max_telemetry_groups});
    v.field("alarms", o.telemetry.alarms, "Messages that the vehicles send at random instants.",
            value_types::list<value_types::telemetry_alarm>{{}, "alarms", max_telemetry_groups});
    v.field("store", o.telemetry.store,
            "Store of each vehicle for telemetry that is due while its link is down; left out: that telemetry is not "
            "sent.",
            value_types::telemetry_store{});
    assign_telemetry(std::move(keys), o);
}

template <class V>
void describe(V& v, backend::deadlines& d) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.field("created", d.created, "Longest time until the command is handed to the broker.", positive);
    v.field("pending", d.pending, "Longest time from there to the vehicle's first response.", positive);
    v.field("running", d.running, "Longest time from the first to the final response of the vehicle.", positive);
}

template <class V>
void describe(V& v, driver::http_options& o) {
    v.field("connections", o.connections, "Maximum number of keep-alive connections to the API.",
            value_types::integer<std::uint32_t>{1, 100'000});
    v.field("timeout", o.timeout, "Time-out of each try, for connect, request and response together.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("retries", o.retries, "Maximum number of times that a request is sent again after a time-out.",
            value_types::integer<std::uint32_t>{0, 100});
    v.field("traceparent", o.traceparent,
            "Send a traceparent header (W3C Trace Context) with each request, so that the platform's tracing finds it; "
            "requests.jsonl has its value.",
            value_types::flag{});
    v.field("maxHeader", o.limits.header,
            "Longest header, in bytes, of a response of the API and of a call of a webhook; a longer one is an error.",
            value_types::integer<std::uint32_t>{1'024, 16'777'216});
    v.field("maxBody", o.limits.body,
            "Longest body, in bytes, of a response of the API, of an event and of a call of a webhook; a longer one is "
            "an error.",
            value_types::integer<std::uint64_t>{1'024, 1'073'741'824});
}

template <class V>
void describe(V& v, driver::mqtt_options& o) {
    v.field("deadline", o.deadline,
            "Time from the command to the vehicle's final response; after it the request ends as timed_out.",
            value_types::duration{.min = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, load& l) {
    constexpr value_types::duration positive{.min = std::chrono::milliseconds{1}};
    v.field("services", l.services, "Requested services by name: the weight, or a map.",
            value_types::keyed_list<value_types::service>{{}, "services", 100});
    v.field("spacing", l.spacing,
            "Distribution of the arrivals within a phase: uniform is evenly spaced, poisson is a Poisson process.",
            choices::spacing.type());
    v.required("phases", l.phases, "Phases of the load, one after the other; the keys mean the same as in Artillery.",
               value_types::list<value_types::phase>{{}, "phases", 2000});
    v.field("drain", l.drain, "Time to wait after the last phase for requests in flight.", value_types::duration{});
    v.field("completionTimeout", l.completion_timeout,
            "Time from a request's due time after which it counts as unanswered.", positive);
    v.field("lagLimit", l.lag_limit,
            "Limit for the p99 of the generator's own lag and loop delay; a run above it is invalid.", positive);
    v.field("driver", l.driver,
            "http: requests through the platform's API; mqtt: commands to the vehicles through the broker, without a "
            "platform.",
            choices::driver.type());
    v.field("http", l.http, "Options of the http driver.", value_types::object<driver::http_options>{});
    v.field("mqtt", l.mqtt, "Options of the mqtt driver.", value_types::object<driver::mqtt_options>{});
    v.field("observers", l.observers,
            "How the completion of a request is observed: mqtt, webhook, poll, response, none, sse, websocket. The "
            "first completion ends the request; a different one later is an anomaly.",
            value_types::list<value_types::observer_options>{{}, "observers", 32});
    v.derived("checkResponseSequence", l.check_response_sequence,
              "Subscribes to the vehicles' responses and checks their sequence numbers; left out: with the embedded "
              "broker and at most 100,000 requests.",
              value_types::flag{});
}

template <class V>
void describe(V& v, scenario_config& config) {
    v.required("name", config.name, "Name of the scenario; names of report folders begin with it.",
               value_types::name_text{});
    v.field("tags", config.tags, "Tags of the scenario, by which `suite --tag` selects it.",
            value_types::list<value_types::name_text>{{}, "tags", 50});
    v.field("seed", config.seed, "Seed of all random choices: the same seed makes the same choices.",
            value_types::integer<std::uint64_t>{});
    v.field("target", config.target, "Platform under test: `embedded`, or the addresses of a broker and an API.",
            value_types::target{});
    v.field("contract", config.contract,
            "Messages of the platform: topics, payloads, and the field paths of their values.",
            value_types::contract{});
    v.field("fleet", config.fleet, "Vehicles and their sessions.", value_types::object<fleet::options>{});
    v.field("behaviours", config.behaviours,
            "Behaviours of vehicles by name; the name of a built-in behaviour replaces that one.",
            value_types::keyed_list<value_types::behaviour>{{}, "behaviours", 100, true});
    v.field("conditions", config.conditions,
            "Disruptions of vehicles' links, of the broker and of the load, each with its time.",
            value_types::list<value_types::condition>{{}, "conditions", 100});
    v.required("load", config.load, "Requests: how many, when, and how their completion is observed.",
               value_types::object<load>{});
    v.field("before", config.before, "Requests to the API before the fleet connects, in order.",
            value_types::list<value_types::hook_request>{{}, "hooks", 100});
    v.field("after", config.after, "Requests to the API after the drain, in order.",
            value_types::list<value_types::hook_request>{{}, "hooks", 100});
    v.field("campaigns", config.campaigns, "Messages to many vehicles at the same time.",
            value_types::list<value_types::campaign>{{}, "campaigns", 100});
    v.field("taps", config.taps,
            "Consumers of what the platform forwards of the telemetry; it is compared with what the vehicles sent.",
            value_types::list<value_types::tap>{{}, "taps", 10});
    v.field("record", config.record,
            "Requests with a record of their own: unexpected (those, and requests with an anomaly), all, or automatic "
            "(all in a run of at most 100,000, else unexpected).",
            choices::record_selection.type());
    v.field("report", config.report, "Files of the report that are made on request.", value_types::report{});
    v.field(
        "cost", config.cost,
        "Unit prices of the platform: what the run costs, for 1,000 requests, and for a vehicle and month; left out: "
        "no cost.",
        value_types::cost{});
    v.derived(
        "budgets", config.budgets,
        "Limits that make the run pass or fail. Of requests `unexpected == 0` and `anomalies == 0` hold beside them, "
        "of "
        "telemetry `telemetry.lost == 0` and `telemetry.errored == 0`, unless a budget is on the same metric; an empty "
        "list switches them off, and nobody judges the run.",
        value_types::list<value_types::budget>{{}, "budgets", max_budgets});
}

/// JSON Schema of a scenario file, with the keys that scenario_config does not have: includes, environments, x-.
boost::json::object root_schema();

} // namespace loadsim::scenario
