// A platform as a formula, for tests of the capacity search.
#pragma once

#include <loadsim/experiment/capacity_search.hpp>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace simulated {

/// One server with exponential service times (M/M/1): e2e is exponential with the mean 1 / (service_rate - load), so that
/// p99 = ln(100) / (service_rate - load). With more load than it serves, the queue grows with time.
struct platform {
    double service_rate = 1000;
    loadsim::nanoseconds fixed{0}; ///< time that each request takes besides
    double generator_limit = 1e9;  ///< load above which the generator's lag is high
    bool is_noisy = false;         ///< samples drawn with the seed; else at the quantiles of the distribution
    std::uint64_t seed = 1;
    std::uint32_t unexpected_from = 0; ///< load from which requests are unexpected; 0: never
    std::function<void(loadsim::experiment::step_measurement&)> change{}; ///< of a measurement
    std::mt19937_64 random{seed};

    loadsim::experiment::step_measurement measure(const loadsim::experiment::planned_step&);
    /// Load at which p99 of e2e is this long.
    double capacity_for(loadsim::nanoseconds p99) const;
};

loadsim::verdict::budget budget(std::string_view expression);
std::vector<loadsim::verdict::budget> budgets(const std::vector<std::string>& expressions);

/// 10/s to 100,000/s.
loadsim::experiment::capacity_options options();

/// Executes the steps of a search until it ends: at most 100.
std::vector<loadsim::experiment::planned_step> run(loadsim::experiment::capacity_search&, platform&);

} // namespace simulated
