// Pulse with a continuous slope: of the speed between two stops, of the power of a charge, of a window's position.
#pragma once

#include <algorithm>

namespace loadsim::telemetry {

/// 3u^2 - 2u^3, from 0 to 1; before and after constant.
inline double smooth_step(double u) {
    const double x = std::clamp(u, 0.0, 1.0);
    return x * x * (3 - 2 * x);
}

/// Rises from 0 to `height` by a smooth step, holds it, and falls. Times in seconds.
struct ramped_pulse {
    double rise = 0, hold = 0, fall = 0;
    double height = 0;

    double duration() const { return rise + hold + fall; }
    double area() const { return height * (hold + (rise + fall) / 2); }

    double value(double t) const {
        if (t <= 0 || t >= duration()) return 0;
        if (t < rise) return height * smooth_step(t / rise);
        if (t <= rise + hold) return height;
        return height * smooth_step((duration() - t) / fall);
    }
    double slope(double t) const {
        const auto slope_of_step = [](double u) { return 6 * u * (1 - u); };
        if (t <= 0 || t >= duration()) return 0;
        if (t < rise) return height / rise * slope_of_step(t / rise);
        if (t <= rise + hold) return 0;
        return -height / fall * slope_of_step((duration() - t) / fall);
    }
    /// From 0 to t.
    double integral(double t) const {
        const auto area_of_step = [](double u) { return u * u * u * (1 - u / 2); };
        if (t <= 0) return 0;
        if (t >= duration()) return area();
        if (t < rise) return height * rise * area_of_step(t / rise);
        if (t <= rise + hold) return height * (t - rise / 2);
        return area() - height * fall * area_of_step((duration() - t) / fall);
    }
};

} // namespace loadsim::telemetry
