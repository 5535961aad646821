// Lifecycle: sees to it that every request reaches an end.
#pragma once

#include "processing.hpp"

#include <loadsim/backend/options.hpp>

#include <cstdint>
#include <queue>
#include <vector>

namespace loadsim::backend {

/// When a request that enters the state now has been in it for too long; `never` with limits beyond the end of time.
monotonic_time deadline_of(const deadlines&, state, monotonic_time now);

/// Each time a request enters a state that is not its last, a check goes into a delay queue, due when the service's
/// deadline of that state is over. When it comes out and the request is still in that state, it fails with "timeout".
/// Nothing is cancelled: a check that comes after a change, or twice, finds another state and does nothing.
class lifecycle {
public:
    lifecycle(processing&, request_table&, const std::vector<service>&);

    void work();                            ///< all that waits in the queue
    void check_due(monotonic_time now);     ///< what comes out of the delay queue by now
    void check(request_number, state seen); ///< one message of it
    monotonic_time next_due() const { return delayed_.empty() ? never : delayed_.top().due; }
    std::uint64_t timed_out() const { return timed_out_; }

private:
    struct delayed_check {
        monotonic_time due;
        request_number number;
        state seen;
        bool operator>(const delayed_check& other) const { return due > other.due; }
    };

    processing& processing_;
    request_table& requests_;
    const std::vector<service>& services_;
    topic<change>::queue& queue_;
    std::priority_queue<delayed_check, std::vector<delayed_check>, std::greater<>> delayed_;
    std::uint64_t timed_out_ = 0;
};

} // namespace loadsim::backend
