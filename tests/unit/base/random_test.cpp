#include <loadsim/base/random.hpp>

#include <gtest/gtest.h>

#include <array>

using namespace loadsim;

// The mapping from seeds to numbers is fixed: if these values change, recorded seeds no longer reproduce their runs.
TEST(random, has_fixed_values_for_a_seed) {
    EXPECT_EQ(random_bits(1, stream_id::segment, 2, 3), random_bits(1, stream_id::segment, 2, 3));
    EXPECT_EQ(random_bits(1, stream_id::behaviour, 2, 3), 0xfd491dddf0d22fa8U);
    EXPECT_EQ(random_bits(42, stream_id::arrival_vehicle, 0, 1000000), 0x97e44762205d2f42U);
}

TEST(random, differs_by_each_of_its_arguments) {
    const auto base = random_bits(1, stream_id::segment, 2, 3);
    EXPECT_NE(base, random_bits(2, stream_id::segment, 2, 3));
    EXPECT_NE(base, random_bits(1, stream_id::reconnect, 2, 3));
    EXPECT_NE(base, random_bits(1, stream_id::segment, 3, 3));
    EXPECT_NE(base, random_bits(1, stream_id::segment, 3, 2));
}

TEST(random, is_uniform) {
    double sum = 0;
    std::array<int, 10> tenths{};
    constexpr int n = 100'000;
    for (std::uint64_t i = 0; i < n; ++i) {
        const double u = random_unit(7, stream_id::behaviour, 1, i);
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
        ++tenths[static_cast<std::size_t>(u * 10)];
    }
    EXPECT_NEAR(sum / n, 0.5, 0.005);
    for (const int count : tenths) EXPECT_NEAR(count, n / 10, 450); // 4.7 standard deviations
}

TEST(random, normal_has_mean_zero_and_deviation_one) {
    random_stream d(3, stream_id::behaviour, 9);
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
