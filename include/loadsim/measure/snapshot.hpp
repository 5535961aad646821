// What a shard, or a rank, posts about once a second.
#pragma once

#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <string>

namespace loadsim::measure {

/// How a part of the generator stands, and what it has seen since its snapshot before. A shard's; a rank's is the sum of its
/// shards'.
struct snapshot {
    totals seen; ///< since the snapshot before; what is told is in here
    std::uint32_t sessions_asked = 0;
    std::uint32_t sessions_online = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t awaited = 0;   ///< commands that may still come, and conditions that pass soon; told once all is due
    bool all_due = false;        ///< every arrival of its share has been due
    bool driver_ready = false;   ///< its driver and its observer can begin
    std::string trouble;         ///< why its part of the set-up failed; empty: it did not
    std::string broken;          ///< why it cannot go on; empty: it can
    double cpu_s = 0;            ///< used so far; a shard's is its thread's, a rank's its shards'
    std::uint64_t rss_bytes = 0; ///< resident memory of the process; 0 in a shard's

    /// Takes another part's into one for both: counts add up, both must be ready and due, the first trouble stays.
    void add(snapshot other);
};

} // namespace loadsim::measure
