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

ratio compare(const std::vector<double>& floor, const std::vector<double>& loadsim) {
    ratio r{median(loadsim) / median(floor), std::numeric_limits<double>::quiet_NaN(),
            std::numeric_limits<double>::quiet_NaN()};
    for (std::size_t i = 0; i < std::min(floor.size(), loadsim.size()); ++i) {
        const double one = loadsim[i] / floor[i];
        r.least = std::fmin(r.least, one); // fmin and fmax pass over NaN
        r.most = std::fmax(r.most, one);
    }
    return r;
}

std::vector<double> samples_of(const std::vector<figures>& runs, const std::string& name) {
    std::vector<double> all;
    for (const auto& run : runs)
        if (const auto found = run.find(name); found != run.end()) all.push_back(found->second);
    return all;
}

} // namespace loadsim::bench
