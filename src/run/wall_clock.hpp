// Instants that other hosts understand: the steady clock is each host's own.
#pragma once

#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>

namespace loadsim::run {

/// What the system clock shows at an instant of the steady one; `now`: what the steady one shows now.
inline std::int64_t wall_us_at(monotonic_time when, monotonic_time now) {
    return wall_us() + std::chrono::duration_cast<std::chrono::microseconds>(when - now).count();
}

/// What the date (time since 1970) is ahead of the steady clock.
inline nanoseconds date_ahead(const time_source& time) {
    return std::chrono::microseconds{wall_us()} - time.now().time_since_epoch();
}

/// The other way round.
inline monotonic_time instant_at(std::int64_t wall, monotonic_time now) {
    return now + std::chrono::microseconds{wall - wall_us()};
}

} // namespace loadsim::run
