#include "plans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;

namespace {

/// Largest distance between the empirical distribution of sorted values in 0..1 and one given (Kolmogorov, Smirnov).
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

/// Exceeded by chance once in a thousand; the seeds are fixed, so a failure is a change and not bad luck.
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
        const auto shares = shares_of(walk({{constant(100s, 200)}, spacing::poisson, seed}), 100s);
        ASSERT_EQ(shares.size(), 20'000U);
        EXPECT_LT(distance(shares, [](double x) { return x; }), critical(shares.size())) << seed;
    }
}

TEST(poisson, arrivals_are_uniform_over_the_phase_after_a_phase) {
    const auto all = walk({{constant(10s, 100), constant(100s, 200)}, spacing::poisson, 4});
    std::vector<double> shares;
    for (const auto& a : all)
        if (a.phase == 1) shares.push_back(std::chrono::duration<double>(a.due - 10s) / 100s);
    ASSERT_EQ(shares.size(), 20'000U);
    EXPECT_LT(distance(shares, [](double x) { return x; }), critical(shares.size()));
}

// In a large phase an error of one in the number of points left would drown; in one of three it does not.
TEST(poisson, of_three_arrivals_each_has_its_own_distribution) {
    std::vector<double> first, second, third;
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        const auto shares = shares_of(walk({{counted(1s, 3)}, spacing::poisson, seed}), 1s);
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
    const auto shares = shares_of(walk({{ramping(100s, 0, 400)}, spacing::poisson, 5}), 100s);
    ASSERT_EQ(shares.size(), 20'000U);
    EXPECT_LT(distance(shares, [](double x) { return x * x; }), critical(shares.size()));
    EXPECT_GT(distance(shares, [](double x) { return x; }), 0.2); // the test would notice a flat one
}

TEST(poisson, gaps_are_exponential) {
    const auto all = walk({{constant(100s, 200)}, spacing::poisson, 9});
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
    const std::vector<phase> phases{constant(1s, 50), constant(1s, 50)};
    const auto one = walk({phases, spacing::poisson, 1});
    EXPECT_EQ(one, walk({phases, spacing::poisson, 1}));
    EXPECT_NE(one, walk({phases, spacing::poisson, 2}));
    // Phases draw from numbers of their own, or each would repeat the one before.
    EXPECT_NE(one[3].due + 1s, one[53].due);
}

TEST(poisson, keeps_each_phase_its_count) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const schedule plan{
            {constant(1s, 10.5), counted(1s, 7), paused(1s), constant(1s, 0.5)}, spacing::poisson, seed};
        const auto all = walk(plan);
        ASSERT_EQ(all.size(), 18U);
        EXPECT_EQ(all[9].phase, 0U);
        EXPECT_EQ(all[10].phase, 1U);
        EXPECT_EQ(all[16].phase, 1U);
        EXPECT_EQ(all[17].phase, 3U);
    }
}
