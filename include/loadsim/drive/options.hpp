// How requests enter the target.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::drive {

enum class kind : std::uint8_t {
    http, ///< POST to the platform's API, as the owner's app does
    mqtt, ///< commands straight to the broker: no platform needed
};

struct http_options {
    std::uint32_t connections = 64;                 ///< kept alive, at most, over all shards; each has at least one
    nanoseconds timeout = std::chrono::seconds{10}; ///< for connect, request and answer together, of each try
    std::uint32_t retries = 0; ///< after a time-out the exchange is dropped and sent again, so often at most
    friend bool operator==(const http_options&, const http_options&) = default;
};

struct mqtt_options {
    nanoseconds deadline = std::chrono::seconds{10}; ///< no final word by then: timed_out
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

} // namespace loadsim::drive
