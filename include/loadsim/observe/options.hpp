// How the end of a request is seen.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loadsim::observe {

/// The platform's event topic.
struct mqtt_options {
    std::string filter = "v1/+/evt";
    std::uint32_t clients = 1; ///< more than one: a shared subscription, so that they take the events in turn
    contract::reading_options reading = contract::event_reading();
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

/// The platform calls us.
struct webhook_options {
    struct shared_secret {
        std::string header;
        std::string value; ///< never echoed
        friend bool operator==(const shared_secret&, const shared_secret&) = default;
    };
    /// HMAC of the body (RFC 2104).
    struct signature {
        enum class digest : std::uint8_t { sha256, sha1, sha512 };
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
    std::string url{}; ///< of it, as the platform sees us; empty: http://, the bound address, and the path
    std::optional<shared_secret> secret{};
    std::optional<webhook_options::signature> hmac{};
    contract::reading_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .ends = contract::event_reading().ends};
    friend bool operator==(const webhook_options&, const webhook_options&) = default;
};

/// The platform's API is asked until it says an end.
struct poll_options {
    std::string path = "/requests/{request.id}";        ///< a template, behind the API's own
    nanoseconds first = std::chrono::milliseconds{200}; ///< after the request was accepted
    double factor = 2;                                  ///< each wait is so much longer than the one before
    nanoseconds cap = std::chrono::seconds{5};          ///< and no longer than this
    contract::reading_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .ends = contract::event_reading().ends};
    friend bool operator==(const poll_options&, const poll_options&) = default;
};

/// The answer to the request itself is the end: a synchronous API.
struct response_options {
    contract::reading_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .ends = contract::event_reading().ends};
    friend bool operator==(const response_options&, const response_options&) = default;
};

/// Nobody tells: the vehicle's last word ends it.
struct none_options {
    nanoseconds deadline = std::chrono::seconds{10}; ///< since it was accepted; no last word by then: timed_out
    friend bool operator==(const none_options&, const none_options&) = default;
};

/// Server-sent events of the platform's API (WHATWG HTML, 9.2).
struct sse_options {
    std::string path = "/events";
    std::string event{}; ///< only those of this name; empty: all
    contract::reading_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .ends = contract::event_reading().ends};
    friend bool operator==(const sse_options&, const sse_options&) = default;
};

/// Text messages of a WebSocket at the platform's API (RFC 6455).
struct websocket_options {
    std::string path = "/events";
    std::string subscribe{}; ///< a template, sent first; empty: nothing is
    contract::reading_options reading{
        .vin = {}, .state = {"/state", "/reason"}, .ends = contract::event_reading().ends};
    friend bool operator==(const websocket_options&, const websocket_options&) = default;
};

using options = std::variant<mqtt_options, webhook_options, poll_options, response_options, none_options, sse_options,
                             websocket_options>;

inline constexpr std::string_view kind_names[]{"mqtt", "webhook", "poll", "response", "none", "sse", "websocket"};
inline std::string_view kind_of(const options& o) { return kind_names[o.index()]; }

} // namespace loadsim::observe
