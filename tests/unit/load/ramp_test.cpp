#include "ramp.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;

TEST(ramp, reaches_whole_arrivals_at_round_instants) {
    struct {
        ramp line;
        double wanted;
        nanoseconds when;
        const char* reason;
    } const cases[] = {
        {{100, 100, 3h}, 1, 10ms, "constant, first"},
        {{100, 100, 3h}, 1'080'000, 3h, "constant, last"},
        {{10'000, 10'000, 3h}, 1, 100us, "108 million: first"},
        {{10'000, 10'000, 3h}, 54'000'001, 90min + 100us, "108 million: middle, exact integers"},
        {{10'000, 10'000, 3h}, 107'999'999, 3h - 100us, "108 million: last but one"},
        {{10'000, 10'000, 3h}, 108'000'000, 3h, "108 million: last"},
        {{0, 10, 20s}, 1, 2s, "from zero: t^2 / 4 = 1"},
        {{0, 10, 20s}, 25, 10s, "from zero: t^2 / 4 = 25"},
        {{0, 10, 20s}, 100, 20s, "from zero: all of it"},
        {{10, 0, 20s}, 75, 10s, "down to zero: what is left is (20 - t)^2 / 4 = 25"},
        {{10, 0, 20s}, 99, 18s, "down to zero: one left"},
        {{10, 0, 20s}, 100, 20s, "down to zero: rate 0 at the last"},
        {{1, 5, 120s}, 360, 120s, "pilot's first ramp, last"},
        {{1, 5, 120s}, 120, 60s, "1 -> 3 in a minute"},
        {{100, 5, 300s}, 15'750, 300s, "falling, last"},
        {{20'000, 0, 3h}, 107'999'999, 3h - nanoseconds{1'039'230'485}, "down to zero: sqrt(1.08) s left"},
        {{20'000, 0, 3h}, 107'999'900, 3h - nanoseconds{10'392'304'845}, "down to zero: sqrt(108) s left"},
        {{7, 7, 0s}, 1, 0s, "no length"},
        {{7, 7, 1s}, 0, 0s, "nothing wanted"},
        {{7, 7, 1s}, 8, 1s, "more than there is: never after the end"},
        {{7, 3, 1s}, 8, 1s, "more than there is, falling"},
        {{0, 0, 1s}, 1, 1s, "a rate of nothing"},
    };
    for (const auto& c : cases) EXPECT_EQ(c.line.offset_at(c.wanted), c.when) << c.reason;
}

// The oracle computes the inverse with a 64-bit mantissa: the area at the returned offset must be the target.
TEST(ramp, is_exact_to_the_nanosecond_in_long_schedules) {
    const ramp ramps[] = {{10'000, 10'000, 3h}, {0, 20'000, 3h}, {20'000, 0, 3h},          {9'999, 10'001, 3h},
                          {10'001, 9'999, 3h},  {1, 19'999, 3h}, {10'000, 10'000.001, 3h}, {1e-3, 1e6, 24h}};
    for (const auto& rates : ramps) {
        const auto a = static_cast<long double>(rates.from);
        const auto slope =
            (static_cast<long double>(rates.to) - a) / (static_cast<long double>(rates.length.count()) / 1e9L);
        const double whole = rates.area();
        for (int i = 1; i < 1000; ++i) {
            const double target = std::floor(whole * i / 1000) + 1;
            const auto t = static_cast<long double>(rates.offset_at(target).count()) / 1e9L;
            const auto reached = a * t + slope * t * t / 2;
            const auto speed = a + slope * t;
            EXPECT_LT(std::abs(reached - static_cast<long double>(target)) / speed, 0.6e-9L)
                << rates.from << " to " << rates.to << " arrival " << target;
        }
    }
}

TEST(ramp, has_the_area_of_a_part) {
    const ramp up{5, 105, 10s};
    EXPECT_DOUBLE_EQ(up.area_until(0s), 0);
    EXPECT_DOUBLE_EQ(up.area_until(5s), 150);
    EXPECT_DOUBLE_EQ(up.area_until(10s), 550);
    EXPECT_DOUBLE_EQ((ramp{3, 9, 0s}.area_until(0s)), 0);
}
