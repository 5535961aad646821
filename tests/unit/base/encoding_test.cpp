#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <optional>

using namespace loadsim;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

using decoder = bool (*)(std::string&, std::size_t);

/// Decodes behind a prefix, as templates do.
std::optional<std::string> decoded(decoder decode, std::string_view text) {
    auto all = ">" + std::string(text);
    if (!decode(all, 1)) return std::nullopt;
    EXPECT_EQ(all.front(), '>');
    return all.substr(1);
}

std::string json_escaped(std::string_view text) {
    std::string out = ">";
    append_json_escaped(text, out);
    return out.substr(1);
}

struct utf8_row {
    std::string_view bytes;
    std::uint32_t code_point;
    const char* reason;
};

// Unicode 15, table 3-7; RFC 3629, 4.
const utf8_row valid_utf8[] = {
    {"\0"sv, 0, "NUL"},
    {"A", 'A', "ASCII"},
    {"\x7f", 0x7f, "last of one byte"},
    {"\xc2\x80", 0x80, "first of two"},
    {"\xdf\xbf", 0x7ff, "last of two"},
    {"\xe0\xa0\x80", 0x800, "first of three"},
    {"\xed\x9f\xbf", 0xd7ff, "last before the surrogates"},
    {"\xee\x80\x80", 0xe000, "first after the surrogates"},
    {"\xef\xbf\xbf", 0xffff, "last of three, a noncharacter"},
    {"\xf0\x90\x80\x80", 0x10000, "first of four"},
    {"\xf4\x8f\xbf\xbf", 0x10ffff, "last of Unicode"},
};
const utf8_row invalid_utf8[] = {
    {"\x80", 0, "continuation byte alone"},
    {"\xbf", 0, "continuation byte alone"},
    {"\xc0\x80", 0, "overlong NUL"},
    {"\xc0\xaf", 0, "overlong slash"},
    {"\xc1\xbf", 0, "overlong ASCII"},
    {"\xc3", 0, "cut off"},
    {"\xc3(", 0, "no continuation byte"},
    {"\xe0\x80\xaf", 0, "overlong slash in three bytes"},
    {"\xe0\x9f\xbf", 0, "last overlong form of three bytes"},
    {"\xe2\x82", 0, "cut off"},
    {"\xe2(\xa1", 0, "the second byte is no continuation byte"},
    {"\xe2\x82(", 0, "the third byte is no continuation byte"},
    {"\xed\xa0\x80", 0, "first surrogate"},
    {"\xed\xbf\xbf", 0, "last surrogate"},
    {"\xf0\x80\x80\xaf", 0, "overlong slash in four bytes"},
    {"\xf0\x8f\xbf\xbf", 0, "last overlong form of four bytes"},
    {"\xf0\x9f\x9a", 0, "cut off"},
    {"\xf4\x90\x80\x80", 0, "above U+10FFFF"},
    {"\xf5\x80\x80\x80", 0, "above U+10FFFF"},
    {"\xf8\x88\x80\x80\x80", 0, "five bytes"},
    {"\xfe", 0, "never in UTF-8"},
    {"\xff", 0, "never in UTF-8"},
};

} // namespace

TEST(utf8, decodes_the_first_character) {
    for (const auto& row : valid_utf8) {
        const auto c = decode_utf8(std::string(row.bytes) + "\xc3\xa4");
        EXPECT_EQ(c.length, row.bytes.size()) << row.reason;
        EXPECT_EQ(c.code_point, row.code_point) << row.reason;
    }
    EXPECT_EQ(decode_utf8("").length, 0U);
}

TEST(utf8, refuses_invalid_bytes) {
    for (const auto& row : invalid_utf8) EXPECT_EQ(decode_utf8(row.bytes).length, 0U) << row.reason;
}

TEST(utf8, prefix_ends_between_characters) {
    EXPECT_EQ(utf8_prefix("a\xf0\x9f\x9a\x97z", 9), "a\xf0\x9f\x9a\x97z");
    EXPECT_EQ(utf8_prefix("a\xf0\x9f\x9a\x97z", 5), "a\xf0\x9f\x9a\x97");
    for (const std::size_t within : {2U, 3U, 4U}) EXPECT_EQ(utf8_prefix("a\xf0\x9f\x9a\x97z", within), "a");
    EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80") << "invalid: at most three bytes less";
    EXPECT_EQ(utf8_prefix("", 3), "");
}

TEST(printable_length, ends_before_control_characters_and_invalid_utf8) {
    for (const auto& row : invalid_utf8) EXPECT_EQ(printable_length("ab" + std::string(row.bytes)), 2U) << row.reason;
    for (const auto text : {"\0"sv, "\x1b"sv, "\x1f"sv, "\x7f"sv, "\n"sv, "\xc2\x80"sv, "\xc2\x9f"sv})
        EXPECT_EQ(printable_length("\xc3\xa4" + std::string(text) + "c"), 2U);
    EXPECT_EQ(printable_length("a b~\xc2\xa0\xf0\x9f\x9a\x97"), 10U);
    EXPECT_EQ(printable_length("tab\tline\r\n\x1b", "\t\r\n"), 10U);
}

TEST(escape_for_terminal, escapes_control_characters_and_invalid_utf8) {
    EXPECT_EQ(escape_for_terminal(""), "");
    EXPECT_EQ(escape_for_terminal(R"({"id":"r1"})"), R"({"id":"r1"})");
    EXPECT_EQ(escape_for_terminal("a\0b\x01\x7f"sv), R"(a\x00b\x01\x7f)");
    EXPECT_EQ(escape_for_terminal("\x1b[2J\n"), R"(\x1b[2J\x0a)");
    EXPECT_EQ(escape_for_terminal("a\tb\r\nc\x1b", "\t\r\n"), "a\tb\r\nc\\x1b");
    EXPECT_EQ(escape_for_terminal("\xc2\x9b"), R"(\xc2\x9b)") << "CSI of C1";
    EXPECT_EQ(escape_for_terminal("\xe2\x28\xa1"), R"(\xe2(\xa1)");
    EXPECT_EQ(escape_for_terminal("\xff\xfe\xc3\xa4\xe2\x82"), "\\xff\\xfe\xc3\xa4\\xe2\\x82");
    EXPECT_EQ(escape_for_terminal("Gr\xc3\xb6\xc3\x9f"
                                  "e \xe2\x82\xac \xf0\x9f\x9a\x97"),
              "Gr\xc3\xb6\xc3\x9f"
              "e \xe2\x82\xac \xf0\x9f\x9a\x97");
}

TEST(excerpt, is_short_and_on_one_line) {
    EXPECT_EQ(excerpt("", 5), "");
    EXPECT_EQ(excerpt("12345", 5), "12345");
    EXPECT_EQ(excerpt("123456", 5), "12345...");
    EXPECT_EQ(excerpt("{\r\n\t\"a\": 1\x1b}", 99), R"({   "a": 1\x1b})");
    EXPECT_EQ(excerpt("1234\xc3\xa4", 5), "1234...");
}

TEST(shell_quote, quotes_what_a_shell_would_interpret) {
    EXPECT_EQ(shell_quote("reports/t-20261120T101500Z"), "reports/t-20261120T101500Z");
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("my reports/$(id)"), "'my reports/$(id)'");
    EXPECT_EQ(shell_quote("it's"), R"('it'\''s')");
}

TEST(hex, decodes_digits_and_ignores_blanks_between_bytes) {
    EXPECT_EQ(decoded(decode_hex, ""), "");
    EXPECT_EQ(decoded(decode_hex, "0001fFA0"), "\x00\x01\xff\xa0"s);
    EXPECT_EQ(decoded(decode_hex, " 01 ff\r\n7F\t"), "\x01\xff\x7f");
    for (const auto* text : {"0", "012", "0 1", "0g", "g0", "0x", "01-", "\xff\xff"})
        EXPECT_EQ(decoded(decode_hex, text), std::nullopt) << text;
}

TEST(hex, round_trips_each_byte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(to_hex(bytes).substr(0, 12), "000102030405");
    EXPECT_EQ(to_hex("\xab\xcd\xef"), "abcdef");
    EXPECT_EQ(decoded(decode_hex, to_hex(bytes)), bytes);
}

TEST(base64, matches_published_vectors) {
    const std::pair<std::string, const char*> rows[] = {
        {"", ""}, // RFC 4648, 10
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xef\xfe", "/+/+"}, // both special digits
        {"\0\0\0\0"s, "AAAAAA=="},
    };
    for (const auto& [bytes, text] : rows) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(decoded(decode_base64, text), bytes) << text;
        EXPECT_EQ(decoded(decode_base64, std::string_view(text).substr(0, std::string_view(text).find('='))), bytes)
            << text << " without padding";
    }
}

TEST(base64, round_trips_each_byte_and_length) {
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
        EXPECT_EQ(decoded(decode_base64, to_base64(bytes)), bytes);
        bytes += static_cast<char>(i * 7);
    }
}

TEST(base64, refuses_invalid_text) {
    for (const auto text : {"Z"sv, "Zg="sv, "Zg==="sv, "="sv, "===="sv, "Z==="sv, "Zg==Zg=="sv, "Zm=v"sv, "Zm9-"sv,
                            "Zm_v"sv, "Zm 9"sv, " Zm9v"sv, "Zm9v\n"sv, "Zm9\0"sv, "Zm9\xff"sv})
        EXPECT_EQ(decoded(decode_base64, text), std::nullopt) << text;
}

TEST(percent_encoding, keeps_what_the_part_may_contain) {
    std::string ascii;
    for (char c = ' '; c < '\x7f'; ++c) ascii += c;
    // RFC 3986, 2.3
    EXPECT_EQ(percent_encode(ascii, url_part::component),
              "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~");
    // RFC 3986, 3.3: pchar and '/'
    EXPECT_EQ(percent_encode(ascii, url_part::path),
              "%20!%22%23$%25&'()*+,-./0123456789:;%3C=%3E%3F@"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~");
    // HTML 5, application/x-www-form-urlencoded percent-encode set
    EXPECT_EQ(percent_encode(ascii, url_part::form),
              "+%21%22%23%24%25%26%27%28%29*%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D%7E");
    EXPECT_EQ(percent_encode(ascii, url_part::target), "%20" + ascii.substr(1));
    for (const auto part : {url_part::component, url_part::path, url_part::form, url_part::target})
        EXPECT_EQ(percent_encode("\xc3\xa9\r\n\0\x7f"sv, part), "%C3%A9%0D%0A%00%7F");
}

TEST(percent_encoding, appends) {
    std::string out = "/";
    append_percent_encoded("a b", url_part::path, out);
    EXPECT_EQ(out, "/a%20b");
}

TEST(percent_encoding, decodes_and_keeps_what_is_invalid) {
    const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                        {"plain", "plain"},
                                                        {"%41%2f%2F", "A//"},
                                                        {"a+b", "a+b"},
                                                        {"%C3%A9", "\xc3\xa9"},
                                                        {"%25"
                                                         "41",
                                                         "%41"},
                                                        {"%", "%"},
                                                        {"%4", "%4"},
                                                        {"%4g", "%4g"},
                                                        {"%g4", "%g4"},
                                                        {"%%41", "%A"},
                                                        {"100%+1", "100%+1"},
                                                        {"% 1", "% 1"},
                                                        {"%-1", "%-1"}};
    for (const auto& [text, plain] : rows) EXPECT_EQ(percent_decode(text), plain) << text;
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(percent_decode(percent_encode(bytes, url_part::component)), bytes);
}

TEST(append_number, appends_the_shortest_text) {
    std::string out = ">";
    append_number(std::numeric_limits<std::int64_t>::min(), out);
    append_number(std::numeric_limits<std::uint64_t>::max(), out += ' ');
    append_number(0.1, out += ' ');
    append_number(-1.7976931348623157e308, out += ' ');
    EXPECT_EQ(out, ">-9223372036854775808 18446744073709551615 0.1 -1.7976931348623157e+308");
}

TEST(ascii_lower, changes_letters_only) {
    EXPECT_EQ(ascii_lower('A'), 'a');
    EXPECT_EQ(ascii_lower('Z'), 'z');
    for (const char c : {'@', '[', 'a', '{', '\xc4'}) EXPECT_EQ(ascii_lower(c), c);
}

TEST(equal_ignoring_case, compares_letters_in_any_case) {
    EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-TYPE"));
    EXPECT_FALSE(equal_ignoring_case("https", "http"));
    EXPECT_FALSE(equal_ignoring_case("a[", "a{")) << "only letters have a case";
}

TEST(trimmed, removes_blanks_at_both_ends) {
    EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
    EXPECT_EQ(trimmed(" \n"), "");
    EXPECT_EQ(trimmed(""), "");
}

TEST(json_escape, matches_rfc_8259) {
    EXPECT_EQ(json_escaped(""), "");
    EXPECT_EQ(json_escaped("plain ~/"), "plain ~/");
    EXPECT_EQ(json_escaped("\"\\\b\f\n\r\t"), R"(\"\\\b\f\n\r\t)");
    EXPECT_EQ(json_escaped("\0\x01\x1f\x7f"sv), "\\u0000\\u0001\\u001f\x7f");
    EXPECT_EQ(json_escaped("\xc3\xa4\xf0\x9f\x9a\x97\xc2\x80"), "\xc3\xa4\xf0\x9f\x9a\x97\xc2\x80");
    EXPECT_EQ(json_escaped("a\xff"
                           "b\xe2\x82\""),
              "a\xef\xbf\xbd"
              "b\xef\xbf\xbd\xef\xbf\xbd\\\"")
        << "one U+FFFD for each invalid byte";
}

TEST(iso_time, has_three_formats) {
    const auto at = std::chrono::system_clock::time_point(std::chrono::microseconds{1'769'903'999'123'999});
    EXPECT_EQ(iso_time(at, iso_format::basic), "20260131T235959Z");
    EXPECT_EQ(iso_time(at, iso_format::seconds), "2026-01-31T23:59:59Z");
    EXPECT_EQ(iso_time(at, iso_format::milliseconds), "2026-01-31T23:59:59.123Z");
}

TEST(iso_time, is_parsed) {
    const auto at = wall_time{std::chrono::microseconds{1'769'903'999'123'000}};
    EXPECT_EQ(parse_iso_time("2026-01-31T23:59:59.123Z"), at);
    EXPECT_EQ(parse_iso_time("2026-01-31T23:59:59Z"), at - std::chrono::milliseconds{123});
    for (const auto* text :
         {"", "20260131T235959Z", "2026-01-31T23:59:59", "2026-02-30T23:59:59Z", "2026-01-31T24:00:00Z",
          "2026-01-31T23:59:59.123", "2026-01-31 23:59:59.123Z", "2026-01-31T23:59:59.12ZZ"})
        EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
}

TEST(iso_time, covers_years_0_to_9999) {
    const std::pair<std::int64_t, const char*> rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951'782'400'000'000, "2000-02-29T00:00:00.000Z"},
        {4'102'444'800'000'999, "2100-01-01T00:00:00.000Z"},
        {std::numeric_limits<std::int64_t>::max(), "9999-12-31T23:59:59.999Z"},
        {std::numeric_limits<std::int64_t>::min(), "0000-01-01T00:00:00.000Z"},
    };
    for (const auto& [us, text] : rows) {
        std::string out = ">";
        append_iso_time(wall_time{std::chrono::microseconds{us}}, iso_format::milliseconds, out);
        EXPECT_EQ(out, std::string(">") + text);
    }
}

TEST(excerpt, is_cut_after_secrets_are_masked) {
    register_secret("registered by encoding_test");
    EXPECT_EQ(excerpt("as registered by encoding_test, it is gone", 10), "as ***, it...");
    EXPECT_EQ(excerpt("as registered by encoding_test", 6), "as ***");
}
