// Counts of telemetry and taps in a comparison of runs.
#pragma once

#include <loadsim/verdict/comparison.hpp>

#include <cstdint>
#include <vector>

namespace loadsim::verdict {

/// A count on both sides, with the number of requests, messages or records that it is of.
struct compared_count {
    count_change change;
    bool is_forbidden = false; ///< none of them may happen
    std::uint64_t old_base = 0;
    std::uint64_t new_base = 0;
};

/// Of each telemetry group that is on both sides the messages that never arrived; of each tap those that it missed, found changed,
/// twice or out of order. Names as in budgets: "telemetry.lost{group=position}". Groups and taps are matched by name.
std::vector<compared_count> telemetry_counts_of(const compared_side& before, const compared_side& after);

} // namespace loadsim::verdict
