// Components that move a request's messages: outbound (command), inbound (responses), distribution (final event).
#pragma once

#include "epoch_clock.hpp"
#include "faults.hpp"
#include "outbox.hpp"
#include "requests.hpp"
#include "worker_pool.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace loadsim::backend {

/// Sends the command of each created request once a worker has it; applies the faults of commands and of requests. The worker is busy
/// until the command is sent, or lost or held by a fault.
class outbound {
public:
    outbound(processing&, request_table&, outbox&, const options&, const epoch_clock&, fault_plans&,
             const time_source&);

    void process_queue(); ///< processes all queued changes, and the waiting requests that have a worker
    void release_delayed(monotonic_time now) { commands_.release_delayed(now); }
    monotonic_time next_due() const { return std::min(commands_.next_due(), workers_.next_due()); }
    bool is_full() const {
        return workers_.is_full(queue_.size());
    } ///< a further request would find no room in the queue
    worker_counts waiting() const { return workers_.counts(); }

private:
    nanoseconds send_command(request&, monotonic_time begin); ///< returns the delay by a fault
    outbox_message build_command(const request&) const;
    outbox_message build_second_command(const request&) const;

    processing& processing_;
    request_table& requests_;
    outbox& out_;
    const options& options_;
    const epoch_clock& clock_;
    fault_plans& faults_;
    const time_source& time_;
    fault_injector<outbox_message> commands_;
    worker_pool workers_;
    event_bus<state_change>::queue& queue_;
};

/// Applies vehicle responses to request states; counts those that change nothing.
class inbound {
public:
    inbound(processing& p, request_table& requests, const time_source& time)
        : processing_(p), requests_(requests), time_(time) {}

    /// Message on the response topic.
    void receive(std::string_view topic, std::string_view payload);
    const inbound_counts& counts() const { return counts_; }

private:
    void apply(request&, const response&);

    processing& processing_;
    request_table& requests_;
    const time_source& time_;
    inbound_counts counts_;
};

/// Publishes the final event of each request; applies the faults of events.
class distribution {
public:
    distribution(processing&, request_table&, outbox&, const std::vector<service>&, const epoch_clock&, fault_plans&,
                 const time_source&);

    void process_queue(); ///< processes all queued changes
    void release_delayed(monotonic_time now) { events_.release_delayed(now); }
    monotonic_time next_due() const { return events_.next_due(); }

private:
    request_table& requests_;
    const std::vector<service>& services_;
    const epoch_clock& clock_;
    fault_injector<outbox_message> events_;
    event_bus<state_change>::queue& queue_;
};

} // namespace loadsim::backend
