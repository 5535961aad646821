// What the reference backend is told.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::backend {

/// The longest time a request may stay in a state; then it fails with reason "timeout".
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
std::vector<service> default_services();

/// Something that a platform gets wrong, on purpose: to see whether loadsim notices.
struct fault {
    enum class kind : std::uint8_t {
        drop,        ///< it never goes out, or is never read
        delay,       ///< it goes out, or is read, `by` later
        duplicate,   ///< twice
        reorder,     ///< after the next one of the same vehicle
        forget,      ///< the platform forgets the request when its command has gone out
        double_send, ///< the vehicle is sent a second request, of another id, while the first is active
    };
    enum class message : std::uint8_t {
        command, ///< to the vehicle
        word,    ///< of the vehicle
        event,   ///< to the world
        request, ///< of forget and double_send
    };
    fault::kind what{};
    fault::message of{};
    std::optional<std::uint32_t> every; ///< each n-th of them; else
    share probability{};                ///< by chance, drawn from `seed`
    nanoseconds by{0};                  ///< of delay
    friend bool operator==(const fault&, const fault&) = default;
};

/// Where to send the trigger for a vehicle that sleeps; empty: there is no such bearer.
struct wake_options {
    std::string udp;                             ///< host:port; a datagram of the VIN
    std::string sms;                             ///< http://host:port: POST /sms {"to": VIN}
    nanoseconds again = std::chrono::seconds{2}; ///< until it has acknowledged, or the request has ended
    friend bool operator==(const wake_options&, const wake_options&) = default;
};

/// Its vehicles are behind the HTTP API of a broker team, and not at an MQTT broker that it is connected to.
struct broker_api_options {
    std::string url; ///< http(s)://host:port[/base]; empty: they are at an MQTT broker
    std::string path = "/vehicles/{vin}/commands"; ///< behind the URL's own; {vin} stands for the vehicle
    std::string events;             ///< where each final event is POSTed as JSON; empty: GET /requests/{id} alone tells
    std::uint32_t connections = 64; ///< to each
    nanoseconds timeout = std::chrono::seconds{5};
    friend bool operator==(const broker_api_options&, const broker_api_options&) = default;
};

struct options {
    std::vector<service> services = default_services();
    std::string database;     ///< SQLite file; empty: a temporary one, gone with the process
    std::uint32_t batch = 10; ///< events a transaction
    nanoseconds batch_window = std::chrono::milliseconds{100}; ///< a batch waits no longer than this
    nanoseconds time_to_live = std::chrono::hours{24};         ///< of an ended request: in memory and in the database
    std::uint32_t remembered = 250'000; ///< requests that GET knows; beyond it the oldest ended one goes first
    std::uint8_t command_qos = 1;       ///< of the commands; the words are taken at 2, as they come
    std::vector<fault> faults;
    std::uint64_t seed = 1; ///< of the faults
    wake_options wake;
    backend::broker_api_options broker_api{};
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::backend
