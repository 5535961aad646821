// Outbound: sends the command of each created request.
#pragma once

#include "epoch_clock.hpp"
#include "fault_injector.hpp"
#include "outbox.hpp"
#include "processing.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

namespace loadsim::backend {

/// Applies the faults of commands and of requests.
class outbound {
public:
    outbound(processing&, request_table&, outbox&, const options&, const epoch_clock&, fault_plans&,
             const time_source&);

    void process_queue(); ///< processes all queued changes
    void release_delayed(monotonic_time now) { commands_.release_delayed(now); }
    monotonic_time next_due() const { return commands_.next_due(); }

private:
    outbox_message build_command(const request&) const;
    outbox_message build_second_command(const request&) const;

    processing& processing_;
    request_table& requests_;
    outbox& out_;
    const options& options_;
    const epoch_clock& clock_;
    fault_plans& faults_;
    fault_injector<outbox_message> commands_;
    event_bus<state_change>::queue& queue_;
};

} // namespace loadsim::backend
