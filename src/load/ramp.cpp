#include "ramp.hpp"

#include <loadsim/base/units.hpp>

#include <cmath>

namespace loadsim::load {

double ramp::area() const noexcept { return (from + to) / 2 * seconds(length); }

nanoseconds ramp::offset_at(double target) const noexcept {
    const double whole = seconds(length);
    if (!(target > 0) || whole == 0) return nanoseconds{0};

    // Squared rate at the target: a^2 + 2 (b - a) target / T. A falling rate is computed from the end of the ramp, where it is
    // small: from the start, cancellation of two large numbers would lose half of the digits.
    const double rate_squared = to < from ? to * to + 2 * (from - to) * (area() - target) / whole
                                          : from * from + 2 * (to - from) * target / whole;
    // Area = mean of first and last rate, times time: avoids division by b - a, which may be 0.
    const double nanos = 2 * target / (from + std::sqrt(rate_squared)) * 1e9;
    // A target beyond the area gives a time after the end, or NaN where a falling rate would become negative.
    if (!(nanos < static_cast<double>(length.count()))) return length;
    return nanoseconds{std::llround(nanos)};
}

double ramp::area_until(nanoseconds offset) const noexcept {
    if (length.count() == 0) return 0;
    return (from + std::lerp(from, to, seconds(offset) / seconds(length))) / 2 * seconds(offset);
}

} // namespace loadsim::load
