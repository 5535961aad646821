#include "phase_builders.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;

namespace {

/// Kolmogorov-Smirnov distance between the empirical distribution of sorted values in 0..1 and a given distribution.
template <class Distribution>
double distance(const std::vector<double>& sorted, Distribution expected) {
    double largest = 0;
    const auto n = static_cast<double>(sorted.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const double e = expected(sorted[i]);
        largest =
            std::max({largest, std::abs(e - static_cast<double>(i) / n), std::abs(e - static_cast<double>(i + 1) / n)});
    }
    return largest;
}

/// Critical value for p = 0.001; the seeds are fixed, so a failure is caused by a code change.
double critical(std::size_t n) { return 1.95 / std::sqrt(static_cast<double>(n)); }

std::vector<double> shares_of(const std::vector<arrival>& all, nanoseconds length) {
    std::vector<double> shares;
    for (const auto& a : all)
        shares.push_back(static_cast<double>(a.due.count()) / static_cast<double>(length.count()));
    return shares;
}

} // namespace

TEST(poisson, arrivals_are_uniform_over_a_constant_phase) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const auto shares = shares_of(all_arrivals({{constant_rate(100s, 200)}, spacing::poisson, seed}), 100s);
        ASSERT_EQ(shares.size(), 20'000U);
        EXPECT_LT(distance(shares, [](double x) { return x; }), critical(shares.size())) << seed;
    }
}

TEST(poisson, arrivals_are_uniform_over_the_phase_after_a_phase) {
    const auto all = all_arrivals({{constant_rate(10s, 100), constant_rate(100s, 200)}, spacing::poisson, 4});
    std::vector<double> shares;
    for (const auto& a : all)
        if (a.phase == 1) shares.push_back(std::chrono::duration<double>(a.due - 10s) / 100s);
    ASSERT_EQ(shares.size(), 20'000U);
    EXPECT_LT(distance(shares, [](double x) { return x; }), critical(shares.size()));
}

// An off-by-one error in the number of remaining points is invisible in a large phase, but not with three arrivals.
TEST(poisson, of_three_arrivals_each_has_its_own_distribution) {
    std::vector<double> first, second, third;
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        const auto shares = shares_of(all_arrivals({{fixed_count(1s, 3)}, spacing::poisson, seed}), 1s);
        ASSERT_EQ(shares.size(), 3U);
        first.push_back(shares[0]);
        second.push_back(shares[1]);
        third.push_back(shares[2]);
    }
    for (auto* shares : {&first, &second, &third}) std::ranges::sort(*shares);
    EXPECT_LT(distance(first, [](double x) { return 1 - (1 - x) * (1 - x) * (1 - x); }), critical(5000));
    EXPECT_LT(distance(second, [](double x) { return x * x * (3 - 2 * x); }), critical(5000));
    EXPECT_LT(distance(third, [](double x) { return x * x * x; }), critical(5000));
}

TEST(poisson, arrivals_follow_the_area_of_a_ramp) {
    const auto shares = shares_of(all_arrivals({{linear_rate(100s, 0, 400)}, spacing::poisson, 5}), 100s);
    ASSERT_EQ(shares.size(), 20'000U);
    EXPECT_LT(distance(shares, [](double x) { return x * x; }), critical(shares.size()));
    EXPECT_GT(distance(shares, [](double x) { return x; }), 0.2); // the test detects a uniform distribution
}

TEST(poisson, gaps_are_exponential) {
    const auto all = all_arrivals({{constant_rate(100s, 200)}, spacing::poisson, 9});
    std::vector<double> gaps;
    double sum = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        gaps.push_back(static_cast<double>((all[i].due - all[i - 1].due).count()) / 1e9);
        sum += gaps.back();
    }
    EXPECT_NEAR(sum / static_cast<double>(gaps.size()), 1.0 / 200, 1e-5);
    std::ranges::sort(gaps);
    EXPECT_LT(distance(gaps, [](double x) { return 1 - std::exp(-200 * x); }), critical(gaps.size()));
}

TEST(poisson, is_a_function_of_the_seed) {
    const std::vector<phase> phases{constant_rate(1s, 50), constant_rate(1s, 50)};
    const auto one = all_arrivals({phases, spacing::poisson, 1});
    EXPECT_EQ(one, all_arrivals({phases, spacing::poisson, 1}));
    EXPECT_NE(one, all_arrivals({phases, spacing::poisson, 2}));
    // Each phase has its own random stream; otherwise phases would repeat.
    EXPECT_NE(one[3].due + 1s, one[53].due);
}

TEST(poisson, keeps_the_count_of_each_phase) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const schedule arrivals{
            {constant_rate(1s, 10.5), fixed_count(1s, 7), paused(1s), constant_rate(1s, 0.5)}, spacing::poisson, seed};
        const auto all = all_arrivals(arrivals);
        ASSERT_EQ(all.size(), 18U);
        EXPECT_EQ(all[9].phase, 0U);
        EXPECT_EQ(all[10].phase, 1U);
        EXPECT_EQ(all[16].phase, 1U);
        EXPECT_EQ(all[17].phase, 3U);
    }
}
