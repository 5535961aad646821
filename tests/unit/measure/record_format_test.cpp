#include "record_format.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

TEST(escape_bytes, escapes_invalid_utf8_and_control_characters) {
    struct {
        std::string_view bytes;
        std::string_view text;
        const char* reason;
    } const rows[] = {
        {"", "", "nothing"},
        {R"({"id":"r1"})", R"({"id":"r1"})", "JSON"},
        {"a\tb\r\nc", "a\tb\r\nc", "blanks that people can read"},
        {"a\0b\x01\x7f"sv, "a\\x00b\\x01\\x7f", "control characters"},
        {"\xff\xfe", "\\xff\\xfe", "never in UTF-8"},
        {"\x80", "\\x80", "goes on without a beginning"},
        {"Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x9a\x97",
         "Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x9a\x97",
         "two, three and four bytes"},
        {"\xc3", "\\xc3", "cut off"},
        {"\xe2\x82", "\\xe2\\x82", "cut off"},
        {"\xe2\x28\xa1", "\\xe2(\\xa1", "the second byte is none"},
        {"\xc0\xaf", "\\xc0\\xaf", "longer than needed"},
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", "longer than needed"},
        {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf", "longer than needed"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "a surrogate"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "above Unicode"},
    };
    for (const auto& r : rows) EXPECT_EQ(escape_bytes(r.bytes), r.text) << r.reason;
}

TEST(format_latency, uses_milliseconds_or_seconds) {
    EXPECT_EQ(format_latency(1234us), "1.2ms");
    EXPECT_EQ(format_latency(0ns), "0.0ms");
    EXPECT_EQ(format_latency(-4s), "-4000.0ms");
    EXPECT_EQ(format_latency(75'349ms), "75.3s");
}

TEST(instant_ms, is_relative_to_the_start_of_the_load) {
    const monotonic_time start{100s};
    EXPECT_DOUBLE_EQ(instant_ms(start + 1500us, start), 1.5);
    EXPECT_DOUBLE_EQ(instant_ms(start - 1s, start), -1000) << "while connecting";
    EXPECT_TRUE(std::isnan(instant_ms(never, start)));
}
