#include <loadsim/contract/text_template.hpp>

#include "dotted_name.hpp"
#include "protobuf_payload.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/input.hpp>

#include <algorithm>
#include <cctype>

namespace loadsim::contract {
namespace {

constexpr std::size_t max_file_size = std::size_t{16} * 1024 * 1024; // bytes

bool is_alphabetic(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// True: the first literal character is { or [; section tags before it are skipped.
bool looks_like_json(std::string_view text) {
    while (true) {
        const auto first = text.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) return false;
        text.remove_prefix(first);
        if (text.front() == '[') return true;
        if (text.front() != '{') return false;
        const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : ' '; };
        if (is_alphabetic(at(1))) return false; // {vin}
        if (at(1) != '#' || !is_alphabetic(at(2)))
            return at(1) != '{' || !is_alphabetic(at(2)); // {{vin}} is literal text
        text.remove_prefix(std::min(text.find('}'), text.size() - 1) + 1);
    }
}

/// True: text of the encoding, with '|' between choices; not necessarily a whole number of bytes.
bool may_be(payload_options::payload_format format, std::string_view text) {
    const bool is_hex = format == payload_options::payload_format::hex;
    if (!is_hex && format != payload_options::payload_format::base64) return true;
    const std::string_view others = is_hex ? "| \t\r\n" : "|+/=";
    return std::ranges::all_of(text, [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return others.find(c) != std::string_view::npos || (is_hex ? std::isxdigit(byte) : std::isalnum(byte)) != 0;
    });
}

bool decode(payload_options::payload_format format, std::string& text, std::size_t from) {
    switch (format) {
    case payload_options::payload_format::hex: return decode_hex(text, from);
    case payload_options::payload_format::base64: return decode_base64(text, from);
    case payload_options::payload_format::exec: return false; // the program makes it
    default: return true;
    }
}

} // namespace

result<payload_template> payload_template::compile(const payload_options& options, const template_symbols& symbols,
                                                   std::vector<std::string>& pointers) {
    using form = payload_options::payload_format;
    payload_template made;
    made.format_ = options.format;
    if (options.format == form::exec) return made;
    if (options.format == form::file) {
        auto bytes = read_file(options.text, max_file_size);
        if (!bytes) return problems("", "the file '" + options.text + "' " + bytes.error().list.front().text);
        made.file_bytes_ = std::move(*bytes);
        return made;
    }
    made.json_ = options.format == form::json || (options.format == form::text && looks_like_json(options.text));
    auto text = made.json_ ? text_template::compile_json(options.text, symbols, pointers)
                           : text_template::compile(options.text, symbols, pointers);
    if (!text) return text.error();
    made.text_ = std::move(*text);
    auto constant = made.text_.is_constant() ? made.text_.rendered({}) : std::string{};
    if (!may_be(options.format, made.text_.literals()) || !decode(options.format, constant, 0))
        return problems("", options.format == form::hex ? "it is not hex: two digits for each byte, such as 01ff"
                                                        : "it is not base64 (RFC 4648)");
    return made;
}

/// The text of a JSON template whose placeholders are signals.
result<payload_template> payload_template::compile_vss(std::span<const std::string> names,
                                                       const template_symbols& symbols,
                                                       std::vector<std::string>& pointers) {
    if (names.empty()) return problems("", "it names no signal; write, say, [Vehicle.Speed, Vehicle.TraveledDistance]");
    problems errors;
    payload_options made{.text = R"({"vin":"{vin}","ts":{now:ms},"seq":{seq},"signals":{)",
                         .format = payload_options::payload_format::json};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto place = "[" + std::to_string(i) + "]";
        if (std::ranges::find(symbols.signals, names[i]) == symbols.signals.end())
            errors.add(place, unknown_dotted_name("signal", names[i], symbols.signals));
        else if (std::ranges::find(names.first(i), names[i]) != names.begin() + static_cast<std::ptrdiff_t>(i))
            errors.add(place, "'" + names[i] + "' is there twice; a signal has one value");
        made.text += (i == 0 ? "\"" : ",\"") + names[i] + "\":{signal." + names[i] + "}";
    }
    made.text += "}}";
    if (!errors.empty()) return errors;
    return compile(made, symbols, pointers);
}

result<payload_template> payload_template::compile_protobuf(const protobuf_options& options,
                                                            const template_symbols& symbols,
                                                            std::vector<std::string>& pointers) {
    auto compiled = protobuf_payload::compile(options, symbols, pointers);
    if (!compiled) return compiled.error();
    payload_template made;
    made.protobuf_ = std::move(*compiled);
    return made;
}

bool payload_template::is_constant() const noexcept { return text_.is_constant() && protobuf_ == nullptr; }

bool payload_template::uses_parameter(std::size_t index) const noexcept {
    return text_.uses_parameter(index) || (protobuf_ != nullptr && protobuf_->uses_parameter(index));
}

bool payload_template::uses_signals() const noexcept {
    return text_.uses_signals() || (protobuf_ != nullptr && protobuf_->uses_signals());
}

bool payload_template::render(const template_values& from, std::string& out, std::string* problem) const {
    if (protobuf_ != nullptr) return protobuf_->render(from, out, problem);
    const auto before = out.size();
    out += file_bytes_;
    text_.render(from, out);
    if (decode(format_, out, before)) return true;
    out.resize(before);
    if (problem != nullptr) *problem = format_ == payload_options::payload_format::hex ? " is no hex" : " is no base64";
    return false;
}

} // namespace loadsim::contract
