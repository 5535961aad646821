// Driver types and their options.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::driver {

enum class kind : std::uint8_t {
    http, ///< POST to the platform's API, like the vehicle owner's app
    mqtt, ///< commands published to the broker; needs no platform
};

struct http_options {
    std::uint32_t connections = 64;                 ///< keep-alive connections over all shards; at least one per shard
    nanoseconds timeout = std::chrono::seconds{10}; ///< per try: connect, request and response together
    std::uint32_t retries = 0;                      ///< maximum number of resends after a timeout
    friend bool operator==(const http_options&, const http_options&) = default;
};

struct mqtt_options {
    nanoseconds deadline = std::chrono::seconds{10}; ///< no final response by then: timed_out
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

} // namespace loadsim::driver
