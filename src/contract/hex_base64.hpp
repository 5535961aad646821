// In-place decoders for hex and base64.
#pragma once

#include <cstddef>
#include <string>

namespace loadsim::contract {

/// Decode `text` from offset `from` to its end, in place. Hex: two digits per byte; blanks and line ends between bytes are
/// ignored. Base64 (RFC 4648, 4): with or without padding. False: invalid input; the content from `from` on is then unspecified.
bool decode_hex(std::string& text, std::size_t from);
bool decode_base64(std::string& text, std::size_t from);

} // namespace loadsim::contract
