// The counts of an HdrHistogram V2 body: zigzag numbers in LEB128-64b9B, runs of zeros as one negative number.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace loadsim::measure {

/// Appends one number: 7 bits a byte, low first, the top bit says "more"; a ninth byte holds 8 bits and ends it.
void put_zigzag(std::vector<std::uint8_t>& bytes, std::int64_t);

/// A run of k > 1 zeros becomes -k, a single zero 0, as Java's writer does it. No counts at all: one zero.
std::vector<std::uint8_t> put_counts(std::span<const std::uint64_t> counts);

/// Reads them back; a single zero may also be -1, as the C writer does it.
/// Errors: a number cut off, more than histogram::index_count counts, a sum beyond 63 bits.
result<std::vector<std::uint64_t>> take_counts(std::span<const std::uint8_t>);

} // namespace loadsim::measure
