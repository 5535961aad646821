// Linear rate ramp: area and inverse of the area.
#pragma once

#include <loadsim/base/time.hpp>

namespace loadsim::load {

/// Rate that changes linearly from `from` to `to` (1/s, never negative) over `length`.
struct ramp {
    double from = 0;
    double to = 0;
    nanoseconds length{0};

    /// Integral of the rate over the whole length: the number of arrivals.
    double area() const noexcept;

    /// Offset, 0 to length, at which the integral from the start reaches `target` (0 to area()). Exact to the nanosecond for
    /// areas within a double's 53 bits; a target beyond the area gives `length`.
    nanoseconds offset_at(double target) const noexcept;

    /// Integral of the rate from the start to an offset, 0 to length.
    double area_until(nanoseconds offset) const noexcept;
};

} // namespace loadsim::load
