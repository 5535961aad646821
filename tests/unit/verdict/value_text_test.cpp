#include "value_text.hpp"

#include <gtest/gtest.h>

using namespace loadsim::verdict;

TEST(short_duration, has_three_significant_digits_and_no_zeros_at_the_end) {
    const struct {
        double ms;
        const char* text;
    } rows[] = {{0, "0ms"},           {0.0004, "0.4us"}, {0.05, "50us"},    {0.1234, "123us"},   {0.9996, "1ms"},
                {1, "1ms"},           {1.929, "1.93ms"}, {25, "25ms"},      {163.071, "163ms"},  {999.4, "999ms"},
                {999.6, "1s"},        {1000, "1s"},      {1234.5, "1.23s"}, {20'561.9, "20.6s"}, {75'000, "75s"},
                {3'600'000, "3600s"}, {-138, "-138ms"}};
    for (const auto& row : rows) EXPECT_EQ(short_duration(row.ms), row.text) << row.ms;
}

TEST(short_duration, beside_another_value_differs_from_it) {
    EXPECT_EQ(short_duration_beside(100.095, 100), "100.1ms");
    EXPECT_EQ(short_duration_beside(100.001, 100), "100.001ms");
    EXPECT_EQ(short_duration_beside(99.9996, 100), "99.9996ms");
    EXPECT_EQ(short_duration_beside(20'561.919, 100), "20.6s");
    EXPECT_EQ(short_duration_beside(100, 100), "100ms");
}

TEST(value_text, is_in_the_unit_of_the_limit) {
    const auto text = [](const char* budget, double value) { return value_text(parse_budget(budget).value(), value); };
    EXPECT_EQ(text("e2e.p99 < 1s", 163.071), "163ms");
    EXPECT_EQ(text("e2e.p99 < 1s", 1000.4), "1.0004s");
    EXPECT_EQ(text("unexpected == 0", 12'345), "12345");
    EXPECT_EQ(text("unexpected.rate < 0.1%", 0.0010004), "0.10004%");
    EXPECT_EQ(text("unexpected.rate < 0.1%", 0.02), "2%");
    EXPECT_EQ(distance_text(parse_budget("unexpected.rate < 0.1%").value(), 0.0005), "0.05 percentage points");
}
