// Link of the telemetry publisher to the sessions of the vehicles.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <cstdint>
#include <system_error>

namespace loadsim::fleet {

/// Who has ended a session.
enum class session_end : std::uint8_t {
    by_vehicle, ///< or by the network, or by nobody knows whom
    by_broker   ///< which may have refused a message in this way
};

/// Implemented by the MQTT fleet, the simulated fleet and test fakes. Threads: the loop's.
class telemetry_link {
public:
    struct published {
        std::uint16_t packet_id = 0; ///< its acknowledgement follows; 0: none does
        std::error_code error{};     ///< queue_full: the session takes no more for now
        bool acknowledged = false;   ///< QoS 1 and 2 without a packet id: the broker has it already
    };

    virtual ~telemetry_link() = default;
    /// The vehicle has a session, and nothing blocks its link.
    virtual bool can_send(vehicle_id) const = 0;
    /// May end the session of the vehicle, as a failed write does.
    virtual published publish_telemetry(vehicle_id, const mqtt::message&) = 0;
    /// Messages that the session sends at once, by the broker's receive maximum; 0 as well while bytes wait for the network.
    virtual std::uint32_t send_quota(vehicle_id) const = 0;
    /// Of a session that has ended: it sends unacknowledged messages again when it is resumed.
    virtual bool keeps_messages(vehicle_id) const = 0;
    /// Of a session that has ended: it does not send that message again. Need not be there for brokers that refuse no message.
    virtual void discard_message(vehicle_id, std::uint16_t /*packet_id*/) {}
    /// The vehicle has a session, or connects as soon as it can.
    virtual bool comes_back(vehicle_id) const = 0;

    virtual void arm(net::timer&, monotonic_time) = 0;
    virtual monotonic_time now() const = 0;
    virtual std::int64_t wall_us() const = 0; ///< system time, since 1970
};

/// Error of telemetry_link::publish_telemetry(): the session takes the message later, or the next session does.
inline bool is_temporary(const std::error_code& error) {
    return error == mqtt::errc::queue_full || error == mqtt::errc::not_connected ||
           error == mqtt::errc::no_packet_identifier;
}

} // namespace loadsim::fleet
