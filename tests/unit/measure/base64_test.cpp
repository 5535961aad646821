#include "base64.hpp"

#include <gtest/gtest.h>

using namespace loadsim::measure;

namespace {
std::vector<std::uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }
} // namespace

TEST(base64, matches_the_rfc_4648_vectors) {
    struct {
        std::vector<std::uint8_t> plain;
        const char* text;
    } const cases[] = {
        {bytes(""), ""},
        {bytes("f"), "Zg=="},
        {bytes("fo"), "Zm8="},
        {bytes("foo"), "Zm9v"},
        {bytes("foob"), "Zm9vYg=="},
        {bytes("fooba"), "Zm9vYmE="},
        {bytes("foobar"), "Zm9vYmFy"},
        {{0xff, 0xef, 0xfe}, "/+/+"},
        {{0, 0, 0, 0}, "AAAAAA=="},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(to_base64(c.plain), c.text);
        EXPECT_EQ(from_base64(c.text), c.plain) << c.text;
    }
}

TEST(base64, round_trips_each_byte_and_length) {
    std::vector<std::uint8_t> plain;
    for (int i = 0; i < 600; ++i) {
        EXPECT_EQ(from_base64(to_base64(plain)), plain);
        plain.push_back(static_cast<std::uint8_t>(i * 7));
    }
}

TEST(base64, rejects_invalid_text) {
    using namespace std::string_view_literals;
    for (const auto text : {"Z"sv, "Zg"sv, "Zg="sv, "Zg==="sv, "===="sv, "Z==="sv, "Zg==Zg=="sv, "Zm=v"sv, "Zm9-"sv,
                            "Zm 9"sv, "Zm9\n"sv, "Zm9\0"sv, "Zm9\xff"sv})
        EXPECT_EQ(from_base64(text), std::nullopt) << text;
}
