#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>

#include <boost/locale/utf.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace loadsim {
namespace {

constexpr std::int8_t no_digit = -1;

constexpr auto values_of(std::string_view digits) {
    std::array<std::int8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < digits.size(); ++i)
        values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
    return values;
}

constexpr auto base64_values = values_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
constexpr auto hex_values = [] {
    auto values = values_of(hex_digits);
    for (char c = 'A'; c <= 'F'; ++c) values[static_cast<std::size_t>(c)] = static_cast<std::int8_t>(c - 'A' + 10);
    return values;
}();

constexpr int value_in(const std::array<std::int8_t, 256>& values, char c) {
    return values[static_cast<unsigned char>(c)];
}

void append_hex(char c, std::string_view digits, std::string& out) {
    const auto byte = static_cast<unsigned char>(c);
    out.append({digits[byte >> 4], digits[byte & 15U]});
}

bool may_contain(url_part part, char c) {
    namespace urls = boost::urls;
    static constexpr auto path = urls::pchars + '/';
    static constexpr auto form = urls::unreserved_chars - '~' + '*';
    const auto byte = static_cast<unsigned char>(c);
    switch (part) {
    case url_part::component: break;
    case url_part::path: return path(byte);
    case url_part::target: return c > ' ' && c < '\x7f';
    case url_part::form: return form(byte);
    }
    return urls::unreserved_chars(byte);
}

bool needs_no_json_escape(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

} // namespace

utf8_character decode_utf8(std::string_view text) noexcept {
    namespace utf = boost::locale::utf;
    const auto* at = text.data();
    const auto code_point = utf::utf_traits<char>::decode(at, text.data() + text.size());
    if (code_point == utf::illegal || code_point == utf::incomplete) return {};
    return {static_cast<std::size_t>(at - text.data()), code_point};
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
    auto end = std::min(max_bytes, text.size());
    for (int i = 0; i < 3 && end > 0 && end < text.size(); ++i)
        if (boost::locale::utf::utf_traits<char>::is_trail(text[end])) --end;
    return text.substr(0, end);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view without_byte_order_mark(std::string_view text) noexcept {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    return text;
}

std::size_t printable_length(std::string_view text, std::string_view allowed) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = decode_utf8(text.substr(at));
        const bool is_control = c.code_point < 0x20 || (c.code_point >= 0x7f && c.code_point < 0xa0);
        if (c.length == 0 || (is_control && allowed.find(text[at]) == std::string_view::npos)) break;
        at += c.length;
    }
    return at;
}

std::string escape_for_terminal(std::string_view text, std::string_view allowed) {
    std::string out;
    for (;;) {
        const auto length = printable_length(text, allowed);
        out += text.substr(0, length);
        if (length == text.size()) return out;
        append_hex(text[length], hex_digits, out += "\\x");
        text.remove_prefix(length + 1);
    }
}

std::string excerpt(std::string_view text, std::size_t max_bytes) {
    const auto masked = mask_secrets(text, max_bytes + 1);
    std::string line(utf8_prefix(masked, max_bytes));
    const bool is_cut = line.size() < masked.size();
    std::ranges::replace_if(
        line, [](char c) { return c == '\t' || c == '\r' || c == '\n'; }, ' ');
    line = escape_for_terminal(line);
    return is_cut ? line + "..." : line;
}

std::string shell_quote(std::string_view argument) {
    const auto needs_no_quotes = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_./:=@%+,-").find(c) != std::string_view::npos;
    };
    if (!argument.empty() && std::ranges::all_of(argument, needs_no_quotes)) return std::string(argument);
    std::string text = "'";
    for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) append_hex(c, hex_digits, text);
    return text;
}

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '\0');
    // EVP_EncodeBlock appends a NUL, which fits the string's own terminator.
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    return text;
}

bool decode_hex(std::string& text, std::size_t from) {
    auto to = from;
    int high = no_digit;
    for (auto i = from; i < text.size(); ++i) {
        const char c = text[i];
        if (high == no_digit && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        const int digit = value_in(hex_values, c);
        if (digit == no_digit) return false;
        if (high != no_digit) text[to++] = static_cast<char>(high << 4 | digit);
        high = high == no_digit ? digit : no_digit;
    }
    text.resize(to);
    return high == no_digit;
}

// Not EVP_DecodeBlock: it reads '=' as zero and ignores blanks at both ends.
bool decode_base64(std::string& text, std::size_t from) {
    auto end = text.size();
    for (int padding = 0; padding < 2 && end > from && text[end - 1] == '='; ++padding) --end;
    if (end != text.size() && (text.size() - from) % 4 != 0) return false; // wrong padding length
    auto to = from;
    unsigned bits = 0;
    unsigned count = 0;
    for (auto i = from; i < end; ++i) {
        const int value = value_in(base64_values, text[i]);
        if (value == no_digit) return false;
        bits = bits << 6 | static_cast<unsigned>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        text[to++] = static_cast<char>(bits >> count & 0xffU);
    }
    text.resize(to);
    return count != 6; // one remaining character (6 bits) is less than a byte
}

void append_percent_encoded(std::string_view text, url_part part, std::string& out) {
    const auto is_allowed = [part](char c) { return may_contain(part, c); };
    for (;;) {
        const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_allowed) - text.begin());
        out += text.substr(0, plain);
        if (plain == text.size()) return;
        if (part == url_part::form && text[plain] == ' ')
            out += '+';
        else
            append_hex(text[plain], "0123456789ABCDEF", out += '%');
        text.remove_prefix(plain + 1);
    }
}

std::string percent_encode(std::string_view text, url_part part) {
    std::string out;
    append_percent_encoded(text, part, out);
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool has_digits = text[i] == '%' && text.size() - i > 2;
        const int high = has_digits ? value_in(hex_values, text[i + 1]) : no_digit;
        const int low = has_digits ? value_in(hex_values, text[i + 2]) : no_digit;
        const bool is_encoded = high != no_digit && low != no_digit;
        out += is_encoded ? static_cast<char>(high << 4 | low) : text[i];
        if (is_encoded) i += 2;
    }
    return out;
}

void append_json_escaped(std::string_view text, std::string& out) {
    constexpr std::string_view special = "\"\\\b\f\n\r\t";
    for (;;) {
        const auto plain =
            static_cast<std::size_t>(std::ranges::find_if_not(text, needs_no_json_escape) - text.begin());
        out += text.substr(0, plain);
        if (plain == text.size()) return;
        text.remove_prefix(plain);
        const auto c = decode_utf8(text);
        if (const auto at = special.find(text.front()); at != std::string_view::npos)
            out.append({'\\', "\"\\bfnrt"[at]});
        else if (c.length == 0)
            out += "\xef\xbf\xbd";
        else if (c.code_point < 0x20)
            append_hex(text.front(), hex_digits, out += "\\u00");
        else
            out += text.substr(0, c.length);
        text.remove_prefix(std::max<std::size_t>(c.length, 1));
    }
}

void append_iso_time(wall_time at, iso_format format, std::string& out) {
    using namespace std::chrono;
    constexpr wall_time first = sys_days{year{0} / 1 / 1};
    constexpr wall_time last = sys_days{year{10'000} / 1 / 1} - microseconds{1};
    at = std::clamp(at, first, last);
    const auto midnight = floor<days>(at);
    const year_month_day date{midnight};
    const hh_mm_ss time{floor<milliseconds>(at - midnight)};
    std::array<char, 24> text;
    auto* to = text.data();
    const auto put = [&](auto value, int width, char behind) {
        auto number = static_cast<unsigned>(value);
        for (int i = width - 1; i >= 0; --i, number /= 10) to[i] = static_cast<char>('0' + number % 10);
        to += width;
        if (format != iso_format::basic || (behind != '-' && behind != ':')) *to++ = behind;
    };
    put(static_cast<int>(date.year()), 4, '-');
    put(static_cast<unsigned>(date.month()), 2, '-');
    put(static_cast<unsigned>(date.day()), 2, 'T');
    put(time.hours().count(), 2, ':');
    put(time.minutes().count(), 2, ':');
    put(time.seconds().count(), 2, format == iso_format::milliseconds ? '.' : 'Z');
    if (format == iso_format::milliseconds) put(time.subseconds().count(), 3, 'Z');
    out.append(text.data(), to);
}

std::string iso_time(std::chrono::system_clock::time_point at, iso_format format) {
    std::string out;
    append_iso_time(std::chrono::floor<std::chrono::microseconds>(at), format, out);
    return out;
}

std::optional<wall_time> parse_iso_time(std::string_view text) {
    using namespace std::chrono;
    constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:dd.dddZ";
    const bool has_ms = text.size() == pattern.size();
    if (!has_ms && text.size() != pattern.size() - 4) return std::nullopt;
    std::array<int, 7> fields{}; // year to milliseconds
    std::size_t field = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char wanted = i + 1 == text.size() ? 'Z' : pattern[i];
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (wanted == 'd' ? !is_digit : text[i] != wanted) return std::nullopt;
        if (is_digit)
            fields[field] = 10 * fields[field] + (text[i] - '0');
        else if (wanted != 'Z')
            ++field;
    }
    const auto [y, m, d, hour, minute, second, ms] = fields;
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return sys_days(date) + hours{hour} + minutes{minute} + seconds{second} + milliseconds{ms};
}

} // namespace loadsim
