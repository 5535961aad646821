// Load options: phases and arrival spacing.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::load {

/// One phase of the load. The keys have the same meaning as in Artillery.
struct phase {
    std::string name;                           ///< defaults to "phase N" (from 1)
    nanoseconds duration{0};                    ///< also of a pause
    bool pause = false;                         ///< no arrivals for `duration`
    rate arrival_rate{};                        ///< at the start
    std::optional<rate> ramp_to;                ///< at the end; linear in between
    std::optional<std::uint64_t> arrival_count; ///< exact count, evenly over `duration`; excludes the rates
    std::optional<std::uint64_t> max_vusers;    ///< limit of requests in flight; arrivals above it are skipped
    double telemetry_factor = 1;                ///< of the rate of telemetry; also in a pause

    friend bool operator==(const phase&, const phase&) = default;
};

enum class spacing : std::uint8_t {
    uniform, ///< arrivals where the integral of the rate reaches whole numbers
    poisson, ///< the same number in each phase, placed at random as a Poisson process would
};

} // namespace loadsim::load
