// Fault plans of the broker API.
#pragma once

#include <loadsim/fleet/fault.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadsim::fleet {

enum class fault_target : std::uint8_t { commands, responses };

/// `source`: 0 for the HTTP server, 1, 2, ... for the response posters of the shards.
/// Random draws: (seed, source, index in the list, number of the message).
inline fault_plan<fault> make_fault_plan(const std::vector<fault>& all, fault_target target, std::uint64_t seed,
                                         std::uint32_t source) {
    // Disjoint from the draws of the embedded backend's faults.
    const auto first_key = std::uint64_t{1} << 63U | std::uint64_t{source} << 16U;
    fault_plan<fault> plan(seed);
    for (std::size_t i = 0; i < all.size(); ++i)
        if ((all[i].what == fault::kind::duplicate) == (target == fault_target::responses))
            plan.add(all[i], first_key | i);
    return plan;
}

} // namespace loadsim::fleet
