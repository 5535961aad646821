// Conversion of steady-clock time to milliseconds since the epoch, for payloads and the database.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::backend {

/// The offset is fixed at start: a later step of the system clock must not reorder a request's timestamps.
class epoch_clock {
public:
    epoch_clock(monotonic_time start, std::int64_t ms_since_epoch) : start_(start), start_ms_(ms_since_epoch) {}

    std::int64_t ms_since_epoch(monotonic_time t) const {
        return start_ms_ + std::chrono::floor<std::chrono::milliseconds>(t - start_).count();
    }

private:
    monotonic_time start_;
    std::int64_t start_ms_;
};

} // namespace loadsim::backend
