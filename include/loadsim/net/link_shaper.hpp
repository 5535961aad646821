// Traffic shaper: bandwidth limit and delay of one direction of a link.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstddef>

namespace loadsim::net {

/// Computes arrival times on a link with a limited bandwidth (bytes are serialized) and an added delay.
/// Threads: one. Pure: it reads no clock.
class link_shaper {
public:
    struct limits {
        double bytes_per_second = 0; ///< 0: not limited
        nanoseconds delay{0};
        friend bool operator==(const limits&, const limits&) = default;
    };

    /// Arrival time of `bytes` sent at `now`. Never earlier than that of bytes sent before.
    monotonic_time arrival_time(monotonic_time now, std::size_t bytes, const limits&);
    /// Back to the state of a new connection.
    void reset() { *this = {}; }

private:
    monotonic_time idle_from_{};    ///< end of the transmission of all bytes so far
    monotonic_time last_arrival_{}; ///< arrival time of the last of them
};

} // namespace loadsim::net
