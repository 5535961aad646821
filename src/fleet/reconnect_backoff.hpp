// Reconnect backoff of vehicles.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/net/backoff.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace loadsim::fleet {

inline constexpr nanoseconds refused_retry_interval = std::chrono::milliseconds{100};

/// Wait before the next connect. `attempt`: failed attempts, from 0. `unit`: random, in [0, 1). Without backoff a refused vehicle
/// retries after 100 ms: a broker that is down refuses at once, and a tight loop would load the generator itself.
inline nanoseconds reconnect_wait(const reconnect_options& o, std::uint32_t attempt, double unit) {
    switch (o.backoff) {
    case reconnect_options::kind::full_jitter: return net::backoff(o.base, o.cap, attempt, unit);
    case reconnect_options::kind::none: return attempt == 0 ? nanoseconds{0} : std::min(o.base, refused_retry_interval);
    case reconnect_options::kind::fixed: return o.base;
    }
    return o.base;
}

} // namespace loadsim::fleet
