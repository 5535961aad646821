// Outbound: turns a created request into a command for its vehicle.
#pragma once

#include "calendar.hpp"
#include "detour.hpp"
#include "outbox.hpp"
#include "processing.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

namespace loadsim::backend {

/// Here are the faults of commands, and those of requests.
class outbound {
public:
    outbound(processing&, request_table&, outbox&, const options&, const calendar&, fault_plan&, const time_source&);

    void work(); ///< all that waits in the queue
    void release(monotonic_time now) { commands_.release(now); }
    monotonic_time next_due() const { return commands_.next_due(); }

private:
    outgoing command_of(const request&) const;
    outgoing second_request(const request&) const;

    processing& processing_;
    request_table& requests_;
    outbox& out_;
    const options& options_;
    const calendar& calendar_;
    fault_plan& faults_;
    detour<outgoing> commands_;
    topic<change>::queue& queue_;
};

} // namespace loadsim::backend
