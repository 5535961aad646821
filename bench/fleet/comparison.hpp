// Statistics of two competitors measured in alternating runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace loadsim::bench {

/// Measurements of one run of one competitor, by name.
using metrics = std::map<std::string, double>;

/// The middle sample, or the mean of the two middle ones; NaN without samples.
double median(std::vector<double> samples);

/// Ratio of loadsim to the baseline.
struct ratio {
    double of_medians = 0;
    double lowest = 0; ///< lowest ratio of a single pair of consecutive runs
    double highest = 0;
};

/// Growth per session between two fleet sizes; process start-up cancels out.
double growth_per_session(double larger, double smaller, std::uint32_t sessions);

/// Both vectors have one sample per pair, in the same order.
ratio compare(const std::vector<double>& baseline, const std::vector<double>& loadsim);

/// Samples of one metric over all runs that have it.
std::vector<double> samples_of(const std::vector<metrics>& runs, const std::string& name);

} // namespace loadsim::bench
