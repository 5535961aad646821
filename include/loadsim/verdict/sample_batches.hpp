// Samples of a run in order of time, and how far they are from independent ones.
#pragma once

#include <loadsim/measure/histogram.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace loadsim::verdict {

/// Percentiles that are compared between runs.
inline constexpr std::array<double, 5> compared_percentiles{50, 90, 95, 99, 99.9};

/// Batches of the samples of one hop, in order of time: consecutive intervals, merged in pairs when there are too many of them, so that
/// a long run has long batches and memory is bounded.
class sample_batches {
public:
    static constexpr std::size_t count_max = 20; ///< then there are half as many, of twice the length

    void add(const measure::histogram& interval);
    /// count_max / 2 to count_max - 1 of them, or fewer if there were fewer intervals; the last one may be shorter.
    std::vector<measure::histogram> all() const;

private:
    std::vector<measure::histogram> full_;
    measure::histogram open_;
    std::uint32_t intervals_in_open_ = 0;
    std::uint32_t intervals_per_batch_ = 1;
};

/// For each of compared_percentiles: variance of the number of samples at or below the percentile, divided by that of independent
/// samples, and at least 1.
struct rank_spread {
    std::array<double, compared_percentiles.size()> inflation{1, 1, 1, 1, 1};
    std::uint32_t degrees_of_freedom = 0; ///< of the estimate; 0: unknown
};

/// From the batches of each run of a side; with several runs also from the differences between them.
/// Source: method of batch means (A. M. Law: Simulation Modeling and Analysis, section 9.5.3), applied to the ranks of quantiles as of
/// clusters (R. S. Woodruff: Confidence Intervals for Medians and Other Position Measures, JASA 47, 1952).
rank_spread spread_of(const std::vector<std::vector<measure::histogram>>& runs);

} // namespace loadsim::verdict
