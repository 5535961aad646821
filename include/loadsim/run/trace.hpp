// Trace of the messages between loadsim, the platform and the vehicles.
#pragma once

#include <cstdint>
#include <string>

namespace loadsim::run {

/// One message, as sent over the wire.
struct traced_message {
    enum class direction : std::uint8_t {
        to_api,        ///< head: "POST /path"
        from_api,      ///< head: the status; 0: no response, the body holds the error
        to_vehicle,    ///< head: the topic, or the path at the broker API
        from_vehicle,  ///< the same
        to_observer,   ///< head: topic, path or URL
        session_event, ///< an event of the vehicle's session; head only
    };
    traced_message::direction kind{};
    std::uint32_t observer = 0; ///< of to_observer: index in load.observers
    std::string head;
    std::string body;
};

} // namespace loadsim::run
