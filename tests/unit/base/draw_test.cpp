#include <loadsim/base/draw.hpp>

#include <gtest/gtest.h>

#include <array>

using namespace loadsim;

// A seed means the same for ever: if these values change, every recorded seed loses its meaning.
TEST(draw, never_changes_what_a_seed_means) {
    EXPECT_EQ(draw_bits(1, stream::segment, 2, 3), draw_bits(1, stream::segment, 2, 3));
    EXPECT_EQ(draw_bits(1, stream::behaviour, 2, 3), 0xfd491dddf0d22fa8U);
    EXPECT_EQ(draw_bits(42, stream::arrival_vehicle, 0, 1000000), 0x97e44762205d2f42U);
}

TEST(draw, differs_by_each_of_its_arguments) {
    const auto base = draw_bits(1, stream::segment, 2, 3);
    EXPECT_NE(base, draw_bits(2, stream::segment, 2, 3));
    EXPECT_NE(base, draw_bits(1, stream::reconnect, 2, 3));
    EXPECT_NE(base, draw_bits(1, stream::segment, 3, 3));
    EXPECT_NE(base, draw_bits(1, stream::segment, 3, 2));
}

TEST(draw, is_uniform) {
    double sum = 0;
    std::array<int, 10> tenths{};
    constexpr int n = 100'000;
    for (std::uint64_t i = 0; i < n; ++i) {
        const double u = draw_unit(7, stream::behaviour, 1, i);
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
        ++tenths[static_cast<std::size_t>(u * 10)];
    }
    EXPECT_NEAR(sum / n, 0.5, 0.005);
    for (const int count : tenths) EXPECT_NEAR(count, n / 10, 450); // 4.7 standard deviations
}

TEST(draw, normal_has_mean_zero_and_deviation_one) {
    draws d(3, stream::behaviour, 9);
    double sum = 0;
    double squares = 0;
    constexpr int n = 100'000;
    for (int i = 0; i < n; ++i) {
        const double x = d.normal();
        sum += x;
        squares += x * x;
    }
    EXPECT_NEAR(sum / n, 0.0, 0.015);
    EXPECT_NEAR(squares / n, 1.0, 0.02);
}
