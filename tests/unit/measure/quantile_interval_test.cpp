#include <loadsim/measure/quantile_interval.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

histogram numbers_up_to(int count) {
    histogram h;
    for (int i = 1; i <= count; ++i) h.record(std::chrono::microseconds(i));
    return h;
}

} // namespace

TEST(quantile_interval, has_the_ranks_of_the_binomial_distribution) {
    // Ranks of the exact 95 % interval of a median of 100 samples: 40 and 61 (table of order statistics).
    EXPECT_EQ(interval_of(numbers_up_to(100), 50), (quantile_interval{39us, 61us}));
    // 1,000 samples: 990 +- 1.96 * sqrt(1000 * 0.99 * 0.01) = 6.2, and half a rank.
    EXPECT_EQ(interval_of(numbers_up_to(1'000), 99), (quantile_interval{983us, 997us}));
}

TEST(quantile_interval, is_absent_where_the_samples_do_not_carry_the_percentile) {
    EXPECT_FALSE(interval_of({}, 50));
    EXPECT_FALSE(interval_of(numbers_up_to(200), 99.9));
    EXPECT_FALSE(interval_of(numbers_up_to(100), 99));
    EXPECT_TRUE(interval_of(numbers_up_to(600), 99));
    EXPECT_FALSE(interval_of(numbers_up_to(4), 50));
    EXPECT_TRUE(is_carried(numbers_up_to(1), 100)) << "the maximum of one sample is that sample";
    EXPECT_FALSE(is_carried({}, 100));
    EXPECT_FALSE(is_carried(numbers_up_to(200), 99.9));
}

TEST(quantile_interval, samples_to_carry_is_the_least_number) {
    for (const double percentile : {1.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
        const auto least = static_cast<int>(samples_to_carry(percentile));
        EXPECT_TRUE(is_carried(numbers_up_to(least), percentile)) << percentile;
        EXPECT_FALSE(is_carried(numbers_up_to(least - 1), percentile)) << percentile;
    }
    EXPECT_EQ(samples_to_carry(99), 476);
    EXPECT_EQ(samples_to_carry(100), 1);
    EXPECT_GT(samples_to_carry(99.99999999), 100'000'000);
}

TEST(quantile_interval, contains_the_percentile_of_the_distribution_in_19_of_20_cases) {
    std::mt19937_64 random(7);
    std::exponential_distribution<double> latency(1.0);
    for (const double percentile : {50.0, 95.0, 99.0}) {
        const auto truth = -std::log(1 - percentile / 100) * 100'000;
        int within = 0;
        constexpr int trials = 1'000;
        for (int trial = 0; trial < trials; ++trial) {
            histogram samples;
            for (int i = 0; i < 1'000; ++i)
                samples.record(std::chrono::nanoseconds(static_cast<std::int64_t>(latency(random) * 1e8)));
            const auto interval = interval_of(samples, percentile);
            ASSERT_TRUE(interval);
            const auto value = std::chrono::nanoseconds(static_cast<std::int64_t>(truth * 1e3));
            within += interval->low <= value && value <= interval->high;
        }
        EXPECT_GE(within, trials * 94 / 100) << percentile;
        EXPECT_LE(within, trials * 99 / 100) << percentile << ": wider than needed";
    }
}
