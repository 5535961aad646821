#include <loadsim/contract/text_template.hpp>

#include <loadsim/base/encoding.hpp>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace loadsim::contract {
namespace {

constexpr std::uintmax_t max_file_size = 16 * 1024 * 1024; // bytes

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Whether the first literal character is { or [; section tags before it are skipped.
bool looks_like_json(std::string_view text) {
    while (true) {
        const auto first = text.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) return false;
        text.remove_prefix(first);
        if (text.front() == '[') return true;
        if (text.front() != '{') return false;
        const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : ' '; };
        if (is_letter(at(1))) return false;                                              // {vin}
        if (at(1) != '#' || !is_letter(at(2))) return at(1) != '{' || !is_letter(at(2)); // {{vin}} is literal text
        text.remove_prefix(std::min(text.find('}'), text.size() - 1) + 1);
    }
}

result<std::string> bytes_of_file(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error); // also fails for non-regular files
    if (error) return problems("", "the file '" + path + "' cannot be read: " + error.message());
    if (size > max_file_size)
        return problems("", "the file '" + path + "' has " + std::to_string(size) + " bytes; " +
                                std::to_string(max_file_size) + " is the most");
    std::ifstream file(path, std::ios::binary);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!file.read(bytes.data(), static_cast<std::streamsize>(size)))
        return problems("", "the file '" + path + "' cannot be read: " + std::strerror(errno));
    return bytes;
}

bool decode(payload_options::payload_format format, std::string& text, std::size_t from) {
    switch (format) {
    case payload_options::payload_format::hex: return decode_hex(text, from);
    case payload_options::payload_format::base64: return decode_base64(text, from);
    default: return true;
    }
}

} // namespace

result<payload_template> payload_template::compile(const payload_options& options, const template_symbols& symbols,
                                                   std::vector<std::string>& pointers) {
    using form = payload_options::payload_format;
    payload_template made;
    made.format_ = options.format;
    if (options.format == form::file) {
        auto bytes = bytes_of_file(options.text);
        if (!bytes) return bytes.error();
        made.file_bytes_ = std::move(*bytes);
        return made;
    }
    made.json_ = options.format == form::json || (options.format == form::text && looks_like_json(options.text));
    auto text = made.json_ ? text_template::compile_json(options.text, symbols, pointers)
                           : text_template::compile(options.text, symbols, pointers);
    if (!text) return text.error();
    made.text_ = std::move(*text);
    if (made.text_.is_constant()) {
        auto bytes = made.text_.rendered({});
        if (!decode(options.format, bytes, 0))
            return problems("", options.format == form::hex ? "it is not hex: two digits for each byte, such as 01ff"
                                                            : "it is not base64 (RFC 4648)");
    }
    return made;
}

bool payload_template::render(const template_values& from, std::string& out) const {
    const auto before = out.size();
    out += file_bytes_;
    text_.render(from, out);
    if (decode(format_, out, before)) return true;
    out.resize(before);
    return false;
}

} // namespace loadsim::contract
