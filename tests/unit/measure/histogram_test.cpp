#include "sample_histograms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

TEST(histogram_layout, has_the_indexes_of_hdrhistogram) {
    struct {
        std::int64_t value;
        std::size_t index;
        std::int64_t lowest;
        const char* reason;
    } const cases[] = {
        {0, 0, 0, "first"},
        {1, 1, 1, "a bucket each"},
        {2047, 2047, 2047, "last with a bucket of its own"},
        {2048, 2048, 2048, "first of a bucket of two"},
        {2049, 2048, 2048, "second of it"},
        {2050, 2049, 2050, "next"},
        {4095, 3071, 4094, "last of the twos"},
        {4096, 3072, 4096, "first of the fours"},
        {1'000'000, 11'169, 999'936, "published value"},
        {3'600'000'000, 23'220, 3'598'712'832, "the hour"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(histogram::index_of(c.value), c.index) << c.reason;
        EXPECT_EQ(histogram::value_at(c.index), c.lowest) << c.reason;
    }
    EXPECT_LT(histogram::index_of(histogram::highest_us), histogram::index_count);
}

TEST(histogram_layout, has_no_gap_and_no_overlap) {
    for (std::size_t i = 0; i + 1 < histogram::index_count; ++i) {
        ASSERT_LT(histogram::value_at(i), histogram::value_at(i + 1)) << i;
        ASSERT_EQ(histogram::index_of(histogram::value_at(i)), i);
        ASSERT_EQ(histogram::index_of(histogram::value_at(i + 1) - 1), i);
    }
}

TEST(histogram, keeps_percentiles_within_a_thousandth_of_the_sorted_samples) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        auto samples = random_microseconds(20'000, seed);
        const auto h = recorded(samples);
        std::ranges::sort(samples);
        for (const double p : {0.001, 0.1, 1.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0}) {
            const auto rank = static_cast<std::size_t>(std::ceil(p / 100 * static_cast<double>(samples.size()) - 1e-6));
            const auto exact = static_cast<double>(samples[std::max<std::size_t>(rank, 1) - 1]);
            const auto seen = static_cast<double>(h.percentile(p).count()) / 1000;
            EXPECT_GE(seen, exact) << p;
            EXPECT_LE(seen, exact * 1.001) << p;
        }
    }
}

TEST(histogram, has_hdrhistograms_percentiles_at_the_edges) {
    const auto two = recorded({100, 2049}); // 2049 lies in the bucket 2048..2049
    struct {
        double p;
        nanoseconds value;
        const char* reason;
    } const cases[] = {
        {0, 100us, "0: the lowest"},
        {-5, 100us, "below 0 is 0"},
        {std::numeric_limits<double>::quiet_NaN(), 100us, "no number is 0"},
        {1e-300, 100us, "at least one sample"},
        {50, 100us, "exactly one of two"},
        {50.001, 2049us, "more than one of two"},
        {100, 2049us, "100: the highest equivalent of the largest"},
        {250, 2049us, "above 100 is 100"},
    };
    for (const auto& c : cases) EXPECT_EQ(two.percentile(c.p), c.value) << c.reason;

    EXPECT_EQ(recorded({2049}).percentile(0), 2048us) << "0 is the lowest equivalent";
    for (const double p : {0.1, 50.0, 99.9, 100.0}) EXPECT_EQ(recorded({2048}).percentile(p), 2049us) << "one sample";

    histogram many; // 99.9 * 41000 / 100 is 40959.00000000001 in doubles
    many.record(1us, 40'959);
    many.record(2us, 41);
    EXPECT_EQ(many.percentile(99.9), 1us);
    EXPECT_EQ(many.percentile(99.91), 2us);
}

TEST(histogram, is_zero_when_empty) {
    const histogram nothing;
    EXPECT_TRUE(nothing.empty());
    for (const auto value : {nothing.percentile(0), nothing.percentile(50), nothing.percentile(100), nothing.min(),
                             nothing.max(), nothing.mean()})
        EXPECT_EQ(value, 0ns);
}

// A limit that a sample misses is missed by its value, too: 1.0004 ms is not within 1 ms.
TEST(histogram, rounds_nanoseconds_up_to_microseconds) {
    struct {
        nanoseconds sample;
        nanoseconds kept;
    } const cases[] = {{0ns, 0us}, {1ns, 1us}, {400ns, 1us}, {1000ns, 1us}, {1001ns, 2us}, {2500ns, 3us}};
    for (const auto& c : cases) {
        histogram h;
        h.record(c.sample);
        EXPECT_EQ(h.max(), c.kept) << c.sample.count();
        EXPECT_EQ(h.min(), c.kept) << c.sample.count();
    }
}

TEST(histogram, counts_negative_and_too_long_samples) {
    histogram h;
    h.record(-1ns);
    h.record(nanoseconds::min(), 2);
    EXPECT_EQ(h.count(), 3U);
    EXPECT_EQ(h.negative(), 3U);
    EXPECT_EQ(h.max(), 0ns);

    constexpr nanoseconds highest = std::chrono::microseconds{histogram::highest_us};
    h.record(highest);
    EXPECT_EQ(h.overflow(), 0U);
    EXPECT_FALSE(h.percentile_overflows(100));
    h.record(highest + 1ns, 3);
    h.record(nanoseconds::max());
    EXPECT_EQ(h.overflow(), 4U);
    EXPECT_EQ(h.count(), 8U);
    EXPECT_EQ(h.counts().size(), histogram::index_of(histogram::highest_us) + 1);
    EXPECT_EQ(h.counts().back(), 5U);
    EXPECT_FALSE(h.percentile_overflows(0));
    EXPECT_FALSE(h.percentile_overflows(50)) << "the fourth of eight";
    EXPECT_TRUE(h.percentile_overflows(51));
    EXPECT_TRUE(h.percentile_overflows(100));

    h.clear();
    EXPECT_EQ(h, histogram{});
}

TEST(histogram, keeps_what_lasts_longer_than_an_hour) {
    const auto two_hours = recorded({7'200'000'000});
    EXPECT_GE(two_hours.max(), 2h);
    EXPECT_LE(two_hours.max(), 2h * 1.001);
    EXPECT_EQ(two_hours.overflow(), 0U);
}

TEST(histogram, counts_samples_by_the_highest_value_of_their_bucket) {
    const auto h = recorded({1, 2048, 3000});
    EXPECT_EQ(h.count_if([](nanoseconds value) { return value >= 2049us; }), 2U);
    EXPECT_EQ(h.count_if([](nanoseconds value) { return value > 2049us; }), 1U);
}

TEST(histogram, counts_a_sample_many_times) {
    histogram many;
    many.record(5ms, 1000);
    histogram single;
    for (int i = 0; i < 1000; ++i) single.record(5ms);
    EXPECT_EQ(many, single);
    many.record(1min, 0);
    EXPECT_EQ(many, single);
}

TEST(histogram, computes_the_mean_of_bucket_midpoints) {
    EXPECT_EQ(recorded({1, 2, 6}).mean(), 3us);
    EXPECT_EQ(recorded({1, 2}).mean(), 1500ns);
    EXPECT_EQ(recorded({4096}).mean(), 4098us); // the bucket 4096..4099
    const auto samples = random_microseconds(20'000, 7);
    double sum = 0;
    for (const auto us : samples) sum += static_cast<double>(us);
    const auto exact = sum / static_cast<double>(samples.size());
    EXPECT_NEAR(static_cast<double>(recorded(samples).mean().count()) / 1000, exact, exact * 0.001);
}

TEST(histogram, merges_in_any_order_to_the_same_result) {
    const auto samples = random_microseconds(3000, 5);
    const auto third = [&](std::ptrdiff_t i) {
        return std::vector(samples.begin() + i * 1000, samples.begin() + (i + 1) * 1000);
    };
    auto a = recorded(third(0));
    auto b = recorded(third(1));
    const auto c = recorded(third(2));
    auto all = recorded(samples);
    a.record(-1us);
    b.record(2h);
    all.record(-1us);
    all.record(2h);

    auto ab = a;
    ab.merge(b);
    auto ba = b;
    ba.merge(a);
    EXPECT_EQ(ab, ba);
    auto ab_c = ab;
    ab_c.merge(c);
    auto bc = b;
    bc.merge(c);
    auto a_bc = a;
    a_bc.merge(bc);
    EXPECT_EQ(ab_c, a_bc);
    EXPECT_EQ(ab_c, all);
    ab_c.merge(histogram{});
    EXPECT_EQ(ab_c, all);
    histogram from_nothing;
    from_nothing.merge(all);
    EXPECT_EQ(from_nothing, all);
}

TEST(histogram, is_rebuilt_from_its_counts) {
    const auto h = recorded(random_microseconds(1000, 3));
    EXPECT_EQ(histogram::from_counts(h.counts()), h);
    auto longer = h.counts();
    longer.resize(longer.size() + 5); // trailing zeros are ignored
    EXPECT_EQ(histogram::from_counts(longer), h);
    EXPECT_EQ(histogram::from_counts({0, 0}), histogram{});
}
