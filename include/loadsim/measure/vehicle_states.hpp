// Vehicles by state, counted by fleet and ledger.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>

namespace loadsim::measure {

/// Numbers of vehicles at an instant. A vehicle is online, asleep, connecting, or offline for another reason; besides, it may be
/// blocked, and it may be busy.
struct vehicle_states {
    std::uint64_t asleep = 0;
    std::uint64_t connecting =
        0;                     ///< offline, and nothing keeps it so: it connects, or waits for its turn or its backoff
    std::uint64_t blocked = 0; ///< a condition blocks both directions of its link; a broker outage does not count
    std::uint64_t busy = 0;    ///< has an open request, or executes a command

    friend bool operator==(const vehicle_states&, const vehicle_states&) = default;
};
BOOST_DESCRIBE_STRUCT(vehicle_states, (), (asleep, connecting, blocked, busy))

} // namespace loadsim::measure
