// What the reference backend is told.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
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

struct options {
    std::vector<service> services = default_services();
    std::string database;     ///< SQLite file; empty: a temporary one, gone with the process
    std::uint32_t batch = 10; ///< events a transaction
    nanoseconds batch_window = std::chrono::milliseconds{100}; ///< a batch waits no longer than this
    nanoseconds time_to_live = std::chrono::hours{24};         ///< of an ended request: in memory and in the database
    std::uint32_t remembered = 250'000; ///< requests that GET knows; beyond it the oldest ended one goes first
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::backend
