// What a behaviour's steps need of a vehicle: its voice, its session, its time.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/vehicle/behaviour.hpp>

namespace loadsim::fleet {

class activity;

/// Real vehicles speak MQTT, the rehearsal's are a model, tests bring their own. Threads: the loop's.
class body {
public:
    virtual ~body() = default;
    /// False: it cannot be said now, but later.
    virtual bool say(activity&, const vehicle::word&) = 0;
    virtual void execute(activity&) = 0;
    virtual void disconnect(activity&, vehicle::parting) = 0;
    virtual void reconnect(activity&) = 0;              ///< if it has no session
    virtual bool online(vehicle_id) const = 0;          ///< with a session that hears commands
    virtual void take_over(activity&, nanoseconds) = 0; ///< the second client leaves after so long
    virtual void stall(activity&, nanoseconds) = 0;
    virtual void arm(net::timer&, monotonic_time) = 0;
    virtual monotonic_time now() const = 0;
    /// The last step is taken; the activity may be destroyed from inside.
    virtual void end(activity&) = 0;
};

} // namespace loadsim::fleet
