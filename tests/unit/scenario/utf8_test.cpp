#include "utf8.hpp"

#include <gtest/gtest.h>

#include <string>

using loadsim::scenario::valid_text_length;

TEST(valid_text_length, accepts_text) {
    for (const std::string_view text :
         {"", "plain", "tab\tline\r\n", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_EQ(valid_text_length(text), text.size()) << text;
}

TEST(valid_text_length, stops_at_invalid_bytes) {
    using namespace std::string_literals;
    const std::pair<std::string, const char*> rows[] = {
        {"\0"s, "NUL"},
        {"\x1b", "escape"},
        {"\x7f", "delete"},
        {"\x80", "a continuation alone"},
        {"\xc0\x80", "NUL in two bytes"},
        {"\xc1\xbf", "ASCII in two bytes"},
        {"\xc3", "cut off"},
        {"\xc3(", "no continuation"},
        {"\xe0\x9f\xbf", "two bytes' worth in three"},
        {"\xed\xa0\x80", "a surrogate"},
        {"\xf0\x8f\xbf\xbf", "three bytes' worth in four"},
        {"\xf4\x90\x80\x80", "beyond Unicode"},
        {"\xf8\x88\x80\x80\x80", "five bytes"},
        {"\xff", "no lead byte"},
    };
    for (const auto& [bytes, why] : rows) EXPECT_EQ(valid_text_length("ab" + bytes + "c"), 2U) << why;
}
