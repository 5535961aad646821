// A rate that changes linearly, its area, and the inverse of that area.
#pragma once

#include <loadsim/base/time.hpp>

namespace loadsim::load {

/// A rate going from `from` to `to` (1/s, never negative) in `length`.
struct ramp {
    double from = 0;
    double to = 0;
    nanoseconds length{0};

    /// The integral of the rate over the whole length: how many arrivals fall into it.
    double area() const noexcept;

    /// The offset, 0 to length, at which the integral from the start reaches `wanted` (0 to area()). To the nanosecond
    /// for any plan that fits a double's 53 bits; a `wanted` beyond the area gives `length`.
    nanoseconds when(double wanted) const noexcept;

    /// The rate at an offset.
    double at(nanoseconds offset) const noexcept;
};

} // namespace loadsim::load
