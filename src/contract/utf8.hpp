// UTF-8 character length.
#pragma once

#include <cstddef>
#include <string_view>

namespace loadsim::contract {

/// Length in bytes of the well-formed character (Unicode 15, table 3-7) at the start of `text`; 0: none.
constexpr std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
    const auto first = byte(0);
    if (text.empty()) return 0;
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    if (first < 0xe0) return follows(1) ? 2 : 0;
    // Excludes overlong forms, surrogates and code points above U+10FFFF.
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least || byte(1) > most || !follows(2)) return 0;
    if (first < 0xf0) return 3;
    return follows(3) ? 4 : 0;
}

} // namespace loadsim::contract
