// The observer `none`: nobody tells, so the vehicle's last word ends its request.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/options.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loadsim::observe {

/// A last word that comes before its request's answer waits for it, one for each vehicle. A request without a last word times out
/// a deadline after it was accepted.
/// Threads: one, the shard's. Pure: `arm` is net::loop::arm() or timer_wheel::arm().
class last_words final : net::timer {
public:
    last_words(const none_options&, std::function<void(net::timer&, monotonic_time)> arm, on_end, std::uint32_t index);

    /// Requests are accepted in the order of time.
    void accepted(vehicle_id, std::string_view request, monotonic_time);
    void said(vehicle_id, std::string_view request, outcome, std::string_view code, monotonic_time);
    void forget(vehicle_id, std::string_view request); ///< it has ended otherwise
    std::size_t open() const noexcept { return open_.size(); }

private:
    struct word {
        std::string request;
        outcome end{};
        std::string code;
        monotonic_time at{};
    };
    struct due {
        monotonic_time when;
        vehicle_id vehicle{};
        std::string request;
    };
    void remember(vehicle_id, std::string_view request, monotonic_time);
    void end(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time);
    void on_timer(monotonic_time now) override;

    nanoseconds deadline_;
    std::function<void(net::timer&, monotonic_time)> arm_;
    on_end tell_;
    std::uint32_t index_;
    std::unordered_map<std::uint32_t, std::string> open_; // a request, by vehicle
    std::unordered_map<std::uint32_t, word> early_;       // by vehicle
    std::deque<due> deadlines_; // of requests and of early words, in the order of time; also of those that are over
};

} // namespace loadsim::observe
