// MQTT vehicle: session state and disruption state.
#pragma once

#include "mqtt_fleet/takeover_client.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::fleet {

class command_execution;

/// Timer of one vehicle; calls the owner with its kind and the vehicle's slot.
class vehicle_timer final : public net::timer {
public:
    enum class kind : std::uint8_t {
        sleep,          ///< awake time is over: fall asleep
        resume_reading, ///< end of a stall: resume reading
    };
    class owner {
    public:
        virtual ~owner() = default;
        virtual void on_vehicle_timer(kind, std::uint32_t slot) = 0;
    };
    vehicle_timer(owner& o, kind what, std::uint32_t slot) : owner_(o), slot_(slot), kind_(what) {}

private:
    void on_timer(monotonic_time) override { owner_.on_vehicle_timer(kind_, slot_); }

    owner& owner_;
    std::uint32_t slot_;
    kind kind_;
};

/// Per-vehicle state of active conditions and behaviours; allocated on first use.
struct disruption_state {
    disruption_state(vehicle_timer::owner& o, std::uint32_t slot)
        : sleep_timer(o, vehicle_timer::kind::sleep, slot),
          resume_reading_timer(o, vehicle_timer::kind::resume_reading, slot) {}

    // Active conditions: their number, or their indices.
    std::uint16_t tunnels = 0;
    std::uint16_t garages = 0; ///< including gaps of handovers: the vehicle stays offline
    std::uint16_t half_open = 0;
    std::uint16_t handovers = 0; ///< so far; each moves to another source address
    bool powered_off = false;    ///< not powered on yet
    std::vector<std::uint32_t> slow;
    std::vector<std::uint32_t> lossy;
    std::vector<measure::totals::occurrence_key>
        recovering_from; ///< occurrences that made it unreachable; cleared on recovery

    const command_execution* disconnected_by = nullptr; ///< execution whose step ended the session
    std::unique_ptr<takeover_client> second_client;     ///< second client with the same client id
    std::uint16_t active_executions = 0; ///< running command executions; counted for sleeping vehicles only
    std::uint32_t wakeup_triggers = 0;   ///< wake-up triggers sent to the vehicle, including lost ones
    std::uint64_t unsolicited_draws = 0; ///< random draws used for unsolicited commands
    std::uint64_t delay_draws = 0;       ///< random draws used for delays of slow links
    std::string assigned_client_id;      ///< client id assigned by the broker
    std::string last_request;            ///< request id of the last command
    std::string previous_request;        ///< request id of the command before that
    vehicle_timer sleep_timer, resume_reading_timer;
};

struct mqtt_vehicle {
    enum class session_state : std::uint8_t {
        wanted,              ///< has a session, or tries to get one
        asleep,              ///< no session until woken
        permanently_offline, ///< no session for the rest of the run
        rejected,            ///< wrong credentials: keeps trying, the broker rejects it
    };

    mqtt_vehicle(net::loop& loop, const mqtt::session_options& session, net::link_events& events, std::uint32_t index)
        : link(loop, session, events, index) {}

    net::mqtt_link link;
    std::uint32_t connect_attempts = 0; ///< total; counter of the reconnect draws
    std::uint32_t responses_sent = 0;   ///< sequence number of the last response
    std::uint8_t failed_attempts = 0;   ///< since the last success; saturates
    std::uint8_t broker_switches = 0;   ///< moves to the next broker after a refusal
    session_state state = session_state::wanted;
    bool subscribed = false;                       ///< session and subscription are up
    bool reachable = true;                         ///< last reported reachability
    bool available = false;                        ///< last counted availability
    bool connected_before = false;                 ///< had a session before
    bool subscription_kept = false;                ///< the broker's session holds the subscription
    bool connect_in_flight = false;                ///< occupies a slot among the connects in flight
    std::unique_ptr<disruption_state> disruptions; ///< null: none so far
};

} // namespace loadsim::fleet
