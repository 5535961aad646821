#include <loadsim/measure/quantile_interval.hpp>

#include <cmath>

namespace loadsim::measure {

std::optional<quantile_interval> interval_of(const histogram& samples, double percentile) {
    constexpr double deviations = 1.959964; // of 95 %, two-sided
    const auto count = static_cast<double>(samples.count());
    const auto fraction = percentile / 100;
    const auto reach = deviations * std::sqrt(count * fraction * (1 - fraction)) + 0.5;
    const auto low_rank = std::floor(count * fraction - reach);
    const auto high_rank = std::ceil(count * fraction + reach);
    if (!(low_rank >= 1 && high_rank <= count)) return std::nullopt;
    return quantile_interval{samples.lowest_at(static_cast<std::uint64_t>(low_rank)),
                             samples.highest_at(static_cast<std::uint64_t>(high_rank))};
}

bool is_carried(const histogram& samples, double percentile) {
    if (percentile <= 0 || percentile >= 100) return !samples.empty();
    return interval_of(samples, percentile).has_value();
}

} // namespace loadsim::measure
