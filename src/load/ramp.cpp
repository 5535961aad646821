#include "ramp.hpp"

#include <loadsim/base/units.hpp>

#include <cmath>

namespace loadsim::load {

double ramp::area() const noexcept { return (from + to) / 2 * seconds(length); }

nanoseconds ramp::when(double wanted) const noexcept {
    const double whole = seconds(length);
    if (!(wanted > 0) || whole == 0) return nanoseconds{0};

    // The rate at the wanted instant, squared: a^2 + 2 (b - a) wanted / T. A falling rate is worked out from the far
    // end, where it is small: from the near end the difference of two large numbers would cost half of the digits.
    const double rate_squared = to < from ? to * to + 2 * (from - to) * (area() - wanted) / whole
                                          : from * from + 2 * (to - from) * wanted / whole;
    // Area = mean of the first and the last rate, times time: no division by b - a, which may be 0.
    const double nanos = 2 * wanted / (from + std::sqrt(rate_squared)) * 1e9;
    // Beyond the area it is after the end, or no number at all where a falling rate would have become negative.
    if (!(nanos < static_cast<double>(length.count()))) return length;
    return nanoseconds{std::llround(nanos)};
}

double ramp::at(nanoseconds offset) const noexcept {
    return length.count() == 0 ? from : std::lerp(from, to, seconds(offset) / seconds(length));
}

} // namespace loadsim::load
