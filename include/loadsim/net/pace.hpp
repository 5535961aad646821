// How long a slow link takes.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstddef>

namespace loadsim::net {

/// One direction of a link that carries so many bytes a second, one after the other, and adds a delay to each.
/// Threads: one. Pure: it reads no clock.
class pace {
public:
    struct limits {
        double bytes_per_second = 0; ///< 0: not limited
        nanoseconds added{0};
        friend bool operator==(const limits&, const limits&) = default;
    };

    /// When so much more, handed over now, has arrived. Never before what was handed over earlier.
    monotonic_time carried(monotonic_time now, std::size_t bytes, const limits&);
    /// It has carried nothing yet, as a new connection has.
    void reset() { *this = {}; }

private:
    monotonic_time free_{}; ///< when it has carried all that it was given
    monotonic_time last_{}; ///< when that arrives
};

} // namespace loadsim::net
