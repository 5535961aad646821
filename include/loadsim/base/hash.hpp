// Cryptographic hash functions, over OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim {

enum class hash_function : std::uint8_t { sha1, sha256, sha512 };

// Results are bytes: 20, 32 or 64.
std::string hash(hash_function, std::string_view);
std::string hmac(hash_function, std::string_view key, std::string_view text); ///< RFC 2104

/// Constant-time comparison: its duration does not depend on the texts' content.
bool constant_time_equal(std::string_view, std::string_view);

} // namespace loadsim
