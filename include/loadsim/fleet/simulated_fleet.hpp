// Simulated vehicles of one shard, without sockets: same behaviours and conditions, with simulated sessions and broker. Runs in
// simulated time, or in real time behind the broker-api link.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace loadsim::fleet {

class vehicle_events;
struct fleet_spec;

/// Receiver of the vehicles' messages: responses and presence. The simulated broker neither loses nor delays messages: a command
/// for an offline vehicle is queued in its session, if the options keep one, and delivered in order after reconnect unless expired;
/// responses reach the platform at once.
class uplink_sink {
public:
    virtual ~uplink_sink() = default;
    /// Accepts the message; must not call back into the vehicles. `request`: id of its request; empty: presence.
    virtual void on_vehicle_message(vehicle_id, std::string_view request, std::string_view topic,
                                    std::string_view payload) = 0;
    /// A telemetry message has reached the broker. It is no message of a request: the simulated platform does not have it.
    virtual void on_telemetry(vehicle_id, std::string_view /*topic*/, std::string_view /*payload*/) {}
    /// A message that can wait may be sent now. False: the caller tries again after 1 ms.
    virtual bool has_capacity() const { return true; }
};

/// Options of the simulation; the defaults are for simulated time.
struct simulation_options {
    /// System clock (time since 1970) minus steady clock; 0 in a rehearsal, where the steady clock shows the date.
    nanoseconds system_offset{0};
    /// Report a vehicle absent from the start when the first message arrives for it, instead of all at load start.
    bool report_absent_lazily = false;
    bool presence = true; ///< publish presence messages
    /// Apply a condition that affects many vehicles in slices over some milliseconds, so that the loop is not blocked (real time).
    bool time_sliced = false;
};

using arm_function = std::function<void(net::timer&, monotonic_time)>;

/// Simulated vehicles. Connecting takes no time; all other durations follow behaviours and conditions. All vehicles are online from
/// the start, except those that power on later and those with wrong credentials. During an outage their owner queues what is published.
/// Shape:   a vehicle takes memory while it differs from its initial state (by segment and conditions); one that has sent a
///          response keeps about 40 bytes of counters, for its sequence numbers; one that was powered on later about 80.
/// Threads: one. Driven by the timers passed to `arm`; their owner fires them.
std::unique_ptr<vehicles> make_simulated_fleet(arm_function arm, const time_source&, vehicle_events&, const fleet_spec&,
                                               uplink_sink&, const simulation_options& = {});

} // namespace loadsim::fleet
