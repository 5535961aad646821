// Distribution: tells the world how a request ended, and nothing before.
#pragma once

#include "calendar.hpp"
#include "detour.hpp"
#include "outbox.hpp"
#include "processing.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <vector>

namespace loadsim::backend {

/// Here are the faults of events.
class distribution {
public:
    distribution(processing&, request_table&, outbox&, const std::vector<service>&, const calendar&, fault_plan&,
                 const time_source&);

    void work(); ///< all that waits in the queue
    void release(monotonic_time now) { events_.release(now); }
    monotonic_time next_due() const { return events_.next_due(); }

private:
    request_table& requests_;
    const std::vector<service>& services_;
    const calendar& calendar_;
    detour<outgoing> events_;
    topic<change>::queue& queue_;
};

} // namespace loadsim::backend
