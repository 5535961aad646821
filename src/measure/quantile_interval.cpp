#include <loadsim/measure/quantile_interval.hpp>

#include <cmath>

namespace loadsim::measure {
namespace {

struct interval_ranks {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

/// Ranks of the two order statistics; nullopt: too few samples.
std::optional<interval_ranks> ranks_of(std::uint64_t samples, double percentile) {
    constexpr double deviations = 1.959964; // of 95 %, two-sided
    const auto count = static_cast<double>(samples);
    const auto fraction = percentile / 100;
    const auto reach = deviations * std::sqrt(count * fraction * (1 - fraction)) + 0.5;
    const auto low = std::floor(count * fraction - reach);
    const auto high = std::ceil(count * fraction + reach);
    if (!(low >= 1 && high <= count)) return std::nullopt;
    return interval_ranks{static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(high)};
}

} // namespace

std::optional<quantile_interval> interval_of(const histogram& samples, double percentile) {
    const auto ranks = ranks_of(samples.count(), percentile);
    if (!ranks) return std::nullopt;
    return quantile_interval{samples.lowest_at(ranks->low), samples.highest_at(ranks->high)};
}

bool is_carried(const histogram& samples, double percentile) {
    if (percentile <= 0 || percentile >= 100) return !samples.empty();
    return interval_of(samples, percentile).has_value();
}

std::uint64_t samples_to_carry(double percentile) {
    if (percentile <= 0 || percentile >= 100) return 1;
    constexpr auto most = std::uint64_t{1}
                          << 62; // of a percentile that differs from 100 in the last digits of a double
    std::uint64_t enough = 1;
    while (enough < most && !ranks_of(enough, percentile)) enough *= 2;
    auto too_few = enough / 2; // the ranks move apart more slowly than the samples grow: above one that carries, all do
    while (enough - too_few > 1) {
        const auto middle = too_few + (enough - too_few) / 2;
        (ranks_of(middle, percentile) ? enough : too_few) = middle;
    }
    return enough;
}

} // namespace loadsim::measure
