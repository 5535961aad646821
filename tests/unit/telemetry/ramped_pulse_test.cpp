#include "ramped_pulse.hpp"

#include <gtest/gtest.h>

using loadsim::telemetry::ramped_pulse;
using loadsim::telemetry::smooth_step;

TEST(ramped_pulse, integral_and_slope_belong_to_the_value) {
    const ramped_pulse p{4, 10, 6, 20};
    constexpr double dt = 1e-4;
    double sum = 0;
    for (double t = -1; t < 22; t += dt) {
        const double middle = p.value(t + dt / 2);
        sum += middle * dt;
        ASSERT_NEAR(p.integral(t + dt), sum, 1e-5) << t;
        ASSERT_NEAR((p.value(t + dt) - p.value(t)) / dt, p.slope(t + dt / 2), 1e-3) << t;
    }
    EXPECT_DOUBLE_EQ(p.integral(20), p.area());
    EXPECT_DOUBLE_EQ(p.area(), 20 * (10 + 5));
}

TEST(ramped_pulse, is_zero_outside_and_the_height_between_the_ramps) {
    const ramped_pulse p{4, 10, 6, 20};
    EXPECT_EQ(p.value(0), 0);
    EXPECT_EQ(p.value(2), 10);
    EXPECT_EQ(p.value(4), 20);
    EXPECT_EQ(p.value(14), 20);
    EXPECT_EQ(p.value(17), 10);
    EXPECT_EQ(p.value(20), 0);
    EXPECT_EQ(p.value(25), 0);
    EXPECT_EQ(p.integral(25), p.area());
}

TEST(smooth_step, is_constant_before_and_after) {
    EXPECT_EQ(smooth_step(-1), 0);
    EXPECT_EQ(smooth_step(0.5), 0.5);
    EXPECT_EQ(smooth_step(2), 1);
}
