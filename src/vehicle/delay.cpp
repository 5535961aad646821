#include <loadsim/vehicle/delay.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::vehicle {
namespace {

constexpr double normal_p99 = 2.3263478740; // the 99 % point of the standard normal
constexpr double longest = 9.2e18;          // nanoseconds; fits std::int64_t

double draw_value(const delay& d, random_stream& random) noexcept {
    const auto a = static_cast<double>(d.a.count());
    const auto b = static_cast<double>(d.b.count());
    switch (d.distribution) {
    case delay::kind::fixed: return a;
    case delay::kind::uniform: return a + (b - a) * random.unit();
    case delay::kind::normal: return a + b * random.normal();
    case delay::kind::lognormal: return a * std::exp(std::log(b / a) / normal_p99 * random.normal());
    }
    return 0;
}

} // namespace

nanoseconds sample(const delay& d, random_stream& random) noexcept {
    const double value = draw_value(d, random);
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
