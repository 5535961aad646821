#include "hdr_counts_codec.hpp"

#include <loadsim/measure/histogram.hpp>

#include <gtest/gtest.h>

#include <limits>

using namespace loadsim;
using namespace loadsim::measure;

namespace {
using bytes = std::vector<std::uint8_t>;
using counts = std::vector<std::uint64_t>;
constexpr auto int64_lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto int64_highest = std::numeric_limits<std::int64_t>::max();

bytes zigzag(std::int64_t number) {
    bytes written;
    append_zigzag(written, number);
    return written;
}
} // namespace

TEST(zigzag, has_the_published_bytes) {
    struct {
        std::int64_t number;
        bytes written;
        const char* reason;
    } const cases[] = {
        {0, {0x00}, "nothing"},
        {1, {0x02}, "published"},
        {-1, {0x01}, "published"},
        {63, {0x7e}, "last of one byte"},
        {64, {0x80, 0x01}, "published; first of two"},
        {-64, {0x7f}, "last negative of one byte"},
        {-65, {0x81, 0x01}, "first negative of two"},
        {-998, {0xcb, 0x0f}, "published"},
        {-10168, {0xef, 0x9e, 0x01}, "published"},
        {int64_highest, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "the ninth byte carries 8 bits"},
        {int64_lowest, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "published: nine ff"},
        {std::int64_t{1} << 55, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, "first of nine"},
    };
    for (const auto& c : cases) EXPECT_EQ(zigzag(c.number), c.written) << c.reason;
}

TEST(hdr_counts_codec, encodes_runs_of_zeros_as_one_number_and_decodes_them) {
    counts far(11'170);
    far[1] = far[1000] = far[11'169] = 1;
    struct {
        counts plain;
        bytes written;
        const char* reason;
    } const cases[] = {
        {{5}, {0x0a}, "a count"},
        {{0, 1}, {0x00, 0x02}, "a single zero is 0"},
        {{0, 0, 1}, {0x03, 0x02}, "two are -2"},
        {{1, 0, 2, 0, 0, 0, 3}, {0x02, 0x00, 0x04, 0x05, 0x06}, "in between"},
        {{static_cast<std::uint64_t>(int64_highest)}, zigzag(int64_highest), "the largest count"},
        {far, {0x00, 0x02, 0xcb, 0x0f, 0x02, 0xef, 0x9e, 0x01, 0x02}, "published: {1, 1000, 1000000}"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(encode_hdr_counts(c.plain), c.written) << c.reason;
        const auto read = decode_hdr_counts(c.written);
        ASSERT_TRUE(read) << c.reason;
        EXPECT_EQ(*read, c.plain) << c.reason;
    }
    EXPECT_EQ(encode_hdr_counts({}), bytes{0x00});
}

TEST(hdr_counts_codec, decodes_a_single_zero_of_the_c_writer) {
    EXPECT_EQ(*decode_hdr_counts(bytes{0x01, 0x02, 0x01, 0x04}), (counts{0, 1, 0, 2}));
}

TEST(hdr_counts_codec, rejects_invalid_input) {
    const auto zeros = static_cast<std::int64_t>(histogram::index_count);
    auto too_many_zeros_in_two = zigzag(-zeros);
    too_many_zeros_in_two.push_back(0x02);
    auto sum_too_large = zigzag(int64_highest);
    sum_too_large.push_back(0x02);
    struct {
        bytes written;
        const char* says;
        const char* reason;
    } const cases[] = {
        {{0x80}, "middle of a number", "one byte, more promised"},
        {{0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "middle of a number", "eight bytes, a ninth promised"},
        {zigzag(-zeros - 1), "more than 36864 counts", "one zero too many"},
        {zigzag(int64_lowest), "more than 36864 counts", "the number that cannot be negated"},
        {too_many_zeros_in_two, "more than 36864 counts", "full, and one more"},
        {bytes(histogram::index_count + 1, 0x00), "more than 36864 counts", "single zeros"},
        {bytes(histogram::index_count + 1, 0x02), "more than 36864 counts", "ones"},
        {sum_too_large, "more than 2^63", "the sum would wrap"},
    };
    for (const auto& c : cases) {
        const auto read = decode_hdr_counts(c.written);
        ASSERT_FALSE(read) << c.reason;
        EXPECT_NE(to_string(read.error()).find(c.says), std::string::npos)
            << c.reason << ": " << to_string(read.error());
    }
    EXPECT_TRUE(decode_hdr_counts(zigzag(-zeros)));
    EXPECT_TRUE(decode_hdr_counts(zigzag(int64_highest)));
}
