// Confidence interval of a percentile.
#pragma once

#include <loadsim/measure/histogram.hpp>

#include <cstdint>
#include <optional>

namespace loadsim::measure {

struct quantile_interval {
    nanoseconds low{0};  ///< lowest value equivalent to the lower order statistic
    nanoseconds high{0}; ///< highest value equivalent to the upper one

    friend bool operator==(const quantile_interval&, const quantile_interval&) = default;
};

/// 95 % confidence interval of a percentile (0..100) of the distribution that the samples were drawn from, from two order statistics.
/// nullopt: too few samples; the upper rank would be beyond the largest sample, or the lower one before the smallest.
/// Source: the number of samples below a quantile is binomial; normal approximation with continuity correction
/// (H. A. David, H. N. Nagaraja: Order Statistics, section 7.1). Samples must be independent; those of one overload are not, and then
/// the interval is too narrow.
std::optional<quantile_interval> interval_of(const histogram&, double percentile);

/// True: the percentile has an interval, or is 0 or 100 (an extreme, which one sample has). A percentile that is not carried is shown
/// as "-" in reports.
bool is_carried(const histogram&, double percentile);

/// Fewest samples with which a percentile is carried: 476 for p99.
std::uint64_t samples_to_carry(double percentile);

} // namespace loadsim::measure
