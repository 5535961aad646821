// Conversion between the monotonic clock of this host and system time, which the hosts share.
#pragma once

#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>

namespace loadsim::run {

/// System time (us since 1970) of a monotonic time; `now`: the current monotonic time.
inline std::int64_t to_wall_us(monotonic_time when, monotonic_time now) {
    return system_time_us() + std::chrono::duration_cast<std::chrono::microseconds>(when - now).count();
}

/// Offset of system time (since 1970) from the monotonic clock.
inline nanoseconds system_offset(const time_source& time) {
    return std::chrono::microseconds{system_time_us()} - time.now().time_since_epoch();
}

/// Monotonic time of a system time (us since 1970); `now`: the current monotonic time.
inline monotonic_time to_monotonic(std::int64_t wall, monotonic_time now) {
    return now + std::chrono::microseconds{wall - system_time_us()};
}

} // namespace loadsim::run
