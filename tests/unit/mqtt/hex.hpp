// Conversion between bytes and the hex notation of the specification.
#pragma once

#include <loadsim/mqtt/packet.hpp>

#include <string>
#include <string_view>

namespace loadsim::mqtt {

/// "10 0C 00 04 'MQTT' 05": hex pairs, and text between quotes. Spaces are ignored.
inline bytes hex(std::string_view text) {
    bytes out;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
        } else if (text[i] == '\'') {
            for (++i; text[i] != '\''; ++i) out.push_back(static_cast<std::uint8_t>(text[i]));
            ++i;
        } else {
            out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
            i += 2;
        }
    }
    return out;
}

inline std::string to_hex(byte_view b) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const auto byte : b) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
        out += ' ';
    }
    if (!out.empty()) out.pop_back();
    return out;
}
inline std::string to_hex(std::string_view quoted_hex) { return to_hex(hex(quoted_hex)); }

inline bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

} // namespace loadsim::mqtt
