// Recently completed requests and foreign request ids.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::measure {

struct completed_request {
    std::string request{};               ///< empty: unknown
    std::optional<arrival_id> arrival{}; ///< absent: not a request of this run
    std::optional<outcome> completion{}; ///< announced by the platform
    outcome final_outcome{};             ///< of a request of ours
    bool id_known = false;               ///< by driver or platform, not assumed
    anomaly_set expected_anomalies{};
    bool unreachable = false; ///< the vehicle was unreachable during the request, at least temporarily
    /// The command has not been delivered although expected; it counts as lost when it can no longer arrive.
    bool command_missing = false;
    monotonic_time sent = never, ended = never;
    monotonic_time delivered = never, executed = never, observed = never;
    monotonic_time kept_since = never; ///< set by completed_requests
    std::uint32_t observer_mask = 0;   ///< observers that reported the completion, one bit each
};

/// The most recent requests of each vehicle. Requests with a missing command are evicted last. Closed ones are dropped after
/// some time, so that memory is bounded by the rate of requests, not by the number of vehicles that ever had one.
/// Threads: one. Pure.
class completed_requests {
public:
    /// Capacity per vehicle. A reordered or late command is one or two requests behind.
    static constexpr std::size_t max_per_vehicle = 4;

    /// A message for a request later than this is not recognised as a repetition.
    static constexpr nanoseconds kept_for = std::chrono::minutes{5};

    completed_request* find(vehicle_id, std::string_view request);
    /// The earliest request of ours without id: an unknown id may belong to it. Commands are delivered in order unless
    /// their ids prove otherwise.
    completed_request* without_id(vehicle_id);
    completed_request* latest(vehicle_id); ///< of ours
    /// The command of a later request of ours was delivered before.
    bool later_command_delivered(vehicle_id, const completed_request&) const;

    /// Returns the evicted request, if any.
    std::optional<completed_request> add(vehicle_id, completed_request, monotonic_time now);
    void set_delivered(completed_request&, monotonic_time);
    /// Drops requests that are closed, `kept_for` after they were added: their command was delivered and their completion announced,
    /// or they are not of this run. `may_repeat`: the vehicle's session may still repeat messages, as it was interrupted.
    void drop_closed(monotonic_time now, const std::function<bool(vehicle_id)>& may_repeat);

    std::size_t missing_count() const noexcept { return missing_count_; }
    std::size_t size() const noexcept { return by_age_.size(); } ///< including evicted ones that are not old enough

    struct missing_command {
        vehicle_id vehicle{};
        completed_request request;
    };
    /// All requests with a missing command, by vehicle; resets `missing`.
    std::vector<missing_command> take_missing_commands();

private:
    std::unordered_map<std::uint32_t, std::vector<completed_request>> by_vehicle_; ///< oldest first
    std::deque<std::pair<monotonic_time, vehicle_id>> by_age_; ///< kept_since and vehicle of each request
    std::size_t missing_count_ = 0;
};

} // namespace loadsim::measure
