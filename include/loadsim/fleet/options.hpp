// Options of the fleet, its link to the broker or broker API, and campaigns.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/certificate/key.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/fault.hpp>
#include <loadsim/http/options.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/tls_options.hpp>
#include <loadsim/telemetry/options.hpp>
#include <loadsim/telemetry/trip_options.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// Reconnect backoff after a lost session.
struct reconnect_options {
    enum class kind : std::uint8_t {
        full_jitter, ///< the n-th wait is uniform in [0, min(cap, base * 2^n))
        none,        ///< at once, then every 100 ms while that fails: a reconnect storm
        fixed,       ///< always after `base`: all vehicles in step
    };
    nanoseconds base = std::chrono::seconds{1};
    nanoseconds cap = std::chrono::seconds{120};
    reconnect_options::kind backoff = kind::full_jitter;
    friend bool operator==(const reconnect_options&, const reconnect_options&) = default;
};

struct mqtt_options {
    mqtt::session_options session;
    std::string client_id = "{vin}"; ///< template, like the next two; unique per vehicle
    std::string user;
    std::string password;                             ///< never printed
    mqtt::qos command_qos = mqtt::qos::at_least_once; ///< of the subscription
    mqtt::qos response_qos = mqtt::qos::at_least_once;
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

/// Certificates that loadsim issues: key and certificate of a vehicle follow from seed and VIN.
struct issue_options {
    std::string ca{};  ///< PEM file with the certificate of the CA; empty: the CA of the run (certificate::make_run_ca)
    std::string key{}; ///< PEM file with its key
    std::string key_password{};       ///< of an encrypted key
    std::string subject = "CN={vin}"; ///< template, as the next; RFC 4514
    std::string san{};                ///< subject alternative names as of OpenSSL, "URI:vin:{vin}"; empty: none
    nanoseconds validity = std::chrono::days{30}; ///< from the begin of the run's day on, within that of the CA
    certificate::key_type key_type = certificate::key_type::p256;
    friend bool operator==(const issue_options&, const issue_options&) = default;
};

/// TLS of the vehicles' sessions, for mqtts.
struct tls_options {
    net::tls_options client{}; ///< certificate, key, key_password and pkcs12: templates; `ca` empty: that of target.tls
    std::optional<issue_options> issue{}; ///< instead of files
    friend bool operator==(const tls_options&, const tls_options&) = default;
};

/// Inbound endpoint of the platform: the broker API posts vehicle responses to it.
struct inbound_options {
    std::string url{}; ///< http(s)://host:port[/base]; empty: responses are counted as dropped
    std::string method = "POST";
    std::string path = "/vehicles/{vin}/responses"; ///< template of vin and request.id, appended to the URL's path
    contract::named_texts headers{};               ///< templates as `path`; Content-Type: application/json unless given
    net::tls_options tls{};                        ///< for https
    std::uint32_t connections = 16;                ///< total of all shards
    nanoseconds timeout = std::chrono::seconds{5}; ///< for an HTTP response
    std::uint32_t max_queued = 100'000; ///< responses queued for a connection, per shard; more are dropped and counted
    bool presence = false;              ///< presence messages (asleep, online) are posted as well, as responses are
    http::limits limits{};              ///< of HTTP responses; those of load.http
    friend bool operator==(const inbound_options&, const inbound_options&) = default;
};

/// Simulated HTTP API of the platform's broker team.
struct broker_api_options {
    std::string listen = "127.0.0.1:0";            ///< host:port; 0: any free one
    std::string method = "POST";                   ///< of commands
    std::string path = "/vehicles/{vin}/commands"; ///< {vin}: that level; any other level in braces is a wildcard
    std::string vin{}; ///< field path of the VIN in a command (contract/field_path.hpp); empty: the path's {vin}
    std::uint16_t status = 202;
    std::string body{}; ///< of the HTTP response, verbatim
    inbound_options inbound{};
    std::vector<fleet::fault> faults{};
    std::uint32_t connections = 4'096; ///< open connections of the platform; more are rejected and counted
    friend bool operator==(const broker_api_options&, const broker_api_options&) = default;
};

/// Validation errors, each with its key below fleet.brokerApi ("path", "inbound.url", "faults[1].every"); empty: usable.
std::vector<vehicle::validation_issue> check(const broker_api_options&);

/// Listen addresses for wake-up triggers of sleeping vehicles: a local address and port each; port 0: any free one.
struct wakeup_options {
    std::string udp = "127.0.0.1:0";
    std::string sms = "127.0.0.1:0";
    friend bool operator==(const wakeup_options&, const wakeup_options&) = default;
};

enum class link_kind : std::uint8_t {
    mqtt,       ///< one MQTT session per vehicle
    broker_api, ///< no sessions: the platform calls the simulated HTTP API of its broker
};

struct options {
    std::uint32_t vehicles = 100;
    rate connect_rate{500};
    nanoseconds fleet_connect_timeout{0}; ///< limit until all vehicles are subscribed; 0: vehicles / connectRate + 30 s
    std::uint32_t connects_in_flight = 100; ///< per broker: mosquitto's listen backlog; a dropped SYN costs a second.
                                            ///< At least one per shard
    std::vector<std::string> source_addresses; ///< addresses or CIDRs, as configured; empty: the kernel's choice
    vehicle::vin_options vin;
    std::string data{}; ///< path of a CSV file: a header line, then one line per vehicle; empty: none
    link_kind link = link_kind::mqtt;
    mqtt::client_kind client = mqtt::client_kind::own; ///< for link_kind::mqtt
    mqtt_options mqtt;
    fleet::tls_options tls{};
    broker_api_options broker_api{}; ///< for link_kind::broker_api
    reconnect_options reconnect;
    wakeup_options wakeup{};
    std::vector<vehicle::segment> segments;         ///< empty: one segment, "all", 100 %, behaviour success
    std::optional<telemetry::trip_options> trips{}; ///< days of the vehicles; empty: all are parked
    /// Groups: those of the fleet, then those of segments alone. Their names are the telemetry of vehicle::segment.
    telemetry::telemetry_options telemetry{};
    std::uint32_t segment_only_groups =
        0; ///< the last ones of telemetry.groups: of segments with telemetry of their own
    friend bool operator==(const options&, const options&) = default;
};

/// Campaign: one message to many vehicles.
struct campaign_options {
    std::string name{};
    nanoseconds at{0};                   ///< since the load's start
    std::vector<std::string> segments{}; ///< addressed segments; empty: all
    /// Templates of template_scope::command; {request.id} is the campaign's name. A message with {segment} or {segment.NAME} is
    /// sent once per segment; other vehicle placeholders are not meaningful.
    contract::message_options message{};
    std::string filter{}; ///< topic filter those vehicles subscribe to; a template of template_scope::identity
    /// Field path of the campaign's name in a message. Empty: every message that matches the filter belongs to it.
    std::string id{};
    friend bool operator==(const campaign_options&, const campaign_options&) = default;
};

} // namespace loadsim::fleet
