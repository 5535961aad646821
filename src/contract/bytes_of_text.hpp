// Bytes that were written as text: hex digits or base64.
#pragma once

#include <cstddef>
#include <string>

namespace loadsim::contract {

/// Turns all from `from` on into the bytes it stands for, in place. Hex: two digits each, blanks and line ends between them do
/// not count. Base64 (RFC 4648, 4): with padding or without. False: it is none; what the text holds
/// from there on is no longer of use.
bool decode_hex(std::string& text, std::size_t from);
bool decode_base64(std::string& text, std::size_t from);

} // namespace loadsim::contract
