// Vehicles that sleep without a session, and when each is to be woken.
#pragma once

#include "processing.hpp"

#include <loadsim/backend/figures.hpp>

#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::backend {

/// Their presence says that they sleep, and how they are woken. A request that waits for one of them calls for a trigger: at once,
/// and again until the vehicle has acknowledged or the request has ended. The command itself waits at the broker.
/// Bound: as many as have a retained presence at the broker, of names that are VINs.
class sleepers {
public:
    /// `bearer`: "udp" or "sms".
    using trigger = std::function<void(std::string_view vin, std::string_view bearer)>;

    /// `send` empty: nobody is woken.
    sleepers(processing&, request_table&, nanoseconds again, trigger send);

    /// A message on the presence topic of the vehicle.
    void receive(std::string_view vehicle, std::string_view payload);
    void work();                   ///< all that waits in the queue
    void call(monotonic_time now); ///< sends the triggers that are due; after the commands
    monotonic_time next_due() const { return calls_.empty() ? never : calls_.top().first; }
    wake_figures counted() const;

private:
    void begin_to_call(request&, monotonic_time from);

    using call_at = std::pair<monotonic_time, request_number>;

    request_table& requests_;
    nanoseconds again_;
    trigger send_;
    topic<change>::queue& queue_;
    std::unordered_map<std::string, std::string_view> asleep_; // VIN and bearer
    std::priority_queue<call_at, std::vector<call_at>, std::greater<>> calls_;
    wake_figures figures_;
};

} // namespace loadsim::backend
