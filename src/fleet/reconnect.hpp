// How long a vehicle that was thrown out waits before it tries again.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/net/backoff.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace loadsim::fleet {

inline constexpr nanoseconds refused_again = std::chrono::milliseconds{100};

/// `attempt`: those that have failed, from 0. `unit`: drawn, in [0, 1). Without any backoff one that was refused looks again after a
/// tenth of a second: a broker that is down refuses at once, and the storm would be of the generator's own making.
inline nanoseconds reconnect_wait(const reconnect_options& o, std::uint32_t attempt, double unit) {
    switch (o.backoff) {
    case reconnect_options::kind::full_jitter: return net::backoff(o.base, o.cap, attempt, unit);
    case reconnect_options::kind::none: return attempt == 0 ? nanoseconds{0} : std::min(o.base, refused_again);
    case reconnect_options::kind::fixed: return o.base;
    }
    return o.base;
}

} // namespace loadsim::fleet
