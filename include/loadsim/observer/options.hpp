// Observer types and taps, and their options.
#pragma once

#include <loadsim/base/hash.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/kafka/options.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>
#include <loadsim/mqtt/options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loadsim::observer {

/// Observes the platform's event topic.
struct mqtt_options {
    std::string filter = "v1/+/evt";
    std::uint32_t clients = 1; ///< more than one: the clients share one subscription
    mqtt::client_kind client = mqtt::client_kind::own;
    contract::event_mapping_options reading = contract::default_event_mapping();
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

/// Receives HTTP calls of the platform.
struct webhook_options {
    struct shared_secret {
        std::string header;
        std::string value; ///< never echoed
        friend bool operator==(const shared_secret&, const shared_secret&) = default;
    };
    /// HMAC of the body (RFC 2104).
    struct signature {
        using digest = hash_function;
        enum class coding : std::uint8_t { hex, base64 };
        std::string header;
        std::string key; ///< never echoed
        digest algorithm = digest::sha256;
        coding encoding = coding::hex;
        std::string prefix{}; ///< before the signature, such as "sha256="
        friend bool operator==(const signature&, const signature&) = default;
    };
    std::string listen = "127.0.0.1:0";
    std::string path = "/events";
    std::string url{}; ///< public URL of the webhook; empty: http://, bound address and path
    std::optional<shared_secret> secret{};
    std::optional<webhook_options::signature> hmac{};
    contract::event_mapping_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .outcomes = contract::default_event_mapping().outcomes};
    friend bool operator==(const webhook_options&, const webhook_options&) = default;
};

/// Problems of the options apart from `reading`, each with a location behind that of the webhook: ".secret.value".
problems check(const webhook_options&);

/// Polls the platform's API until it reports a completion.
struct poll_options {
    std::string path = "/requests/{request.id}";        ///< a template; appended to the API's base path
    nanoseconds first = std::chrono::milliseconds{200}; ///< delay after the request was accepted
    double factor = 2;                                  ///< growth of the delay from poll to poll
    nanoseconds cap = std::chrono::seconds{5};          ///< maximum delay
    contract::event_mapping_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .outcomes = contract::default_event_mapping().outcomes};
    friend bool operator==(const poll_options&, const poll_options&) = default;
};

/// Reads the completion from the HTTP response to the request: a synchronous API.
struct response_options {
    contract::event_mapping_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .outcomes = contract::default_event_mapping().outcomes};
    friend bool operator==(const response_options&, const response_options&) = default;
};

/// Treats the vehicle's final response as the completion.
struct none_options {
    nanoseconds deadline = std::chrono::seconds{10}; ///< from acceptance; no final response by then: timed_out
    friend bool operator==(const none_options&, const none_options&) = default;
};

/// Server-sent events of the platform's API (WHATWG HTML, 9.2).
struct sse_options {
    std::string path = "/events";
    std::string event{}; ///< event name to accept; empty: all
    contract::event_mapping_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .outcomes = contract::default_event_mapping().outcomes};
    friend bool operator==(const sse_options&, const sse_options&) = default;
};

/// Text messages of a WebSocket at the platform's API (RFC 6455).
struct websocket_options {
    std::string path = "/events";
    std::string subscribe{}; ///< template of the first message sent; empty: none
    contract::event_mapping_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .outcomes = contract::default_event_mapping().outcomes};
    friend bool operator==(const websocket_options&, const websocket_options&) = default;
};

/// Final events in topics with the Kafka API. A field path `correlation` is the record's key, `header:NAME` one of its headers.
struct kafka_observer_options {
    kafka::consumer_options consumer{}; ///< without brokers: those of the embedded cluster
    contract::event_mapping_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .outcomes = contract::default_event_mapping().outcomes};
    friend bool operator==(const kafka_observer_options&, const kafka_observer_options&) = default;
};

using options = std::variant<mqtt_options, webhook_options, poll_options, response_options, none_options, sse_options,
                             websocket_options, kafka_observer_options>;

inline constexpr std::string_view kind_names[]{"mqtt", "webhook", "poll",      "response",
                                               "none", "sse",     "websocket", "kafka"};
inline std::string_view kind_of(const options& o) { return kind_names[o.index()]; }

/// Tap: consumes the telemetry that the platform has forwarded, and reconciles it with what the vehicles have sent.
struct tap_options {
    std::string name = "kafka";         ///< in reports and budgets; each tap has its own
    kafka::consumer_options consumer{}; ///< without brokers: those of the embedded cluster. `share` is not used
    std::vector<std::string> telemetry_groups{}; ///< and alarms that are forwarded there; empty: all
    contract::tap_mapping_options mapping{};
    measure::reconciliation_options reconciliation{};
    friend bool operator==(const tap_options&, const tap_options&) = default;
};

} // namespace loadsim::observer
