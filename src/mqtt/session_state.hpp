// The parts of a session that exist only while something is going on.
#pragma once

#include <loadsim/mqtt/packet.hpp>
#include <loadsim/mqtt/session.hpp>

#include "outbox.hpp"

#include <string>
#include <vector>

namespace loadsim::mqtt {

struct session::unfinished {
    outbox out;
    std::vector<std::uint16_t> unreleased; ///< QoS 2 messages received, PUBREL to come (4.3.3); sorted
    std::string server_reference;

    bool empty() const noexcept { return out.empty() && unreleased.empty() && server_reference.empty(); }
};

struct session::turn {
    monotonic_time now;
    bytes& out;
    session_events& events;
};

} // namespace loadsim::mqtt
