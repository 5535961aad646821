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

/// Bytes of a text that encode bytes of a secret.
struct encoded_bytes {
    std::size_t in_text = 0; ///< 0: none
    std::size_t in_secret = 0;
};

/// First characters of encodings whose first character says nothing about the encoded one.
constexpr std::string_view encoding_starts = "%\\+'";

std::optional<std::uint32_t> hex_number(std::string_view text, std::size_t at, std::size_t digits) {
    if (text.size() < at + digits) return std::nullopt;
    std::uint32_t number = 0;
    const auto* last = text.data() + at + digits;
    const auto [end, error] = std::from_chars(text.data() + at, last, number, 16);
    if (error != std::errc{} || end != last) return std::nullopt;
    return number;
}

bool is_byte(std::optional<std::uint32_t> code, char c) { return code && *code == static_cast<unsigned char>(c); }

/// \uXXXX of JSON, or a surrogate pair of them.
encoded_bytes match_code_point(std::string_view text, std::string_view secret) {
    auto code = hex_number(text, 2, 4);
    std::size_t length = 6;
    if (code && (*code & 0xfc00U) == 0xd800U && text.substr(6).starts_with("\\u")) {
        const auto low = hex_number(text, 8, 4);
        if (low && (*low & 0xfc00U) == 0xdc00U) code = 0x10000U + ((*code & 0x3ffU) << 10U) + (*low & 0x3ffU);
        length = 12;
    }
    if (!code) return {};
    std::string bytes;
    boost::locale::utf::utf_traits<char>::encode(*code, std::back_inserter(bytes));
    return secret.starts_with(bytes) ? encoded_bytes{length, bytes.size()} : encoded_bytes{};
}

encoded_bytes match_backslash(std::string_view text, std::string_view secret) {
    constexpr std::string_view letters = "bfnrt\"\\/";
    constexpr std::string_view meanings = "\b\f\n\r\t\"\\/";
    if (text.size() < 2) return {};
    if (text[1] == 'u') return match_code_point(text, secret);
    if (text[1] == 'x') return is_byte(hex_number(text, 2, 2), secret.front()) ? encoded_bytes{4, 1} : encoded_bytes{};
    const auto letter = letters.find(text[1]);
    if (letter == std::string_view::npos || meanings[letter] != secret.front()) return {};
    return {2, 1};
}

/// An encoding of the secret's first byte, or character, at the start of the text. Both are not empty.
encoded_bytes match_encoded(std::string_view text, std::string_view secret) {
    switch (text.front()) {
    case '%': return is_byte(hex_number(text, 1, 2), secret.front()) ? encoded_bytes{3, 1} : encoded_bytes{};
    case '\\': return match_backslash(text, secret);
    case '+': return secret.front() == ' ' ? encoded_bytes{1, 1} : encoded_bytes{};
    case '\'':
        if (secret.front() != '\'') return {};
        if (text.starts_with("'\\''")) return {4, 1};                          // shell
        return text.starts_with("''") ? encoded_bytes{2, 1} : encoded_bytes{}; // YAML
    default: return {};
    }
}

/// Length of the secret at the start of the text; 0: it is not there.
std::size_t match_length(std::string_view text, std::string_view secret) {
    if (text.starts_with(secret)) return secret.size();
    std::size_t at = 0;
    while (!secret.empty()) {
        if (at == text.size()) return 0;
        auto found = match_encoded(text.substr(at), secret);
        if (found.in_text == 0 && text[at] == secret.front()) found = {1, 1};
        if (found.in_text == 0) return 0;
        at += found.in_text;
        secret.remove_prefix(found.in_secret);
    }
    return at;
}

/// What base64 of any text holds that has the value behind `before` bytes (modulo 3): the characters that depend on the value alone.
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
    const std::string first_characters = form.front() + std::string(encoding_starts); // lives as long as the loop
    for (const char c : first_characters) {
        auto& here = first_byte_[static_cast<unsigned char>(c)];
        const auto index = static_cast<std::uint32_t>(forms_.size());
        if (here.empty() || here.back() != index) here.push_back(index);
    }
    forms_.push_back(std::move(form));
}

/// Length of the longest secret at the start of the text.
std::size_t secret_masker::match(std::string_view text) const {
    std::size_t longest = 0;
    for (const auto i : first_byte_[static_cast<unsigned char>(text.front())])
        longest = std::max(longest, match_length(text, forms_[i]));
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
