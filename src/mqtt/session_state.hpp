// Session state that exists only while messages are in flight.
#pragma once

#include <loadsim/mqtt/packet.hpp>
#include <loadsim/mqtt/session.hpp>

#include "outbox.hpp"

#include <string>
#include <vector>

namespace loadsim::mqtt {

struct session::active_state {
    outbox out;
    std::vector<std::uint16_t> unreleased; ///< QoS 2 messages received, PUBREL to come (4.3.3); sorted
    std::string server_reference;

    bool empty() const noexcept { return out.empty() && unreleased.empty() && server_reference.empty(); }
};

struct session::receive_context {
    monotonic_time now;
    bytes& out;
    session_events& events;
};

} // namespace loadsim::mqtt
