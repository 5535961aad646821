// Hash functions: cryptographic ones, over OpenSSL, and a fast one for contents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim {

enum class hash_function : std::uint8_t { sha1, sha256, sha512 };

// Results are bytes: 20, 32 or 64.
std::string hash(hash_function, std::string_view);
std::string hmac(hash_function, std::string_view key, std::string_view text); ///< RFC 2104

/// 64 bits that differ for different contents, but for one of 2^64; never 0. Not safe against contents that are made to collide.
/// The same on every machine of one byte order. Some 0.4 ns a byte.
std::uint64_t content_hash(std::string_view) noexcept;

/// Constant-time comparison: its duration does not depend on the texts' content.
bool constant_time_equal(std::string_view, std::string_view);

} // namespace loadsim
