// State of one vehicle, common to MQTT sessions and simulated vehicles.
#pragma once

#include "conditions.hpp"
#include "timer_callback.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace loadsim::fleet {

class command_execution;
class fleet_core;

enum class session_state : std::uint8_t {
    online,              ///< session and subscription are up; the vehicle has not detected a loss
    offline,             ///< neither; connects as soon as possible
    asleep,              ///< no session until woken
    permanently_offline, ///< no session for the rest of the run
    rejected,            ///< wrong credentials: the broker rejects it
};

/// True: no session in the whole run; conditions do not apply.
constexpr bool never_online(session_state s) {
    return s == session_state::permanently_offline || s == session_state::rejected;
}

/// Random draws used so far by one vehicle.
struct draw_counters {
    std::uint32_t wakeup_triggers = 0; ///< wake-up triggers sent to the vehicle, including lost ones
    std::uint32_t unsolicited = 0;     ///< for unsolicited commands
    std::uint64_t delay = 0;           ///< for delays of slow links
};

/// Per-vehicle state of active conditions and behaviours; allocated on first use. Each link adds its own.
struct disruption_state : condition_state {
    disruption_state(fleet_core&, vehicle_id);
    virtual ~disruption_state() = default;

    const command_execution* disconnected_by = nullptr; ///< execution whose step ended the session
    const vehicle::behaviour* next_behaviour = nullptr; ///< behaviour of the next command; null: the segment's
    std::string last_request;                           ///< request id of the last command
    std::string previous_request;                       ///< request id of the command before that
    timer_callback<fleet_core, vehicle_id> sleep_timer; ///< awake time is over: fall asleep
};

/// Counters of measure::vehicle_states that a vehicle is counted in.
struct counted_states {
    bool asleep : 1 = false;
    bool connecting : 1 = false;
    bool blocked : 1 = false;
};

struct vehicle_state {
    explicit vehicle_state(vehicle_id v) : id(v) {}

    std::unique_ptr<disruption_state> disruptions; ///< null: none so far
    vehicle_id id;
    std::uint16_t active_executions = 0; ///< running command executions
    session_state state = session_state::offline;
    bool reachable = true;  ///< last reported reachability
    bool available = false; ///< last counted availability
    bool returning = false; ///< counted as returning after a condition
    counted_states counted{};
};

/// No connect until the state, a condition or a step allows it.
inline bool must_stay_offline(const vehicle_state& vehicle) {
    if (vehicle.state == session_state::permanently_offline || vehicle.state == session_state::asleep) return true;
    return vehicle.disruptions && (is_disrupted(*vehicle.disruptions) || vehicle.disruptions->powered_off ||
                                   vehicle.disruptions->disconnected_by != nullptr);
}

/// States of the vehicle as it is now. One that a condition or a step keeps offline does not count as connecting.
inline counted_states states_of(const vehicle_state& vehicle) {
    return {.asleep = vehicle.state == session_state::asleep,
            .connecting = vehicle.state == session_state::offline && !must_stay_offline(vehicle),
            .blocked = !never_online(vehicle.state) && vehicle.disruptions && is_blocked(*vehicle.disruptions)};
}

/// A command can be sent to the vehicle: online, or offline on purpose: permanently, asleep, or due to a condition. `sleeps`: its
/// behaviour does, and the load has begun: offline, it was woken and connects.
inline bool is_available(const vehicle_state& vehicle, bool sleeps) {
    if (vehicle.state != session_state::offline) return true;
    if (vehicle.disruptions && is_disrupted(*vehicle.disruptions)) return true;
    return sleeps && !(vehicle.disruptions && vehicle.disruptions->powered_off);
}

} // namespace loadsim::fleet
