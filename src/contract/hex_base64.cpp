#include "hex_base64.hpp"

namespace loadsim::contract {
namespace {

constexpr int none = -1;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return none;
}

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : none;
}

} // namespace

bool decode_hex(std::string& text, std::size_t from) {
    auto to = from;
    int high = none;
    for (auto i = from; i < text.size(); ++i) {
        const char c = text[i];
        if (high == none && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        const int digit = hex_value(c);
        if (digit == none) return false;
        if (high == none) {
            high = digit;
        } else {
            text[to++] = static_cast<char>(high << 4 | digit);
            high = none;
        }
    }
    text.resize(to);
    return high == none;
}

bool decode_base64(std::string& text, std::size_t from) {
    auto end = text.size();
    for (int padding = 0; padding < 2 && end > from && text[end - 1] == '='; ++padding) --end;
    if (end != text.size() && (text.size() - from) % 4 != 0) return false; // wrong padding length
    auto to = from;
    unsigned bits = 0;
    unsigned count = 0;
    for (auto i = from; i < end; ++i) {
        const int value = base64_value(text[i]);
        if (value == none) return false;
        bits = bits << 6 | static_cast<unsigned>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        text[to++] = static_cast<char>(bits >> count & 0xffU);
    }
    text.resize(to);
    return count != 6; // one remaining character (6 bits) is less than a byte
}

} // namespace loadsim::contract
