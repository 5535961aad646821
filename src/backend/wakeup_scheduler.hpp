// Wake-up scheduler: triggers for sleeping vehicles, which have no MQTT session.
#pragma once

#include "requests.hpp"

#include <loadsim/backend/counts.hpp>

#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::backend {

/// A vehicle's presence states that it sleeps, and the bearer to wake it. A pending request for a sleeping vehicle
/// schedules a trigger at once, repeated until the vehicle acknowledges or the request ends. The command waits at the
/// broker.
/// Bound: one entry per VIN with a retained presence at the broker.
class wakeup_scheduler {
public:
    /// `bearer`: "udp" or "sms".
    using trigger_sender = std::function<void(std::string_view vin, std::string_view bearer)>;

    /// `send` empty: no triggers are sent.
    wakeup_scheduler(processing&, request_table&, nanoseconds repeat_interval, trigger_sender send);

    /// Message on the presence topic of the vehicle.
    void receive(std::string_view vehicle, std::string_view payload);
    void process_queue();              ///< processes all queued changes
    void send_due(monotonic_time now); ///< sends the triggers that are due; call it after sending the commands
    monotonic_time next_due() const { return scheduled_.empty() ? never : scheduled_.top().first; }
    wakeup_counts counts() const;

private:
    void schedule(request&, monotonic_time from);

    using scheduled_trigger = std::pair<monotonic_time, request_number>;

    request_table& requests_;
    nanoseconds repeat_interval_;
    trigger_sender send_;
    event_bus<state_change>::queue& queue_;
    std::unordered_map<std::string, std::string_view> asleep_; // VIN and bearer
    std::priority_queue<scheduled_trigger, std::vector<scheduled_trigger>, std::greater<>> scheduled_;
    wakeup_counts counts_;
};

} // namespace loadsim::backend
