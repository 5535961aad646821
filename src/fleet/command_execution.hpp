// Execution of one command by one vehicle.
#pragma once

#include "behaviour_host.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace loadsim::fleet {

/// Runs the actions of a resolved behaviour in sequence, with one timer. Owned by its `behaviour_host`; ends with its end_execution().
class command_execution final : public net::timer {
public:
    command_execution(behaviour_host& host, vehicle_id id, vehicle::resolved_behaviour behaviour)
        : vehicle(id), host_(host), behaviour_(std::move(behaviour)) {}

    /// Runs all due actions, then arms the timer for the next one or finishes.
    void run_due_actions(monotonic_time now);
    bool disconnects() const; ///< a step ends the session

    const vehicle_id vehicle;
    std::string request;
    contract::message_contract::parsed_command command; ///< the parsed command
    std::string response_topic;                         ///< MQTT 5.0 response topic of the command; empty: none
    std::string correlation;                            ///< MQTT 5.0 correlation data, echoed in the responses
    std::size_t slot = 0;                               ///< index in the host's list

private:
    void on_timer(monotonic_time now) override { run_due_actions(now); }
    bool executes_implicitly() const;

    behaviour_host& host_;
    vehicle::resolved_behaviour behaviour_;
    std::size_t next_action_ = 0;
    bool executed_ = false;
    bool reconnecting_ = false;
};

} // namespace loadsim::fleet
