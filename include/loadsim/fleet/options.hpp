// How the fleet is attached to its broker.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// When a vehicle that lost its session tries again.
struct reconnect_options {
    enum class kind : std::uint8_t {
        full_jitter, ///< the n-th wait is uniform in [0, min(cap, base * 2^n))
        none,        ///< at once, and every 100 ms if that fails: what a storm is made of
        fixed,       ///< after `base`, always: in step with everybody else
    };
    nanoseconds base = std::chrono::seconds{1};
    nanoseconds cap = std::chrono::seconds{120};
    reconnect_options::kind backoff = kind::full_jitter;
    friend bool operator==(const reconnect_options&, const reconnect_options&) = default;
};

struct mqtt_options {
    mqtt::session_options session;
    std::string client_id = "{vin}"; ///< a template, as the next two; different for each vehicle
    std::string user;
    std::string password;                             ///< never echoed
    bool presence = true;                             ///< retained "online" on the presence topic, will "offline"
    mqtt::qos command_qos = mqtt::qos::at_least_once; ///< of the subscription
    mqtt::qos response_qos = mqtt::qos::at_least_once;
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

/// Where the platform sends the triggers for vehicles that sleep: an address of this machine and a port each, 0: any free one.
struct wake_options {
    std::string udp = "127.0.0.1:0";
    std::string sms = "127.0.0.1:0";
    friend bool operator==(const wake_options&, const wake_options&) = default;
};

enum class link_kind : std::uint8_t {
    mqtt,       ///< a session at the broker each
    broker_api, ///< none: the platform calls us instead of its broker's HTTP API
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
    std::string data{}; ///< path of a CSV: a header line, then a line for each vehicle; empty: none
    link_kind link = link_kind::mqtt;
    mqtt_options mqtt;
    broker_api_options broker_api{}; ///< of that link
    reconnect_options reconnect;
    wake_options wake{};
    std::vector<vehicle::segment> segments; ///< empty: one, "all", 100 %, success
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::fleet
