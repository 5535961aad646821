// Distribution: publishes the final event of each request.
#pragma once

#include "epoch_clock.hpp"
#include "fault_injector.hpp"
#include "outbox.hpp"
#include "processing.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <vector>

namespace loadsim::backend {

/// Applies the faults of events.
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
