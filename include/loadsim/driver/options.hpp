// Options of the drivers, of authentication, and of setup and teardown requests.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::driver {

enum class kind : std::uint8_t {
    http, ///< POST to the platform's API, like the vehicle owner's app
    mqtt, ///< commands published to the broker; needs no platform
};

struct http_options {
    std::uint32_t connections = 64;                 ///< keep-alive connections over all shards; at least one per shard
    nanoseconds timeout = std::chrono::seconds{10}; ///< per try: connect, request and response together
    std::uint32_t retries = 0;                      ///< maximum number of resends after a timeout
    bool traceparent = false;                       ///< each request has a traceparent header (W3C Trace Context)
    http::limits limits{};                          ///< of received messages, also of hooks, observers and tokens
    friend bool operator==(const http_options&, const http_options&) = default;
};

struct mqtt_options {
    nanoseconds deadline = std::chrono::seconds{10}; ///< no final response by then: timed_out
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

/// Credentials of one type. The texts are the secrets themselves, not references to them: never print them.
struct auth_options {
    enum class kind : std::uint8_t { none, bearer, basic, api_key, oauth2, sigv4 };
    struct basic_options {
        std::string user{}, password{};
        friend bool operator==(const basic_options&, const basic_options&) = default;
    };
    struct api_key_options {
        std::string header = "X-Api-Key", value{};
        friend bool operator==(const api_key_options&, const api_key_options&) = default;
    };
    /// Client credentials grant (RFC 6749, 4.4). The token is renewed before it expires.
    struct oauth2_options {
        std::string token_url{}; ///< http or https; uses the target's tls and proxy
        std::string client_id{}, client_secret{};
        std::string scope{}; ///< may be empty
        friend bool operator==(const oauth2_options&, const oauth2_options&) = default;
    };
    /// AWS Signature Version 4.
    struct sigv4_options {
        std::string region{}, service = "execute-api";
        std::string access_key{}, secret_key{};
        std::string session_token{}; ///< may be empty
        friend bool operator==(const sigv4_options&, const sigv4_options&) = default;
    };

    kind type = kind::none;
    std::string bearer{};
    basic_options basic{};
    api_key_options api_key{};
    oauth2_options oauth2{};
    sigv4_options sigv4{};
    friend bool operator==(const auth_options&, const auth_options&) = default;
};

/// Validates the options. Paths of the problems are relative to target.auth ("oauth2.tokenUrl").
problems check(const auth_options&);

/// Setup or teardown request.
struct hook_options {
    std::string name; ///< shown in messages
    std::string method = "POST";
    std::string path; ///< a template; appended to the API's base path
    contract::named_texts headers{};
    contract::payload_options body{};
    std::vector<std::uint16_t> expect{200, 201, 202, 204};
    contract::named_texts capture{}; ///< name to field path in the response; later templates read {captured.NAME}
    bool for_each_vehicle = false;
    friend bool operator==(const hook_options&, const hook_options&) = default;
};

} // namespace loadsim::driver
