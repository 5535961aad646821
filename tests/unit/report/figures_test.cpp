#include "figures.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;

TEST(figures, counts_have_their_thousands_apart) {
    EXPECT_EQ(human_count(0), "0");
    EXPECT_EQ(human_count(999), "999");
    EXPECT_EQ(human_count(1000), "1,000");
    EXPECT_EQ(human_count(1'234'567), "1,234,567");
    EXPECT_EQ(human_count(123'456), "123,456");
}

TEST(figures, latencies_have_three_digits_and_the_unit_that_fits) {
    EXPECT_EQ(human_latency(0ns), "0.00 ms");
    EXPECT_EQ(human_latency(140us), "0.14 ms");
    EXPECT_EQ(human_latency(9'996us), "10.0 ms") << "not 10.00";
    EXPECT_EQ(human_latency(41'200us), "41.2 ms");
    EXPECT_EQ(human_latency(99'960us), "100 ms") << "not 100.0";
    EXPECT_EQ(human_latency(999'400us), "999 ms");
    EXPECT_EQ(human_latency(999'600us), "1.00 s") << "not 1000 ms";
    EXPECT_EQ(human_latency(75s), "75.0 s");
}

TEST(figures, elapsed_time_is_in_whole_seconds) {
    EXPECT_EQ(human_elapsed(999ms), "0s");
    EXPECT_EQ(human_elapsed(59'999ms), "59s");
    EXPECT_EQ(human_elapsed(65s), "1m05s");
    EXPECT_EQ(human_elapsed(3h + 7min + 59s), "3h07m");
}

TEST(figures, rates) {
    EXPECT_EQ(human_rate(0), "0/s");
    EXPECT_EQ(human_rate(0.5), "0.5/s");
    EXPECT_EQ(human_rate(5), "5/s");
    EXPECT_EQ(human_rate(199.6), "200/s");
    EXPECT_EQ(human_rate(12'000), "12,000/s");
}

TEST(figures, bytes) {
    EXPECT_EQ(human_bytes(999), "999 B");
    EXPECT_EQ(human_bytes(12'345), "12.3 kB");
    EXPECT_EQ(human_bytes(999'600), "1.00 MB");
    EXPECT_EQ(human_bytes(4'560'000'000), "4.56 GB");
}

TEST(figures, a_share_is_never_rounded_to_none_or_all) {
    EXPECT_EQ(human_share(1, 100'000), "<0.1 %");
    EXPECT_EQ(human_share(99'999, 100'000), ">99.9 %");
    EXPECT_EQ(human_share(0, 10), "0.0 %");
    EXPECT_EQ(human_share(10, 10), "100.0 %");
    EXPECT_EQ(human_share(799, 1000), "79.9 %");
    EXPECT_EQ(human_share(0, 0), "-");
}

TEST(figures, width_is_counted_in_columns) {
    EXPECT_EQ(columns_of("plain"), 5u);
    EXPECT_EQ(columns_of("Größe"), 5u) << "two bytes, one column";
    EXPECT_EQ(columns_of("✓"), 1u) << "three bytes, one column";
    EXPECT_EQ(columns_of("高峰"), 4u) << "double width";
    EXPECT_EQ(cut_to("高峰", 3), "高") << "never half a character";
    EXPECT_EQ(cut_to("abc", 5), "abc");
    EXPECT_EQ(pad_right("ü", 3), "ü  ");
    EXPECT_EQ(pad_left("高", 3), " 高");
    EXPECT_EQ(columns_of("\xE9"), 1u) << "not UTF-8: still an end";
}
