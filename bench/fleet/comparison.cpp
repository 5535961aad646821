#include "comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loadsim::bench {

double median(std::vector<double> samples) {
    if (samples.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::ranges::sort(samples);
    const auto middle = samples.size() / 2;
    return samples.size() % 2 != 0 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

double growth_per_session(double larger, double smaller, std::uint32_t sessions) {
    return (larger - smaller) / sessions;
}

ratio compare(const std::vector<double>& baseline, const std::vector<double>& loadsim) {
    ratio r{median(loadsim) / median(baseline), std::numeric_limits<double>::quiet_NaN(),
            std::numeric_limits<double>::quiet_NaN()};
    for (std::size_t i = 0; i < std::min(baseline.size(), loadsim.size()); ++i) {
        const double pair_ratio = loadsim[i] / baseline[i];
        r.lowest = std::fmin(r.lowest, pair_ratio); // fmin and fmax ignore NaN
        r.highest = std::fmax(r.highest, pair_ratio);
    }
    return r;
}

std::vector<double> samples_of(const std::vector<metrics>& runs, const std::string& name) {
    std::vector<double> all;
    for (const auto& run : runs)
        if (const auto found = run.find(name); found != run.end()) all.push_back(found->second);
    return all;
}

} // namespace loadsim::bench
