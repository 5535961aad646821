// How the fleet is attached to its broker.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// Exponential backoff with full jitter: the n-th wait is uniform in [0, min(cap, base * 2^n)).
struct reconnect_options {
    nanoseconds base = std::chrono::seconds{1};
    nanoseconds cap = std::chrono::seconds{120};
    friend bool operator==(const reconnect_options&, const reconnect_options&) = default;
};

struct mqtt_options {
    mqtt::session_options session;
    std::string user;                                 ///< may hold {vin}
    std::string password;                             ///< may hold {vin}; never echoed
    bool presence = true;                             ///< retained "online" on the presence topic, will "offline"
    mqtt::qos command_qos = mqtt::qos::at_least_once; ///< of the subscription
    mqtt::qos response_qos = mqtt::qos::at_least_once;
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

struct options {
    std::uint32_t vehicles = 100;
    rate connect_rate{500};
    nanoseconds connect_within{0}; ///< all sessions must stand by then; 0: vehicles / connectRate + 30 s
    std::uint32_t connects_in_flight =
        100; ///< at one broker: mosquitto's listen backlog, and a dropped SYN costs a second.
             ///< Each shard has one at least
    std::vector<std::string> source_addresses; ///< as written: addresses, or CIDRs; empty: the kernel's choice
    vehicle::vin_options vin;
    mqtt_options mqtt;
    reconnect_options reconnect;
    std::vector<vehicle::segment> segments; ///< empty: one, "all", 100 %, success
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::fleet
