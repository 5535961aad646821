#include <loadsim/vehicle/delay.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::vehicle {
namespace {

constexpr double normal_p99 = 2.3263478740; // the 99 % point of the standard normal
constexpr double longest = 9.2e18;          // nanoseconds that still fit

double drawn(const delay& d, draws& random) noexcept {
    const auto a = static_cast<double>(d.a.count());
    const auto b = static_cast<double>(d.b.count());
    switch (d.shape) {
    case delay::kind::fixed: return a;
    case delay::kind::uniform: return a + (b - a) * random.unit();
    case delay::kind::normal: return a + b * random.normal();
    case delay::kind::lognormal: return a * std::exp(std::log(b / a) / normal_p99 * random.normal());
    }
    return 0;
}

} // namespace

nanoseconds sample(const delay& d, draws& random) noexcept {
    const double value = drawn(d, random);
    // Written so that a NaN, which figures that check() refuses would make, is 0 as well.
    const nanoseconds length{value > 0 ? static_cast<std::int64_t>(std::min(value, longest)) : 0};
    return d.most ? std::min(length, *d.most) : length;
}

std::string check(const delay& d) {
    constexpr nanoseconds nothing{0};
    if (d.a < nothing || d.b < nothing || (d.most && *d.most < nothing)) return "a delay is never negative";
    if (d.shape == delay::kind::uniform && d.b < d.a) return "max is less than min";
    if (d.shape == delay::kind::lognormal && d.a == nothing) return "the median of a lognormal delay is more than 0";
    if (d.shape == delay::kind::lognormal && d.b < d.a) return "p99 is less than the median";
    return {};
}

} // namespace loadsim::vehicle
