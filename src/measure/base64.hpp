// Base64 (RFC 4648, padded), the text encoding of a packed histogram.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::measure {

std::string to_base64(std::span<const std::uint8_t>);

/// nullopt: invalid character, wrong padding, or a length that is no multiple of 4.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view);

} // namespace loadsim::measure
