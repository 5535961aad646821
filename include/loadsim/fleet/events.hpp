// Vehicle events (commands, responses, sessions, conditions), for MQTT and simulated vehicles.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_contract.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::fleet {

/// Request data of a delivered command.
struct command_info {
    bool first_delivery = true;        ///< first delivery to the vehicle
    std::optional<arrival_id> arrival; ///< of its request, if loadsim sent it; key of the behaviour's random draws
    std::string_view service{};        ///< its name in the behaviour's delays; empty: as in the command
};

/// Receiver of vehicle events, called on the loop's thread. on_delivered() looks up the request; the other events are optional.
class vehicle_events {
public:
    virtual ~vehicle_events() = default;
    /// `retained`: the broker had kept the command since before the vehicle subscribed.
    virtual command_info on_delivered(vehicle_id, const contract::message_contract::parsed_command&, monotonic_time,
                                      bool retained) = 0;
    virtual void on_acked(vehicle_id, std::string_view /*request*/, monotonic_time) {}
    /// Final response of a request: executed or failed, with the code.
    virtual void on_finished(vehicle_id, std::string_view /*request*/, outcome, std::string_view /*code*/,
                             monotonic_time) {}
    /// The answer of an external program says what a correct platform reports for the request.
    virtual void on_expected(vehicle_id, std::string_view /*request*/, outcome_set) {}
    virtual void on_executed(vehicle_id, std::string_view /*request*/, monotonic_time) {}
    /// The vehicle begins to execute a command while it executes no other, and has none left to execute.
    virtual void on_execution_begin(vehicle_id) {}
    virtual void on_execution_end(vehicle_id) {}
    /// A message on the command topic that is not a command.
    virtual void on_malformed(vehicle_id, std::string_view /*topic*/, std::string_view /*payload*/, monotonic_time) {}
    /// Received a campaign message; called per delivery. `campaign`: index in the spec.
    virtual void on_campaign(vehicle_id, std::uint32_t /*campaign*/, monotonic_time) {}
    /// A message of a request, sent or received, as on the wire. Not called for messages dropped by a lossy condition.
    virtual void on_message(vehicle_id, std::string_view /*request*/, bool /*to_vehicle*/, std::string_view /*topic*/,
                            std::string_view /*payload*/, monotonic_time) {}

    /// The vehicle becomes unreachable, and reachable again: session lost and restored, or link blocked by a condition.
    virtual void on_unreachable(vehicle_id) {}
    virtual void on_reachable(vehicle_id) {}
    /// vehicles::available() of the vehicle has changed.
    virtual void on_availability_changed(vehicle_id) {}
    /// Session change, as human-readable text.
    virtual void on_session_event(vehicle_id, std::string&& /*what*/, monotonic_time) {}
    /// The broker accepted a vehicle with wrong credentials.
    virtual void on_unauthorized_accept(vehicle_id, monotonic_time) {}
    /// A condition begins, and ends, to affect the vehicle.
    virtual void on_condition_begin(vehicle_id, std::uint32_t /*condition*/, monotonic_time) {}
    virtual void on_condition_end(vehicle_id, std::uint32_t /*condition*/, monotonic_time) {}
};

} // namespace loadsim::fleet
