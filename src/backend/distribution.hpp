// Distribution: tells the world how a request ended, and nothing before.
#pragma once

#include "calendar.hpp"
#include "outbox.hpp"
#include "processing.hpp"

#include <loadsim/backend/options.hpp>

#include <vector>

namespace loadsim::backend {

class distribution {
public:
    distribution(processing&, request_table&, outbox&, const std::vector<service>&, const calendar&);
    void work(); ///< all that waits in the queue

private:
    request_table& requests_;
    outbox& out_;
    const std::vector<service>& services_;
    const calendar& calendar_;
    topic<change>::queue& queue_;
};

} // namespace loadsim::backend
