#include <loadsim/measure/hdr_log.hpp>

#include "hdr_counts_codec.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace loadsim::measure {
namespace {

constexpr std::uint32_t packed_cookie = 0x1c849314;
constexpr std::uint32_t body_cookie = 0x1c849313;
constexpr std::size_t packed_header_size = 4 + 4;
constexpr std::size_t body_header_size = 4 + 4 + 4 + 4 + 8 + 8 + 8;
/// Highest value that a log names, for other tools: an hour, as is usual, or more if there are longer samples.
std::uint64_t highest_value_of(const histogram& h) {
    constexpr std::int64_t hour = 3'600'000'000;
    const bool longer = h.counts().size() > histogram::index_of(hour) + 1;
    return static_cast<std::uint64_t>(longer ? histogram::highest_us : hour);
}

/// A number has nine bytes at most. A larger body cannot be a histogram of our layout and is not unpacked.
constexpr std::size_t max_body_size = body_header_size + 9 * histogram::index_count;
/// Upper bound for the base64 text of the largest incompressible body.
constexpr std::size_t max_text_size = 2 * max_body_size;

template <std::unsigned_integral Word>
void append_big_endian(std::vector<std::uint8_t>& bytes, Word word) {
    for (int shift = 8 * (static_cast<int>(sizeof word) - 1); shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(word >> shift));
}

template <std::unsigned_integral Word>
Word read_big_endian(std::span<const std::uint8_t>& bytes) { // the caller has checked that there are enough
    Word word = 0;
    for (std::size_t i = 0; i < sizeof word; ++i) word = static_cast<Word>((word << 8) | bytes[i]);
    bytes = bytes.subspan(sizeof word);
    return word;
}

std::vector<std::uint8_t> encode_body(const histogram& h) {
    const auto counts = encode_hdr_counts(h.counts());
    std::vector<std::uint8_t> body;
    body.reserve(body_header_size + counts.size());
    append_big_endian(body, body_cookie);
    append_big_endian(body, static_cast<std::uint32_t>(counts.size()));
    append_big_endian(body, std::uint32_t{0}); // index offset
    append_big_endian(body, static_cast<std::uint32_t>(histogram::digits));
    append_big_endian(body, static_cast<std::uint64_t>(histogram::lowest_us));
    append_big_endian(body, highest_value_of(h));
    append_big_endian(body, std::bit_cast<std::uint64_t>(1.0)); // ratio of integers to doubles
    body.insert(body.end(), counts.begin(), counts.end());
    return body;
}

problems decode_error(std::string text) { return problems{"", std::move(text)}; }

result<std::vector<std::uint8_t>> unpack(std::span<const std::uint8_t> packed) {
    if (packed.size() < packed_header_size) return decode_error("the text is too short for a packed histogram");
    if (const auto cookie = read_big_endian<std::uint32_t>(packed); cookie != packed_cookie)
        return decode_error(fmt::format("this is not a packed V2 histogram: it begins with {:08x} instead of {:08x}",
                                        cookie, packed_cookie));
    if (const auto length = read_big_endian<std::uint32_t>(packed); length != packed.size())
        return decode_error(
            fmt::format("the histogram says that {} packed bytes follow, and there are {}", length, packed.size()));
    // Not cleared: that would take most of the time for a log of hours.
    const auto body = std::make_unique_for_overwrite<std::uint8_t[]>(max_body_size);
    uLongf unpacked = max_body_size;
    uLong used = packed.size();
    switch (uncompress2(body.get(), &unpacked, packed.data(), &used)) {
    case Z_OK: break;
    case Z_BUF_ERROR:
        return decode_error("the histogram unpacks to more than one of 366 days in microseconds can have");
    case Z_MEM_ERROR: return decode_error("there is no memory to unpack the histogram");
    default: return decode_error("the histogram's zlib stream is damaged or cut off");
    }
    if (used != packed.size()) return decode_error("bytes follow the histogram's zlib stream");
    return std::vector<std::uint8_t>(body.get(), body.get() + unpacked);
}

/// A field of seconds; nullopt: no number, or not the span of a run.
std::optional<nanoseconds> parse_log_seconds(std::string_view field) {
    constexpr double longest_s = 1e9;
    double s{};
    const auto end = field.data() + field.size();
    const auto [stopped, error] = std::from_chars(field.data(), end, s);
    if (error != std::errc{} || stopped != end || !(std::abs(s) < longest_s)) return std::nullopt;
    return nanoseconds{std::llround(s * 1e9)};
}

} // namespace

std::string encode_v2(const histogram& h) {
    const auto body = encode_body(h);
    std::vector<std::uint8_t> zipped(compressBound(body.size()));
    uLongf length = zipped.size();
    // The buffer has the maximum size, so that only a memory error is left.
    if (compress(zipped.data(), &length, body.data(), body.size()) != Z_OK) throw std::bad_alloc{};
    std::vector<std::uint8_t> packed;
    packed.reserve(packed_header_size + length);
    append_big_endian(packed, packed_cookie);
    append_big_endian(packed, static_cast<std::uint32_t>(length));
    packed.insert(packed.end(), zipped.begin(), zipped.begin() + static_cast<std::ptrdiff_t>(length));
    return to_base64({reinterpret_cast<const char*>(packed.data()), packed.size()});
}

result<histogram> decode_v2(std::string_view base64) {
    if (base64.size() > max_text_size) return decode_error("the text is longer than a histogram of 366 days can be");
    std::string packed(base64);
    if (packed.size() % 4 != 0 || !decode_base64(packed)) return decode_error("the histogram is not valid base64");
    const auto body = unpack({reinterpret_cast<const std::uint8_t*>(packed.data()), packed.size()});
    if (!body) return body.error();

    std::span<const std::uint8_t> rest{*body};
    if (rest.size() < body_header_size) return decode_error("the histogram's head is cut off");
    if (const auto cookie = read_big_endian<std::uint32_t>(rest); cookie != body_cookie)
        return decode_error(fmt::format("this is not a V2 histogram: its body begins with {:08x} instead of {:08x}",
                                        cookie, body_cookie));
    const auto counts_length = read_big_endian<std::uint32_t>(rest);
    // Not checked: the JavaScript writer sets 1, and only the Java reader uses this field.
    read_big_endian<std::uint32_t>(rest);
    if (const auto kept = read_big_endian<std::uint32_t>(rest); kept != histogram::digits)
        return decode_error(
            fmt::format("the histogram has {} significant digits, and only {} can be read", kept, histogram::digits));
    if (const auto lowest = read_big_endian<std::uint64_t>(rest); lowest != histogram::lowest_us)
        return decode_error(
            fmt::format("the histogram's lowest value is {}, and only {} can be read", lowest, histogram::lowest_us));
    read_big_endian<std::uint64_t>(rest); // highest value: has no influence on buckets or counts
    read_big_endian<std::uint64_t>(rest); // ratio: not checked either
    if (counts_length != rest.size())
        return decode_error(fmt::format("the histogram says that {} bytes of counts follow, and there are {}",
                                        counts_length, rest.size()));
    auto counts = decode_hdr_counts(rest);
    if (!counts) return counts.error();
    return histogram::from_counts(std::move(*counts));
}

std::string hdr_log_header(std::chrono::system_clock::time_point start) {
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(start.time_since_epoch());
    return fmt::format("#[Histogram log format version 1.3]\n"
                       "#[Values in microseconds; Interval_Max in milliseconds]\n"
                       "#[StartTime: {:.3f} (seconds since epoch), {}]\n"
                       "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
                       static_cast<double>(millis.count()) / 1000, iso_time(start, iso_format::seconds));
}

std::string hdr_log_line(std::string_view tag, nanoseconds start, nanoseconds length, const histogram& h) {
    std::string field;
    if (!tag.empty()) {
        field = fmt::format("Tag={},", tag);
        std::replace_if(
            field.begin(), field.end() - 1, [](char c) { return c == ',' || static_cast<unsigned char>(c) <= ' '; },
            '_');
    }
    return fmt::format("{}{:.3f},{:.3f},{:.3f},{}\n", field, seconds(start), seconds(length), milliseconds(h.max()),
                       encode_v2(h));
}

result<std::optional<hdr_log_interval>> parse_hdr_log_line(std::string_view line) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == '"') return std::optional<hdr_log_interval>{};
    hdr_log_interval interval;
    constexpr std::string_view tag = "Tag=";
    const auto next_field = [&line] {
        const auto field = line.substr(0, line.find(','));
        line.remove_prefix(std::min(line.size(), field.size() + 1));
        return field;
    };
    if (line.starts_with(tag)) interval.tag = next_field().substr(tag.size());
    const auto start = parse_log_seconds(next_field());
    const auto length = parse_log_seconds(next_field());
    if (!start || !length) return decode_error("the line does not begin with the seconds of an interval");
    interval.start = *start;
    interval.length = *length;
    next_field(); // the maximum, which the histogram holds, too
    auto samples = decode_v2(line);
    if (!samples) return samples.error();
    interval.samples = std::move(*samples);
    return std::optional{std::move(interval)};
}

} // namespace loadsim::measure
