#include "hdr_counts_codec.hpp"
#include "sample_histograms.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/measure/hdr_log.hpp>

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

using bytes = std::vector<std::uint8_t>;

void put(bytes& out, std::uint64_t word, int width) {
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(word >> shift));
}

bytes zipped(const bytes& plain) {
    bytes out(compressBound(plain.size()));
    uLongf length = out.size();
    compress(out.data(), &length, plain.data(), plain.size());
    out.resize(length);
    return out;
}

std::string packed(const bytes& zlib_stream, std::uint64_t cookie = 0x1c849314, std::ptrdiff_t lie = 0) {
    bytes out;
    put(out, cookie, 4);
    put(out, static_cast<std::uint64_t>(static_cast<std::ptrdiff_t>(zlib_stream.size()) + lie), 4);
    out.insert(out.end(), zlib_stream.begin(), zlib_stream.end());
    return to_base64({reinterpret_cast<const char*>(out.data()), out.size()});
}

/// V2 body field by field, independent of the encoder, so that encoder errors are detected.
struct body {
    std::uint64_t cookie = 0x1c849313, offset = 0, digits = 3, lowest = 1, highest = 3'600'000'000;
    std::uint64_t ratio = 0x3ff0000000000000; // 1.0
    bytes counts{0x00, 0x02, 0xcb, 0x0f, 0x02, 0xef, 0x9e, 0x01, 0x02};
    std::int64_t lie = 0;

    bytes written() const {
        bytes out;
        put(out, cookie, 4);
        put(out, static_cast<std::uint64_t>(static_cast<std::int64_t>(counts.size()) + lie), 4);
        put(out, offset, 4);
        put(out, digits, 4);
        put(out, lowest, 8);
        put(out, highest, 8);
        put(out, ratio, 8);
        out.insert(out.end(), counts.begin(), counts.end());
        return out;
    }
    std::string text() const { return packed(zipped(written())); }
};

const histogram golden = recorded({1, 1000, 1'000'000});

std::string refusal(std::string_view text) {
    const auto read = decode_v2(text);
    return read ? "read" : to_string(read.error());
}

} // namespace

TEST(hdr_v2, has_the_published_bytes) {
    EXPECT_EQ(encode_hdr_counts(golden.counts()), body{}.counts);
    EXPECT_EQ(encode_hdr_counts(histogram{}.counts()), bytes{0x00});

    const auto text = encode_v2(golden);
    EXPECT_TRUE(text.starts_with("HISTFAAA")) << text;
    auto decoded = text;
    ASSERT_TRUE(decode_base64(decoded));
    const bytes all(decoded.begin(), decoded.end());
    bytes head;
    put(head, 0x1c849314, 4);
    put(head, all.size() - 8, 4);
    EXPECT_TRUE(std::equal(head.begin(), head.end(), all.begin()));
    bytes unpacked(1000);
    uLongf length = unpacked.size();
    ASSERT_EQ(uncompress(unpacked.data(), &length, all.data() + 8, all.size() - 8), Z_OK);
    unpacked.resize(length);
    EXPECT_EQ(unpacked, body{}.written());
}

TEST(hdr_v2, round_trips) {
    for (const auto& [tag, h] : sample_log()) EXPECT_EQ(*decode_v2(encode_v2(h)), h) << tag;
    histogram full; // every bucket in use, with incompressible counts: the maximum size
    for (std::size_t i = 0; i <= histogram::index_of(histogram::highest_us); ++i)
        full.record(std::chrono::microseconds{histogram::value_at(i)},
                    random_bits(1, stream_id::behaviour, 0, i) >> 16);
    EXPECT_EQ(*decode_v2(encode_v2(full)), full);
}

TEST(hdr_v2, names_a_highest_value_above_its_samples) {
    const auto highest_of = [](const histogram& h) {
        auto decoded = encode_v2(h);
        EXPECT_TRUE(decode_base64(decoded));
        const bytes all(decoded.begin(), decoded.end());
        bytes unpacked(1000);
        uLongf length = unpacked.size();
        EXPECT_EQ(uncompress(unpacked.data(), &length, all.data() + 8, all.size() - 8), Z_OK);
        std::int64_t highest = 0;
        for (std::size_t i = 24; i < 32; ++i) highest = highest << 8 | unpacked[i];
        return highest;
    };
    histogram longer;
    longer.record(2h);
    EXPECT_EQ(highest_of(golden), 3'600'000'000);
    EXPECT_EQ(highest_of(longer), histogram::highest_us);
    EXPECT_EQ(*decode_v2(encode_v2(longer)), longer);
}

TEST(hdr_v2, accepts_values_of_other_writers_in_unused_fields) {
    for (const auto& b :
         {body{}, body{.offset = 1, .ratio = 1}, body{.highest = 60'000'000}, body{.highest = 86'400'000'000}})
        EXPECT_EQ(*decode_v2(b.text()), golden);
    EXPECT_EQ(*decode_v2(body{.counts = {0x01, 0x02}}.text()), recorded({1})) << "a single zero as -1";
    EXPECT_EQ(*decode_v2(body{.counts = {}}.text()), histogram{}) << "no counts";
}

TEST(hdr_v2, rejects_hostile_input_with_a_sentence) {
    const auto good = zipped(body{}.written());
    const bytes cut(good.begin(), good.end() - 3);
    auto damaged = good;
    damaged[damaged.size() / 2] ^= 0x55;
    auto trailed = good;
    trailed.push_back(0);
    const auto whole = body{}.written();
    const bytes headless(whole.begin(), whole.begin() + 39);
    struct {
        std::string text;
        const char* says;
        const char* reason;
    } const cases[] = {
        {"", "too short", "nothing"},
        {"HISTFAAA", "too short", "six bytes"},
        {"HIST!AAA", "not valid base64", "a character that is none"},
        {body{}.text() + "A", "not valid base64", "a length that is none"},
        {std::string(4'000'000, 'A'), "longer than", "megabytes"},
        {packed(good, 0x1c849304), "begins with 1c849304", "another cookie"},
        {packed(good, 0x1c849314, 1), "there are", "fewer bytes than promised"},
        {packed(good, 0x1c849314, -1), "there are", "more bytes than promised"},
        {packed(good, 0x1c849314, 0x7fffffff), "there are", "two gigabytes promised"},
        {packed(cut), "damaged or cut off", "zlib stream cut off"},
        {packed(damaged), "damaged or cut off", "zlib stream damaged"},
        {packed({}), "damaged or cut off", "no zlib stream"},
        {packed(trailed), "bytes follow", "zlib stream followed"},
        {packed(zipped(bytes(50'000'000))), "unpacks to more", "a bomb: 50 MB of zeros"},
        {packed(zipped(headless)), "head is cut off", "a byte short of a head"},
        {packed(zipped({})), "head is cut off", "an empty body"},
        {body{.cookie = 0x1c849303}.text(), "its body begins with 1c849303", "another body cookie"},
        {body{.digits = 2}.text(), "2 significant digits", "other digits"},
        {body{.lowest = 1000}.text(), "lowest value is 1000", "another unit"},
        {body{.lowest = 0}.text(), "lowest value is 0", "no unit"},
        {body{.lie = 1}.text(), "10 bytes of counts", "fewer counts than promised"},
        {body{.lie = -1}.text(), "8 bytes of counts", "more counts than promised"},
        {body{.lie = 0x7ffffff0}.text(), "bytes of counts", "two gigabytes of counts promised"},
        {body{.counts = {0x80}}.text(), "middle of a number", "a number cut off"},
        {body{.counts = bytes(9, 0xff)}.text(), "more than 36864 counts", "2^63 zeros"},
    };
    for (const auto& c : cases)
        EXPECT_NE(refusal(c.text).find(c.says), std::string::npos) << c.reason << ": " << refusal(c.text);
}

TEST(hdr_v2, survives_any_single_damaged_character) {
    const auto text = encode_v2(golden);
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char c : {'A', '/', '=', '\0'}) {
            auto damaged = text;
            damaged[i] = c;
            if (const auto read = decode_v2(damaged)) {
                EXPECT_EQ(*read, golden) << i; // anything else fails zlib's checksum
            }
        }
        EXPECT_FALSE(decode_v2(std::string_view{text}.substr(0, i))) << i;
    }
}

TEST(hdr_log, has_the_header_of_format_1_3) {
    EXPECT_EQ(hdr_log_header(std::chrono::system_clock::time_point{1'767'225'600'123ms}),
              "#[Histogram log format version 1.3]\n"
              "#[Values in microseconds; Interval_Max in milliseconds]\n"
              "#[StartTime: 1767225600.123 (seconds since epoch), 2026-01-01T00:00:00Z]\n"
              "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
}

TEST(hdr_log, has_a_line_for_an_interval) {
    const auto text = encode_v2(golden);
    struct {
        const char* tag;
        nanoseconds start, length;
        std::string line;
        const char* reason;
    } const cases[] = {
        {"e2e", 3s, 1s, "Tag=e2e,3.000,1.000,1000.447," + text + "\n", "tagged; 1000447 us ends the bucket of 1000000"},
        {"", 1500ms, 999'600us, "1.500,1.000,1000.447," + text + "\n", "no tag, rounded"},
        {"a b,c\nd", 0s, 10s, "Tag=a_b_c_d,0.000,10.000,1000.447," + text + "\n", "what a tag cannot hold"},
    };
    for (const auto& c : cases) EXPECT_EQ(hdr_log_line(c.tag, c.start, c.length, golden), c.line) << c.reason;
}

TEST(hdr_log, is_read_back_line_by_line) {
    const auto read = parse_hdr_log_line(hdr_log_line("e2e", 1500ms, 1s, golden));
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->tag, "e2e");
    EXPECT_EQ((*read)->start, 1500ms);
    EXPECT_EQ((*read)->length, 1s);
    EXPECT_EQ((*read)->samples, golden);
    EXPECT_EQ((*parse_hdr_log_line(hdr_log_line("", 0s, 1s, golden)))->tag, "");
    for (const auto* no_interval : {"", "\n", "#[StartTime: 1]", "\"StartTimestamp\",\"Interval_Length\""}) {
        const auto read_line = parse_hdr_log_line(no_interval);
        EXPECT_TRUE(read_line && !*read_line) << no_interval;
    }
    const auto whole = hdr_log_line("e2e", 1s, 1s, golden);
    for (const auto& damaged :
         {whole.substr(0, whole.size() / 2), std::string("Tag=e2e"), std::string("Tag=e2e,nan,1,1,"),
          std::string("1.0,x,1,HISTFAAA"), std::string("1e99,1,1,HISTFAAA")})
        EXPECT_FALSE(parse_hdr_log_line(damaged)) << damaged;
}
