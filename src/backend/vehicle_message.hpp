// Message from a vehicle.
#pragma once

#include <string>

namespace loadsim::backend {

/// Unparsed message on the response topic or the presence topic.
struct vehicle_message {
    std::string topic;
    std::string payload;
};

} // namespace loadsim::backend
