// Listener to the telemetry messages and alarms that vehicles send.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::fleet {

/// Called on the loop's thread.
class telemetry_listener {
public:
    virtual ~telemetry_listener() = default;
    /// The message was given to the vehicle's session: when due, from the store, or again after a resumed session (QoS 1 and 2).
    /// `group`: index of the telemetry group; alarms follow the groups. `payload_hash`: content_hash() of the payload.
    virtual void telemetry_sent(vehicle_id, std::uint32_t group, std::uint64_t sequence, std::uint64_t payload_hash,
                                monotonic_time) = 0;
};

} // namespace loadsim::fleet
