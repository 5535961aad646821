// Correlation of completion events with requests by request id, for events without a VIN.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/observer/event.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::observer {

/// Maps the platform's request ids to vehicles. Keeps a completion that arrives before its request was accepted.
/// Threads: any, concurrently.
class request_correlator {
public:
    explicit request_correlator(
        nanoseconds timeout); ///< time that a completion is kept for its request, and a request after its completion
    ~request_correlator();

    /// Registers an accepted request. Returns the completions that arrived before.
    std::vector<completion> on_accepted(std::string_view request, vehicle_id, monotonic_time);
    /// Vehicle of the completion's request; nullopt: unknown, the completion is kept until on_accepted() or expired().
    std::optional<vehicle_id> correlate(const completion&);
    /// Registers a completion whose vehicle was known already.
    void on_completed(std::string_view request, monotonic_time);
    /// Removes and returns completions not correlated in time; removes requests completed longer ago than the timeout.
    std::vector<completion> expired(monotonic_time now);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::observer
