// Alternating runs of wrk and loadsim, and their statistics.
#pragma once

#include "competitors.hpp"

#include <cstdint>
#include <vector>

namespace loadsim::bench {

/// Targets of the HTTP driver.
inline constexpr double max_cpu_ratio = 1.5;           ///< upper limit of CPU per request, relative to wrk
inline constexpr double min_requests_per_core = 20000; ///< lower limit, per second of CPU

double median(std::vector<double> values); ///< 0 without values

struct pair_of_runs {
    sample wrk, loadsim;
    double cpu_ratio() const { return loadsim.cpu_us() / wrk.cpu_us(); }
};

/// All pairs with one number of connections.
struct comparison {
    unsigned connections = 0;
    std::vector<pair_of_runs> pairs;

    double wrk_per_second() const;
    double loadsim_per_second() const;
    double wrk_cpu_us() const;
    double loadsim_cpu_us() const;
    double requests_per_core() const { return 1e6 / loadsim_cpu_us(); }  ///< per second of CPU
    double cpu_ratio() const { return loadsim_cpu_us() / wrk_cpu_us(); } ///< of the medians
    double cpu_ratio_lowest() const;
    double cpu_ratio_highest() const;
    bool meets_targets() const { return cpu_ratio() <= max_cpu_ratio && requests_per_core() >= min_requests_per_core; }
};

/// Runs wrk and loadsim alternately and alternates which runs first: drift of the machine affects both.
comparison compare(std::uint16_t port, unsigned connections, unsigned pairs, unsigned seconds);

} // namespace loadsim::bench
