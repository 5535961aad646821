// The steady clock told as the date, for payloads and the database.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::backend {

/// Fixed when the backend starts: a step of the system clock later on must not reorder a request's instants.
class calendar {
public:
    calendar(monotonic_time instant, std::int64_t ms_since_epoch) : instant_(instant), ms_(ms_since_epoch) {}

    std::int64_t ms_since_epoch(monotonic_time t) const {
        return ms_ + std::chrono::floor<std::chrono::milliseconds>(t - instant_).count();
    }

private:
    monotonic_time instant_;
    std::int64_t ms_;
};

} // namespace loadsim::backend
