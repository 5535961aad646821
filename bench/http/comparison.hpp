// Runs in turns, and what they come to.
#pragma once

#include "contenders.hpp"

#include <cstdint>
#include <vector>

namespace loadsim::bench {

/// The bars of the HTTP driver.
inline constexpr double cpu_ratio_bar = 1.5;           ///< times wrk's CPU for each request, at most
inline constexpr double requests_per_core_bar = 20000; ///< a second and a core, at least

double median(std::vector<double> values); ///< 0 of none

struct pair_of_runs {
    sample wrk, loadsim;
    double cpu_ratio() const { return loadsim.cpu_us() / wrk.cpu_us(); }
};

/// All pairs at one number of connections.
struct comparison {
    unsigned connections = 0;
    std::vector<pair_of_runs> pairs;

    double wrk_per_second() const;
    double loadsim_per_second() const;
    double wrk_cpu_us() const;
    double loadsim_cpu_us() const;
    double requests_per_core() const { return 1e6 / loadsim_cpu_us(); }  ///< a second of CPU
    double cpu_ratio() const { return loadsim_cpu_us() / wrk_cpu_us(); } ///< of the medians
    double cpu_ratio_lowest() const;
    double cpu_ratio_highest() const;
    bool meets_bars() const { return cpu_ratio() <= cpu_ratio_bar && requests_per_core() >= requests_per_core_bar; }
};

/// Runs wrk and loadsim in turns, the one that begins changing: what drifts on the machine hits both.
comparison compare(std::uint16_t port, unsigned connections, unsigned pairs, unsigned seconds);

} // namespace loadsim::bench
