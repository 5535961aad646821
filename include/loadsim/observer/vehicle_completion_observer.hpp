// The `none` observer: a vehicle's final response completes its request.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/options.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loadsim::observer {

/// Keeps a final response that arrives before its request was accepted, one per vehicle. A request without a final response
/// times out `deadline` after its acceptance.
/// Threads: the shard's only. No I/O: `arm` is net::loop::arm() or timer_wheel::arm().
class vehicle_completion_observer final : net::timer {
public:
    vehicle_completion_observer(const none_options&, std::function<void(net::timer&, monotonic_time)> arm,
                                on_vehicle_completion, std::uint32_t index);

    /// Call in order of time.
    void on_accepted(vehicle_id, std::string_view request, monotonic_time);
    /// The id of the open request, which was accepted without one.
    void on_identified(vehicle_id, std::string_view request);
    void on_final_response(vehicle_id, std::string_view request, outcome, std::string_view code, monotonic_time);
    void forget(vehicle_id, std::string_view request); ///< completed by other means
    std::size_t open() const noexcept { return open_.size(); }

private:
    struct early_response {
        std::string request;
        outcome final_outcome{};
        std::string code;
        monotonic_time at{};
    };
    struct open_request {
        std::string request; ///< empty: not known yet
        monotonic_time deadline;
    };
    struct deadline_entry {
        monotonic_time when;
        vehicle_id vehicle{};
        std::string request;
    };
    void add_deadline(vehicle_id, std::string_view request, monotonic_time);
    void complete(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time);
    void on_timer(monotonic_time now) override;

    nanoseconds deadline_;
    std::function<void(net::timer&, monotonic_time)> arm_;
    on_vehicle_completion handler_;
    std::uint32_t index_;
    std::unordered_map<std::uint32_t, open_request> open_;              // by vehicle
    std::unordered_map<std::uint32_t, early_response> early_responses_; // by vehicle
    std::deque<deadline_entry> deadlines_; // of requests and early responses, ordered by time; includes completed ones
};

} // namespace loadsim::observer
