// Execution of one command by one vehicle.
#pragma once

#include "behaviour_host.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace loadsim::fleet {

/// Runs the actions of a resolved behaviour in sequence, with one timer. Owned by its `behaviour_host`; ends with its end_execution().
class command_execution final : public net::timer {
public:
    /// `random`: behind the draws of the behaviour.
    command_execution(behaviour_host& host, vehicle_id id, vehicle::resolved_behaviour behaviour,
                      const random_stream& random = {0, stream_id::behaviour, 0})
        : vehicle(id), host_(host), behaviour_(std::move(behaviour)), random_(random) {}

    /// Runs all due actions, then arms the timer for the next one or finishes.
    void run_due_actions(monotonic_time now);
    bool disconnects() const; ///< a step ends the session
    /// Continues with the steps that an external program has answered. Returns the outcomes that they let expect.
    outcome_set take_answer(vehicle::behaviour);
    const vehicle::behaviour& source() const { return *behaviour_.source; } ///< behaviour whose steps it runs

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
    std::unique_ptr<const vehicle::behaviour> answer_; ///< of an external program; null: there is none
    random_stream random_;
    std::size_t next_action_ = 0;
    bool executed_ = false;
    bool reconnecting_ = false;
};

} // namespace loadsim::fleet
