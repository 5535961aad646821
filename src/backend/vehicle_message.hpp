// A message from a vehicle.
#pragma once

#include <string>

namespace loadsim::backend {

/// On its response topic or its presence topic, unread.
struct vehicle_message {
    std::string topic;
    std::string payload;
};

} // namespace loadsim::backend
