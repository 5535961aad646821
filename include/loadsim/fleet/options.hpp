// Options of the fleet and its link to the broker.
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
    bool presence = true;                             ///< retained "online" on the presence topic, will "offline"
    mqtt::qos command_qos = mqtt::qos::at_least_once; ///< of the subscription
    mqtt::qos response_qos = mqtt::qos::at_least_once;
    friend bool operator==(const mqtt_options&, const mqtt_options&) = default;
};

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
    mqtt_options mqtt;
    broker_api_options broker_api{}; ///< for link_kind::broker_api
    reconnect_options reconnect;
    wakeup_options wakeup{};
    std::vector<vehicle::segment> segments; ///< empty: one segment, "all", 100 %, behaviour success
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::fleet
