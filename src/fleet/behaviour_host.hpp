// Behaviour host: the actions a behaviour performs on its vehicle (responses, session, timers).
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/vehicle/behaviour.hpp>

namespace loadsim::fleet {

class command_execution;

/// Implemented by the MQTT fleet, the simulated fleet and test fakes. Threads: the loop's.
class behaviour_host {
public:
    virtual ~behaviour_host() = default;
    /// False: cannot be sent now; retry later.
    virtual bool send_response(command_execution&, const vehicle::response_step&) = 0;
    virtual void execute(command_execution&) = 0;
    virtual void disconnect(command_execution&, vehicle::disconnect_kind) = 0;
    virtual void reconnect(command_execution&) = 0;              ///< no-op with a session
    virtual bool online(vehicle_id) const = 0;                   ///< has a subscribed session
    virtual void take_over(command_execution&, nanoseconds) = 0; ///< the second client disconnects after this time
    virtual void stall(command_execution&, nanoseconds) = 0;
    /// Asks the external program of a behaviour; command_execution::answer() follows, possibly within the call, unless the run ends.
    virtual void ask_program(command_execution&) = 0;
    virtual void arm(net::timer&, monotonic_time) = 0;
    virtual monotonic_time now() const = 0;
    /// All steps are done; the execution may be destroyed during the call.
    virtual void end_execution(command_execution&) = 0;
};

} // namespace loadsim::fleet
