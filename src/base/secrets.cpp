#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>

#include <boost/locale/utf.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <iterator>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace loadsim {
namespace {

constexpr int max_depth = 3; ///< encodings of encodings: JSON within JSON within a URL

/// Decoded start of a text: a byte, or a character of JSON's \uXXXX.
struct decoded_unit {
    std::string bytes;       ///< empty: the text has ended
    std::size_t in_text = 0; ///< bytes of the text
};

decoded_unit read_unit(std::string_view text, int depth);

/// Number of so many hex digits behind the first `at` bytes, which grow by the digits.
std::optional<std::uint32_t> read_hex(std::string_view text, std::size_t& at, int digits, int depth) {
    std::uint32_t number = 0;
    for (auto end = at; digits > 0; --digits) {
        const auto digit = read_unit(text.substr(end), depth);
        std::uint32_t value = 0;
        const auto* last = digit.bytes.data() + digit.bytes.size();
        const auto [parsed, error] = std::from_chars(digit.bytes.data(), last, value, 16);
        if (error != std::errc{} || parsed != last) return std::nullopt;
        number = number << 4U | value;
        end += digit.in_text;
        if (digits == 1) at = end;
    }
    return number;
}

std::string utf8_of(std::uint32_t code_point) {
    std::string bytes;
    if (code_point <= 0x10ffff) boost::locale::utf::utf_traits<char>::encode(code_point, std::back_inserter(bytes));
    return bytes;
}

/// \uXXXX of JSON, or a surrogate pair of them; `at`: behind the 'u'.
std::optional<decoded_unit> read_code_point(std::string_view text, std::size_t at, int depth) {
    auto code = read_hex(text, at, 4, depth);
    if (!code) return std::nullopt;
    if ((*code & 0xfc00U) == 0xd800U) {
        auto end = at;
        for (const char c : {'\\', 'u'}) {
            const auto next = read_unit(text.substr(end), depth);
            if (next.bytes != std::string_view(&c, 1)) return decoded_unit{utf8_of(*code), at};
            end += next.in_text;
        }
        const auto low = read_hex(text, end, 4, depth);
        if (low && (*low & 0xfc00U) == 0xdc00U)
            return decoded_unit{utf8_of(0x10000U + ((*code & 0x3ffU) << 10U) + (*low & 0x3ffU)), end};
    }
    return decoded_unit{utf8_of(*code), at};
}

/// An escape of which the first character was read; nullopt: it is none.
std::optional<decoded_unit> read_escape(std::string_view text, const decoded_unit& first, int depth) {
    auto at = first.in_text;
    if (first.bytes == "%") {
        const auto byte = read_hex(text, at, 2, depth);
        return byte ? std::optional(decoded_unit{std::string(1, static_cast<char>(*byte)), at}) : std::nullopt;
    }
    if (first.bytes == "'") {
        for (const std::string_view quote : {"'\\''", "''"}) // of a shell, of YAML
            if (text.starts_with(quote)) return decoded_unit{"'", quote.size()};
        return std::nullopt;
    }
    if (first.bytes != "\\") return std::nullopt;
    const auto next = read_unit(text.substr(at), depth);
    at += next.in_text;
    if (next.bytes == "u") return read_code_point(text, at, depth);
    if (next.bytes == "x") {
        const auto byte = read_hex(text, at, 2, depth);
        return byte ? std::optional(decoded_unit{std::string(1, static_cast<char>(*byte)), at}) : std::nullopt;
    }
    constexpr std::string_view letters = "bfnrt\"\\/";
    constexpr std::string_view meanings = "\b\f\n\r\t\"\\/";
    const auto letter = next.bytes.size() == 1 ? letters.find(next.bytes.front()) : std::string_view::npos;
    if (letter == std::string_view::npos) return std::nullopt;
    return decoded_unit{std::string(1, meanings[letter]), at};
}

/// The first unit of a text that is encoded up to `depth` times.
decoded_unit read_unit(std::string_view text, int depth) {
    if (text.empty()) return {};
    if (depth == 0) return {std::string(1, text.front()), 1};
    auto first = read_unit(text, depth - 1);
    auto escape = read_escape(text, first, depth - 1);
    return escape ? std::move(*escape) : std::move(first);
}

/// Length of the secret at the start of the text that is encoded up to `depth` times; 0: it is not there.
std::size_t match_length(std::string_view text, std::string_view secret, int depth) {
    std::size_t at = 0;
    while (!secret.empty()) {
        decoded_unit found;
        for (int d = depth; d >= 0 && found.in_text == 0; --d) {
            auto read = read_unit(text.substr(at), d);
            if (read.bytes.empty()) break;
            const bool is_blank = d > 0 && read.bytes == "+" && secret.front() == ' ';
            if (is_blank || secret.starts_with(read.bytes)) found = std::move(read);
        }
        if (found.in_text == 0) return 0;
        at += found.in_text;
        secret.remove_prefix(found.bytes.size());
    }
    return at;
}

/// Base64 characters that depend on the value alone, in a text that has it behind `before` bytes (modulo 3).
std::string base64_core(std::string_view value, std::size_t before) {
    const auto text = to_base64(std::string(before, '\0').append(value));
    const auto begin = (before * 8 + 5) / 6;
    const auto end = (before + value.size()) * 8 / 6;
    return text.substr(begin, end - begin);
}

struct secret_registry {
    std::shared_mutex mutex;
    secret_masker masker;
    std::atomic<bool> has_any = false;
};

secret_registry& registry() {
    static secret_registry all;
    return all;
}

} // namespace

void secret_masker::add(std::string_view value) {
    if (value.size() < min_secret_length) return;
    add_form(std::string(value));
    auto hex = to_hex(value);
    add_form(hex);
    std::ranges::transform(hex, hex.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    add_form(std::move(hex));
    for (auto& base64 : {to_base64(value), base64_core(value, 0), base64_core(value, 1), base64_core(value, 2)}) {
        auto for_url = base64; // RFC 4648, 5
        std::ranges::replace(for_url, '+', '-');
        std::ranges::replace(for_url, '/', '_');
        add_form(base64);
        add_form(std::move(for_url));
    }
}

void secret_masker::add_form(std::string form) {
    if (form.size() < min_secret_length || std::ranges::find(forms_, form) != forms_.end()) return;
    first_byte_[static_cast<unsigned char>(form.front())].push_back(static_cast<std::uint32_t>(forms_.size()));
    forms_.push_back(std::move(form));
}

/// Length of the longest secret at the start of the text.
std::size_t secret_masker::match(std::string_view text) const {
    constexpr std::string_view escape_starts = "%\\'";
    std::size_t longest = 0;
    const int depth = text.front() == '+' || escape_starts.find(text.front()) != std::string_view::npos ? max_depth : 0;
    std::string tried; // first bytes
    for (int d = 0; d <= depth; ++d) {
        const auto first = text.front() == '+' && d > 0 ? ' ' : read_unit(text, d).bytes.front();
        if (tried.find(first) != std::string::npos) continue;
        tried += first;
        for (const auto i : first_byte_[static_cast<unsigned char>(first)])
            for (int levels = 0; levels <= max_depth; ++levels)
                longest = std::max(longest, match_length(text, forms_[i], levels));
    }
    return longest;
}

std::string secret_masker::mask(std::string_view text, std::size_t max_bytes) const {
    std::string out;
    std::size_t masked_until = 0; // secrets may overlap
    for (std::size_t i = 0; i < text.size() && out.size() < max_bytes; ++i) {
        if (const auto until = i + match(text.substr(i)); until > std::max(i, masked_until)) {
            if (i >= masked_until) out += secret_mask;
            masked_until = until;
        }
        if (i >= masked_until) out += text[i];
    }
    return out.size() > max_bytes ? out.substr(0, max_bytes) : out;
}

void register_secret(std::string_view value) {
    if (value.empty()) return;
    const std::unique_lock lock(registry().mutex);
    registry().masker.add(value);
    registry().has_any = true;
}

void forget_secrets() {
    const std::unique_lock lock(registry().mutex);
    registry().masker = {};
    registry().has_any = false;
}

bool has_secrets() noexcept { return registry().has_any; }

std::string mask_secrets(std::string_view text, std::size_t max_bytes) {
    if (!has_secrets()) return std::string(text.substr(0, max_bytes));
    const std::shared_lock lock(registry().mutex);
    return registry().masker.mask(text, max_bytes);
}

} // namespace loadsim
