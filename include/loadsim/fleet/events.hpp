// What vehicles tell of commands, words and sessions, real or modelled; and how they are asked whether they can be reached.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::fleet {

/// What is known of a command that came.
struct order {
    bool fresh = true;                 ///< the vehicle did not have it before
    std::optional<arrival_id> arrival; ///< of its request, if it is one of ours: its choices are drawn from that
};

/// Told on the loop's thread. Only who knows of requests can say what a command is; the rest is for who wants to hear it.
class vehicle_events {
public:
    virtual ~vehicle_events() = default;
    virtual order on_delivered(vehicle_id, std::string_view request, monotonic_time) = 0;
    virtual void on_acked(vehicle_id, std::string_view /*request*/, monotonic_time) {}
    /// Its last word of a request: executed or failed, and why.
    virtual void on_finished(vehicle_id, std::string_view /*request*/, outcome, std::string_view /*code*/,
                             monotonic_time) {}
    virtual void on_executed(vehicle_id, std::string_view /*request*/, monotonic_time) {}
    /// A message on the command topic that is no command.
    virtual void on_malformed(vehicle_id, std::string_view /*topic*/, std::string_view /*payload*/, monotonic_time) {}
    /// It has got what a campaign sends to many; each time that it does. `campaign`: by the plan's.
    virtual void on_campaign(vehicle_id, std::uint32_t /*campaign*/, monotonic_time) {}
    /// A message of a request, in or out, as it is on the wire. A lossy condition's victims are not told.
    virtual void on_message(vehicle_id, std::string_view /*request*/, bool /*to_vehicle*/, std::string_view /*topic*/,
                            std::string_view /*payload*/, monotonic_time) {}

    /// It cannot hear, and can again: its session is lost and stands again, or a condition begins and ends to keep it silent.
    virtual void on_away(vehicle_id) {}
    virtual void on_back(vehicle_id) {}
    /// What happened to its session, as a person says it.
    virtual void on_session(vehicle_id, std::string /*what*/, monotonic_time) {}
    /// A vehicle whose credentials are wrong has got a session.
    virtual void on_let_in(vehicle_id, monotonic_time) {}
    /// A condition begins and ends to touch it.
    virtual void on_struck(vehicle_id, std::uint32_t /*condition*/, monotonic_time) {}
    virtual void on_passed(vehicle_id, std::uint32_t /*condition*/, monotonic_time) {}
};

/// Who of a shard's vehicles can be sent a request.
class roster {
public:
    virtual ~roster() = default;
    virtual std::uint32_t size() const noexcept = 0;
    /// A command can be sent to it: it is on line, or away as it should be.
    virtual bool reachable(vehicle_id) const = 0;
    virtual std::uint32_t reachable() const noexcept = 0; ///< how many are
};

} // namespace loadsim::fleet
