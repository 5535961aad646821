// Hash functions and encodings for authenticators.
#pragma once

#include <string>
#include <string_view>

namespace loadsim::driver {

std::string sha256(std::string_view);                                 ///< 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view text); ///< 32 bytes (RFC 2104)
std::string hex(std::string_view bytes);                              ///< lower case
std::string base64(std::string_view bytes);                           ///< RFC 4648, 4

} // namespace loadsim::driver
