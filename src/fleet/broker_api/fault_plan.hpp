// Fault plan of the broker API: selects the commands and responses that a fault applies to.
#pragma once

#include <loadsim/fleet/fault.hpp>

#include <cstdint>
#include <vector>

namespace loadsim::fleet {

/// Numbers commands and responses separately, 1, 2, ..., and returns the first matching fault of the list for each. Random draws:
/// (seed, source, index in the list, number).
/// Threads: one. Pure: it reads no clock.
class fault_plan {
public:
    /// `source`: 0 for the HTTP server, 1, 2, ... for the response posters of the shards.
    fault_plan(const std::vector<fault>&, std::uint64_t seed, std::uint32_t source);

    /// Fault of the next message; nullptr: none. `since`: time since the load's start; negative: before it.
    const fault* next_command(nanoseconds since_start) { return next(true, commands_, since_start); }
    const fault* next_response(nanoseconds since_start) { return next(false, responses_, since_start); }

private:
    const fault* next(bool command, std::uint64_t& number, nanoseconds since_start);

    std::vector<fault> faults_;
    std::uint64_t seed_;
    std::uint64_t key_;
    std::uint64_t commands_ = 0;
    std::uint64_t responses_ = 0;
};

} // namespace loadsim::fleet
