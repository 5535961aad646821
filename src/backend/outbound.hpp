// Outbound: turns a created request into a command for its vehicle.
#pragma once

#include "calendar.hpp"
#include "outbox.hpp"
#include "processing.hpp"

#include <loadsim/backend/options.hpp>

#include <vector>

namespace loadsim::backend {

class outbound {
public:
    outbound(processing&, request_table&, outbox&, const std::vector<service>&, const calendar&);
    void work(); ///< all that waits in the queue

private:
    processing& processing_;
    request_table& requests_;
    outbox& out_;
    const std::vector<service>& services_;
    const calendar& calendar_;
    topic<change>::queue& queue_;
};

} // namespace loadsim::backend
