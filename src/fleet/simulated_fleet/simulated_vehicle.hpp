// Simulated vehicle: session state, disruption state and messages in transit.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/link_shaper.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::fleet {

class command_execution;

/// A message in transit between a vehicle and the simulated broker.
struct in_transit_message {
    std::string request{}; ///< of a response: its request id
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    monotonic_time expires = never;  ///< of a command: dropped if still queued at the broker then
    monotonic_time due{};            ///< arrival time
    contract::named_texts headers{}; ///< of a command received over HTTP
};

/// Timer of one vehicle; calls the owner with its kind and the vehicle's slot.
class simulated_vehicle_timer final : public net::timer {
public:
    enum class kind : std::uint8_t {
        deliver,   ///< a message in transit arrives, or a stall ends
        reconnect, ///< reconnect backoff is over
        sleep,     ///< awake time is over: fall asleep
    };
    class owner {
    public:
        virtual ~owner() = default;
        virtual void on_vehicle_timer(kind, std::uint32_t slot) = 0;
    };
    simulated_vehicle_timer(owner& o, kind what, std::uint32_t slot) : owner_(o), slot_(slot), kind_(what) {}

private:
    void on_timer(monotonic_time) override { owner_.on_vehicle_timer(kind_, slot_); }

    owner& owner_;
    std::uint32_t slot_;
    kind kind_;
};

/// Per-vehicle state of active conditions, behaviours and messages in transit; allocated on first use.
struct simulated_disruption_state {
    simulated_disruption_state(simulated_vehicle_timer::owner& o, std::uint32_t slot)
        : delivery_timer(o, simulated_vehicle_timer::kind::deliver, slot),
          reconnect_timer(o, simulated_vehicle_timer::kind::reconnect, slot),
          sleep_timer(o, simulated_vehicle_timer::kind::sleep, slot) {}

    // Active conditions: their number, or their indices.
    std::uint16_t tunnels = 0;
    std::uint16_t garages = 0; ///< including gaps of handovers: the vehicle stays offline
    std::uint16_t half_open = 0;
    bool powered_off = false; ///< not powered on yet
    std::vector<std::uint32_t> slow;
    std::vector<std::uint32_t> lossy;
    std::vector<measure::totals::occurrence_key>
        recovering_from; ///< occurrences that made it unreachable; cleared on recovery

    std::vector<in_transit_message> queued_commands;          ///< commands queued in the session at the broker
    std::vector<in_transit_message> unacknowledged_responses; ///< responses to resend after reconnect
    std::vector<in_transit_message> downlink_queue;           ///< commands in transit, in order
    std::vector<in_transit_message> uplink_queue;             ///< responses in transit, in order
    net::link_shaper::limits shape;                           ///< of all conditions in `slow` combined
    net::link_shaper downlink_shaper;                         ///< of a slow link, to the vehicle
    net::link_shaper uplink_shaper;
    monotonic_time stalled_until{};
    monotonic_time offline_since{};
    const command_execution* disconnected_by = nullptr; ///< execution whose step ended the session
    std::uint32_t failed_attempts = 0;                  ///< failed connects since the last session
    std::string last_request;                           ///< request id of the last command
    std::string previous_request;                       ///< request id of the command before that
    simulated_vehicle_timer delivery_timer, reconnect_timer, sleep_timer;

    /// True: holds nothing beyond the initial state, apart from `powered_off`.
    bool is_inactive(monotonic_time now) const {
        return tunnels == 0 && garages == 0 && half_open == 0 && slow.empty() && lossy.empty() &&
               recovering_from.empty() && queued_commands.empty() && unacknowledged_responses.empty() &&
               downlink_queue.empty() && uplink_queue.empty() && stalled_until <= now && disconnected_by == nullptr &&
               last_request.empty() && !delivery_timer.armed() && !reconnect_timer.armed() && !sleep_timer.armed();
    }
};

/// Counters of one vehicle (responses and random draws); kept when its other state is released.
struct simulated_vehicle_counters {
    std::uint32_t responses_sent = 0;    ///< sequence number of the last response
    std::uint32_t connect_attempts = 0;  ///< total; counter of the reconnect draws
    std::uint32_t wakeup_triggers = 0;   ///< wake-up triggers sent to the vehicle, including lost ones
    std::uint32_t unsolicited_draws = 0; ///< random draws used for unsolicited commands
    std::uint64_t delay_draws = 0;       ///< random draws used for delays of slow links
};

struct simulated_vehicle {
    enum class session_state : std::uint8_t {
        online,              ///< has a session, as far as the vehicle knows
        offline,             ///< no session; connects as soon as possible
        asleep,              ///< no session until woken
        permanently_offline, ///< no session for the rest of the run
        rejected,            ///< wrong credentials: no session for the rest of the run
    };
    std::uint32_t slot = 0; ///< vehicle index / shard count
    session_state state = session_state::online;
    bool reachable = true;                                   ///< last reported reachability
    bool available = true;                                   ///< last counted availability
    bool idle_candidate = false;                             ///< listed in idle_candidates
    std::uint16_t active_executions = 0;                     ///< running command executions
    std::unique_ptr<simulated_disruption_state> disruptions; ///< null: none so far
    const vehicle::behaviour* next_behaviour = nullptr;      ///< behaviour of the next command; null: the segment's
    simulated_vehicle_counters* counters = nullptr;          ///< null: not looked up yet
};

} // namespace loadsim::fleet
