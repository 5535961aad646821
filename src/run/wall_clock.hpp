// Instants that other hosts understand: the steady clock is each host's own.
#pragma once

#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>

namespace loadsim::run {

/// The system clock's reading now, in microseconds since 1970.
inline std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// What the system clock shows at an instant of the steady one; `now`: what the steady one shows now.
inline std::int64_t wall_us_at(monotonic_time when, monotonic_time now) {
    return wall_us() + std::chrono::duration_cast<std::chrono::microseconds>(when - now).count();
}

/// The other way round.
inline monotonic_time instant_at(std::int64_t wall, monotonic_time now) {
    return now + std::chrono::microseconds{wall - wall_us()};
}

} // namespace loadsim::run
