// Text encodings: UTF-8, hex, base64, percent encoding, JSON strings, numbers, ISO 8601 time, text for one line, shell arguments.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim {

struct utf8_character {
    std::size_t length = 0; ///< bytes; 0: the text is empty or begins with invalid UTF-8
    std::uint32_t code_point = 0;
};
/// First character of a text. Invalid are overlong forms, surrogates and code points above U+10FFFF (RFC 3629).
utf8_character decode_utf8(std::string_view) noexcept;

/// Longest prefix of at most `max_bytes` that does not end within a character.
std::string_view utf8_prefix(std::string_view, std::size_t max_bytes);

/// The text without a leading byte order mark, which RFC 8259, 8.1 lets a reader of JSON ignore.
std::string_view without_byte_order_mark(std::string_view) noexcept;

/// Bytes before the first invalid UTF-8 or control character (C0, DEL, C1) that is not one of `allowed`.
std::size_t printable_length(std::string_view, std::string_view allowed = {});

/// Text that is safe for a terminal, on one line: invalid UTF-8 and control characters but those `allowed` become \xNN.
std::string escape_for_terminal(std::string_view, std::string_view allowed = {});

/// The first `max_bytes` for a message, with secrets masked, on one line: blanks instead of line breaks and tabs, then "..." if bytes are left out.
std::string excerpt(std::string_view, std::size_t max_bytes);

/// The argument quoted for a POSIX shell, if it needs quotes.
std::string shell_quote(std::string_view argument);

inline constexpr std::string_view hex_digits = "0123456789abcdef";
std::string to_hex(std::string_view bytes);    ///< lower case
std::string to_base64(std::string_view bytes); ///< RFC 4648, 4, with padding

/// Decode `text` from offset `from` to its end, in place. Hex: two digits per byte; blanks and line ends between bytes are
/// ignored. Base64 (RFC 4648, 4): with or without padding. False: invalid input; the content from `from` on is then unspecified.
bool decode_hex(std::string& text, std::size_t from = 0);
bool decode_base64(std::string& text, std::size_t from = 0);

/// Part of a URL or request, by the characters that it may contain unencoded.
enum class url_part : std::uint8_t {
    component, ///< unreserved characters (RFC 3986, 2.3)
    path,      ///< those of a path with several segments (RFC 3986, 3.3), '/' too
    target,    ///< all of printable ASCII, '%' too: a request target that is encoded already, perhaps incompletely
    form       ///< application/x-www-form-urlencoded; a blank becomes '+'
};
void append_percent_encoded(std::string_view, url_part, std::string& out);
std::string percent_encode(std::string_view, url_part);
/// Invalid percent encodings are kept; '+' is no blank.
std::string percent_decode(std::string_view);

/// Appends the shortest decimal text that reads back as the same number.
template <class Number>
void append_number(Number number, std::string& out) {
    std::array<char, 32> digits; // of 24 at most, for a double
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

/// Lower case of ASCII letters, whatever the locale.
constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// Equal but for the case of ASCII letters: names of headers (RFC 9110, 5.1), schemes of URLs (RFC 3986, 3.1).
bool equal_ignoring_case(std::string_view, std::string_view) noexcept;

/// The text without blanks, tabs and line ends at both ends.
std::string_view trimmed(std::string_view) noexcept;

/// Appends the content of a JSON string, escaped like Boost.JSON; invalid UTF-8 becomes U+FFFD.
void append_json_escaped(std::string_view, std::string& out);

enum class iso_format : std::uint8_t {
    basic,       ///< 20260131T235959Z
    seconds,     ///< 2026-01-31T23:59:59Z
    milliseconds ///< 2026-01-31T23:59:59.123Z
};
using wall_time = std::chrono::sys_time<std::chrono::microseconds>;
/// ISO 8601 in UTC; clamped to years 0000 to 9999. Fractions are cut off.
void append_iso_time(wall_time, iso_format, std::string& out);
std::string iso_time(std::chrono::system_clock::time_point, iso_format);
/// Time in one of these formats but the basic one; nullopt: anything else.
std::optional<wall_time> parse_iso_time(std::string_view);

} // namespace loadsim
