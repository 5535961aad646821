#include <loadsim/base/units.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::chrono_literals;

struct duration_case {
    const char* text;
    nanoseconds value;
};

TEST(duration, parses_all_units_and_combinations) {
    const duration_case cases[] = {{"250ms", 250ms}, {"2m", 2min},     {"3h", 3h},   {"1.5s", 1500ms}, {"0s", 0ns},
                                   {"10us", 10us},   {"1h30m", 90min}, {"7d", 168h}, {"5ns", 5ns}};
    for (const auto& c : cases) {
        const auto read = parse_duration(c.text);
        ASSERT_TRUE(read) << c.text;
        EXPECT_EQ(*read, c.value) << c.text;
    }
}

TEST(duration, rejects_a_bare_number_and_suggests_a_unit) {
    const auto read = parse_duration("30");
    ASSERT_FALSE(read);
    EXPECT_NE(to_string(read.error()).find("no unit"), std::string::npos);
    EXPECT_NE(to_string(read.error()).find("30s"), std::string::npos);
}

TEST(duration, rejects_a_blank_before_the_unit) {
    EXPECT_NE(to_string(parse_duration("3 s").error()).find("write number and unit together"), std::string::npos);
}

TEST(duration, rejects_invalid_text) {
    for (const auto* text : {"", "s", "-1s", "1 s", "1x", "1s2", "1e400s", "nan", "99999999999h", "1ss", "+1s"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(duration, is_formatted_as_text_that_parses_to_the_same_value) {
    for (const nanoseconds d : {nanoseconds{0ns}, nanoseconds{90s}, nanoseconds{250ms}, nanoseconds{3h},
                                nanoseconds{1ns}, nanoseconds{36h + 5ms}}) {
        const auto read = parse_duration(format_duration(d));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, d) << format_duration(d);
    }
    EXPECT_EQ(format_duration(90s), "1m30s");
    EXPECT_EQ(format_duration(0s), "0s");
}

TEST(rate, parses_per_second_minute_hour_and_day) {
    EXPECT_DOUBLE_EQ(parse_rate("200/s")->per_second, 200);
    EXPECT_DOUBLE_EQ(parse_rate("200")->per_second, 200);
    EXPECT_DOUBLE_EQ(parse_rate("120/m")->per_second, 2);
    EXPECT_DOUBLE_EQ(parse_rate("7200/h")->per_second, 2);
    EXPECT_DOUBLE_EQ(parse_rate("0.1/day")->per_second, 0.1 / 86'400);
    EXPECT_FALSE(parse_rate("200/y"));
    EXPECT_FALSE(parse_rate("200/d"));
    EXPECT_FALSE(parse_rate("-1"));
    EXPECT_FALSE(parse_rate("fast"));
}

TEST(fraction, parses_percent_and_decimal) {
    EXPECT_DOUBLE_EQ(parse_fraction("25%")->value, 0.25);
    EXPECT_DOUBLE_EQ(parse_fraction("0.25")->value, 0.25);
    EXPECT_FALSE(parse_fraction("101%"));
    EXPECT_FALSE(parse_fraction("25"));
    EXPECT_FALSE(parse_fraction("x"));
    EXPECT_EQ(format_fraction(fraction{0.07}), "7%");
}
