// Begin and end of a request: creation by an API call, timeout at a deadline.
#pragma once

#include "requests.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>

#include <cstdint>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::backend {

/// Validates an API call and creates the request.
class creation {
public:
    enum class create_status { created, invalid_vin, unknown_service, busy, overloaded };
    struct create_result {
        create_status status;
        std::string id; ///< created: the new request; busy: the active request; else empty
    };

    creation(processing&, const request_table&, const std::vector<service>&);

    /// At most one active request per vehicle, across all services. `has_room`: a worker or the queue has room for it.
    create_result create(std::string_view vehicle, std::string_view service, bool has_room);
    const creation_counts& counts() const { return counts_; }

private:
    processing& processing_;
    const request_table& requests_;
    std::unordered_map<std::string_view, std::uint16_t> services_; // keys are views into the options
    creation_counts counts_;
};

/// Time at which a request that enters the state now times out; `never` if that exceeds the range of the clock.
monotonic_time deadline_of(const deadlines&, state, monotonic_time now);

/// Each time a request enters a non-final state, a check is added to a delay queue, due at the service's deadline of
/// that state. If the request is still in that state when the check is due, it fails with "timeout". Checks are never
/// cancelled: a check after a state change, or a repeated one, finds another state and does nothing.
class lifecycle {
public:
    lifecycle(processing&, request_table&, const std::vector<service>&);

    void process_queue();                       ///< processes all queued changes
    void check_due(monotonic_time now);         ///< runs the checks that are due
    void check(request_number, state observed); ///< runs one check
    monotonic_time next_due() const { return delayed_.empty() ? never : delayed_.top().due; }
    std::uint64_t timed_out() const { return timed_out_; }

private:
    struct delayed_check {
        monotonic_time due;
        request_number number;
        state observed;
        bool operator>(const delayed_check& other) const { return due > other.due; }
    };

    processing& processing_;
    request_table& requests_;
    const std::vector<service>& services_;
    event_bus<state_change>::queue& queue_;
    std::priority_queue<delayed_check, std::vector<delayed_check>, std::greater<>> delayed_;
    std::uint64_t timed_out_ = 0;
};

} // namespace loadsim::backend
