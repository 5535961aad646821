// Two contenders measured in turns, and what is made of it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace loadsim::bench {

/// What one run of one contender gave, by name.
using figures = std::map<std::string, double>;

/// The middle one, or the mean of the two in the middle; NaN of nothing.
double median(std::vector<double> samples);

/// loadsim to floor.
struct ratio {
    double of_medians = 0;
    double least = 0; ///< of the pairs, each measured back to back
    double most = 0;
};

/// Both have a sample for each pair, in the order of the pairs.
ratio compare(const std::vector<double>& floor, const std::vector<double>& loadsim);

/// The samples of one figure in all runs that have it.
std::vector<double> samples_of(const std::vector<figures>& runs, const std::string& name);

} // namespace loadsim::bench
