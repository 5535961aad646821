#include "hdr_counts_codec.hpp"

#include <loadsim/measure/histogram.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace loadsim::measure {
namespace {

constexpr int last_byte = 8; // a number has bytes 0 to 8 at most

std::optional<std::int64_t> read_zigzag(std::span<const std::uint8_t>& bytes) {
    std::uint64_t bits = 0;
    for (int i = 0; i <= last_byte; ++i) {
        if (bytes.empty()) return std::nullopt;
        const std::uint64_t byte = bytes.front();
        bytes = bytes.subspan(1);
        const bool more = i < last_byte && (byte & 0x80) != 0;
        bits |= (more ? byte & 0x7f : byte) << (7 * i);
        if (!more) break;
    }
    return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

} // namespace

void append_zigzag(std::vector<std::uint8_t>& bytes, std::int64_t number) {
    auto bits = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
    for (int i = 0; i < last_byte && bits >= 0x80; ++i, bits >>= 7)
        bytes.push_back(static_cast<std::uint8_t>(0x80 | (bits & 0x7f)));
    bytes.push_back(static_cast<std::uint8_t>(bits));
}

std::vector<std::uint8_t> encode_hdr_counts(std::span<const std::uint64_t> counts) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < counts.size();) {
        std::size_t zeros = 0;
        while (i + zeros < counts.size() && counts[i + zeros] == 0) ++zeros;
        append_zigzag(bytes, zeros > 1 ? -static_cast<std::int64_t>(zeros) : static_cast<std::int64_t>(counts[i]));
        i += zeros > 1 ? zeros : 1;
    }
    if (counts.empty()) append_zigzag(bytes, 0); // readers expect the count of the value 0
    return bytes;
}

result<std::vector<std::uint64_t>> decode_hdr_counts(std::span<const std::uint8_t> bytes) {
    std::vector<std::uint64_t> counts;
    std::uint64_t sum = 0;
    while (!bytes.empty()) {
        const auto number = read_zigzag(bytes);
        if (!number) return problems{"", "the histogram's counts end in the middle of a number"};
        // Negated as unsigned: the most negative number has no positive one.
        const auto zeros = *number < 0 ? ~static_cast<std::uint64_t>(*number) + 1 : 0;
        if (std::max<std::uint64_t>(zeros, 1) > histogram::index_count - counts.size())
            return problems{"",
                            fmt::format("the histogram has more than {} counts: values above 366 days, or in another "
                                        "unit than microseconds",
                                        histogram::index_count)};
        if (zeros != 0) {
            counts.resize(counts.size() + zeros);
            continue;
        }
        const auto count = static_cast<std::uint64_t>(*number);
        if (count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - sum)
            return problems{"", "the histogram's counts add up to more than 2^63"};
        sum += count;
        counts.push_back(count);
    }
    return counts;
}

} // namespace loadsim::measure
