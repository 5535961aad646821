#include <loadsim/vehicle/delay.hpp>

#include <algorithm>

namespace loadsim::vehicle {
namespace {

constexpr double longest = 9.2e18; // nanoseconds; fits std::int64_t

} // namespace

nanoseconds sample(const delay& d, random_stream& random) noexcept {
    const double value =
        draw(d.distribution, static_cast<double>(d.a.count()), static_cast<double>(d.b.count()), random);
    // NaN also becomes 0; parameters that check() rejects may produce NaN.
    const nanoseconds length{value > 0 ? static_cast<std::int64_t>(std::min(value, longest)) : 0};
    return d.max ? std::min(length, *d.max) : length;
}

std::string check(const delay& d) {
    constexpr nanoseconds nothing{0};
    if (d.a < nothing || d.b < nothing || (d.max && *d.max < nothing)) return "a delay is never negative";
    if (d.distribution == delay::kind::uniform && d.b < d.a) return "max is less than min";
    if (d.distribution == delay::kind::lognormal && d.a == nothing)
        return "the median of a lognormal delay is more than 0";
    if (d.distribution == delay::kind::lognormal && d.b < d.a) return "p99 is less than the median";
    return {};
}

} // namespace loadsim::vehicle
