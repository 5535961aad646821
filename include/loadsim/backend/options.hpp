// Options of the reference backend.
#pragma once

#include <loadsim/base/fault_plan.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::backend {

/// Longest time a request may stay in each state; after it the request fails with reason "timeout".
struct deadlines {
    nanoseconds created = std::chrono::seconds{5};
    nanoseconds pending = std::chrono::seconds{10};
    nanoseconds running = std::chrono::seconds{30};
    friend bool operator==(const deadlines&, const deadlines&) = default;
};

struct service {
    std::string name;
    deadlines limits;
    friend bool operator==(const service&, const service&) = default;
};

/// horn, light-flash, climate, door-lock, door-unlock, charging with default deadlines.
inline std::vector<service> default_services() {
    std::vector<service> all;
    for (const auto* name : {"horn", "light-flash", "climate", "door-lock", "door-unlock", "charging"})
        all.push_back({name, {}});
    return all;
}

/// Fault injected by the backend, to test whether loadsim detects it.
struct fault {
    enum class kind : std::uint8_t {
        drop,        ///< the message is not sent, or not processed
        delay,       ///< the message is sent, or processed, after `delay`
        duplicate,   ///< the message is sent, or processed, twice
        reorder,     ///< the message follows the next one of the same vehicle
        forget,      ///< the backend drops the request after sending its command
        double_send, ///< a second command with another id is sent while the first request is active
    };
    enum class message : std::uint8_t {
        command,  ///< to the vehicle
        response, ///< response of the vehicle
        event,    ///< final event
        request,  ///< for forget and double_send
    };
    fault::kind what{};
    fault::message applies_to{};
    fault_rule rule{};    ///< without a window
    nanoseconds delay{0}; ///< for kind::delay
    friend bool operator==(const fault&, const fault&) = default;
};

/// Destinations of wake-up triggers; empty: no such bearer.
struct wakeup_options {
    std::string udp;                                       ///< host:port; the datagram contains the VIN
    std::string sms;                                       ///< http://host:port: POST /sms {"to": VIN}
    nanoseconds repeat_interval = std::chrono::seconds{2}; ///< until the vehicle acknowledges or the request ends
    friend bool operator==(const wakeup_options&, const wakeup_options&) = default;
};

/// HTTP API of a broker; replaces the MQTT connection as the path to the vehicles.
struct broker_api_options {
    std::string url;                               ///< http(s)://host:port[/base]; empty: MQTT is used
    std::string path = "/vehicles/{vin}/commands"; ///< appended to the path of `url`; {vin} is replaced by the VIN
    std::string events;             ///< URL to POST each final event to, as JSON; empty: none, use GET /requests/{id}
    std::uint32_t connections = 64; ///< per URL
    nanoseconds timeout = std::chrono::seconds{5};
    friend bool operator==(const broker_api_options&, const broker_api_options&) = default;
};

/// Requests that wait for a worker at most, unless the options say otherwise.
inline constexpr std::uint32_t default_queue = 10'000;

struct options {
    std::vector<service> services = default_services();
    /// Requests that are processed at once: from creation until the command is sent, with its delay by a fault. Absent: any number.
    std::optional<std::uint32_t> workers{};
    std::optional<std::uint32_t> queue{}; ///< requests that wait for a worker at most; absent: default_queue
    std::string database;                 ///< SQLite file; empty: a temporary file, deleted at exit
    std::uint32_t batch = 10;             ///< events per transaction
    nanoseconds batch_window = std::chrono::milliseconds{100}; ///< longest wait of a batch
    nanoseconds time_to_live = std::chrono::hours{24};         ///< of an ended request, in memory and in the database
    std::uint32_t remembered = 250'000; ///< requests kept for GET; above it the oldest ended request is evicted
    std::uint8_t command_qos = 1;       ///< of commands; responses are subscribed to with QoS 2
    std::vector<fault> faults;
    std::uint64_t seed = 1; ///< for faults by probability
    wakeup_options wakeup;
    backend::broker_api_options broker_api{};
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::backend
