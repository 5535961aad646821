#include <loadsim/base/units.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::chrono_literals;

struct duration_case {
    const char* text;
    nanoseconds value;
};

TEST(duration, reads_what_people_write) {
    const duration_case cases[] = {{"250ms", 250ms}, {"2m", 2min},     {"3h", 3h},   {"1.5s", 1500ms}, {"0s", 0ns},
                                   {"10us", 10us},   {"1h30m", 90min}, {"7d", 168h}, {"5ns", 5ns}};
    for (const auto& c : cases) {
        const auto read = parse_duration(c.text);
        ASSERT_TRUE(read) << c.text;
        EXPECT_EQ(*read, c.value) << c.text;
    }
}

TEST(duration, refuses_a_bare_number_and_names_the_remedy) {
    const auto read = parse_duration("30");
    ASSERT_FALSE(read);
    EXPECT_NE(to_string(read.error()).find("no unit"), std::string::npos);
    EXPECT_NE(to_string(read.error()).find("30s"), std::string::npos);
}

TEST(duration, refuses_a_blank_before_the_unit) {
    EXPECT_NE(to_string(parse_duration("3 s").error()).find("write number and unit together"), std::string::npos);
}

TEST(duration, refuses_nonsense) {
    for (const auto* text : {"", "s", "-1s", "1 s", "1x", "1s2", "1e400s", "nan", "99999999999h", "1ss", "+1s"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(duration, prints_what_it_reads_back) {
    for (const nanoseconds d : {nanoseconds{0ns}, nanoseconds{90s}, nanoseconds{250ms}, nanoseconds{3h},
                                nanoseconds{1ns}, nanoseconds{36h + 5ms}}) {
        const auto read = parse_duration(format_duration(d));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, d) << format_duration(d);
    }
    EXPECT_EQ(format_duration(90s), "1m30s");
    EXPECT_EQ(format_duration(0s), "0s");
}

TEST(rate, reads_per_second_minute_and_hour) {
    EXPECT_DOUBLE_EQ(parse_rate("200/s")->per_second, 200);
    EXPECT_DOUBLE_EQ(parse_rate("200")->per_second, 200);
    EXPECT_DOUBLE_EQ(parse_rate("120/m")->per_second, 2);
    EXPECT_FALSE(parse_rate("200/y"));
    EXPECT_FALSE(parse_rate("-1"));
    EXPECT_FALSE(parse_rate("fast"));
}

TEST(share, reads_percent_and_fraction) {
    EXPECT_DOUBLE_EQ(parse_share("25%")->of_one, 0.25);
    EXPECT_DOUBLE_EQ(parse_share("0.25")->of_one, 0.25);
    EXPECT_FALSE(parse_share("101%"));
    EXPECT_FALSE(parse_share("25"));
    EXPECT_FALSE(parse_share("x"));
    EXPECT_EQ(format_share(share{0.07}), "7%");
}
