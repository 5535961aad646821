// Workload of one run, the same for every competitor.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace loadsim::bench {

/// The fleet connects at maximum rate, idles, receives commands and responds to each, then idles again.
struct workload {
    std::uint32_t vehicles = 1000;
    std::uint32_t per_second = 0; ///< commands; 0: a single one, because a scenario needs at least one arrival
    std::chrono::seconds idle_before{4};
    std::chrono::seconds load{1};
    std::chrono::seconds idle_after{4};
    std::optional<int>
        telemetry_qos{}; ///< 0 or 1: the vehicles send telemetry, `per_second` in all, and receive no commands
};

} // namespace loadsim::bench
