// Codec for the counts of an HdrHistogram V2 body: ZigZag LEB128-64b9B, runs of zeros as one negative number.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace loadsim::measure {

/// Appends one number: 7 bits a byte, low first, the top bit means "more"; the ninth byte holds 8 bits and is the last.
void append_zigzag(std::vector<std::uint8_t>& bytes, std::int64_t);

/// Encodes a run of k > 1 zeros as -k and a single zero as 0, like the Java writer; an empty list as one zero.
std::vector<std::uint8_t> encode_hdr_counts(std::span<const std::uint64_t> counts);

/// Decodes the counts; a single zero may also be -1, as the C writer encodes it.
/// Errors: a truncated number, more than histogram::index_count counts, a sum beyond 63 bits.
result<std::vector<std::uint64_t>> decode_hdr_counts(std::span<const std::uint8_t>);

} // namespace loadsim::measure
