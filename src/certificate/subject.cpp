#include "subject.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::certificate {
namespace {

struct attribute {
    std::string type, value;
    bool same_component = false; ///< '+' before it: part of the previous component
};

using object_handle = owner<ASN1_OBJECT, ASN1_OBJECT_free>;

/// RFC 4514, 2.4: '\' before a special character or two hex digits. nullopt: an incomplete escape.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
    if (at + 1 >= text.size()) return std::nullopt;
    if (std::string byte(text.substr(at + 1, 2)); byte.size() == 2 && decode_hex(byte) && byte.size() == 1) {
        at += 2;
        return byte[0];
    }
    return text[++at];
}

result<std::vector<attribute>> split(std::string_view text) {
    const auto wrong = [&](const std::string& why) {
        return problems("subject", fmt::format("'{}': {}; write it as 'CN={{vin}},O=test' (RFC 4514)", text, why));
    };
    std::vector<attribute> all;
    bool joined = false;
    for (std::size_t at = 0; at <= text.size();) {
        const auto equals = text.find('=', at);
        if (equals == std::string_view::npos) return wrong("a component has no '='");
        auto type = text.substr(at, equals - at);
        while (type.starts_with(' ')) type.remove_prefix(1);
        while (type.ends_with(' ')) type.remove_suffix(1);
        std::string value;
        std::size_t kept = 0; // blanks at the end count only if they are escaped
        for (at = equals + 1; at < text.size() && text[at] != ',' && text[at] != '+'; ++at) {
            if (value.empty() && text[at] == ' ') continue;
            const bool escaped = text[at] == '\\';
            const auto character = escaped ? unescape(text, at) : text[at];
            if (!character) return wrong("the '\\' at the end escapes nothing");
            value += *character;
            if (escaped || *character != ' ') kept = value.size();
        }
        value.resize(kept);
        if (value.empty()) return wrong(fmt::format("{} has no value", type));
        all.push_back({std::string(type), std::move(value), joined});
        if (at == text.size()) break;
        joined = text[at++] == '+';
    }
    return all;
}

/// Types of RFC 4514 (3) in any case; others as OpenSSL has them.
object_handle object_of(const std::string& type) {
    constexpr std::array<std::string_view, 9> standard{"CN", "L", "ST", "O", "OU", "C", "STREET", "DC", "UID"};
    std::string upper;
    for (const char c : type) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (std::ranges::count(standard, upper) == 0) return object_handle(OBJ_txt2obj(type.c_str(), 0));
    return object_handle(OBJ_txt2obj(upper == "STREET" ? "street" : upper.c_str(), 0));
}

} // namespace

result<name_handle> parse_subject(std::string_view text) {
    const auto attributes = split(text);
    if (!attributes) return attributes.error();
    name_handle name(required(X509_NAME_new(), "subject"));
    for (const auto& a : *attributes) {
        const auto type = object_of(a.type);
        if (!type)
            return problems("subject",
                            fmt::format("unknown type '{}'; there are CN, O, OU, C, ST, L, DC, UID, OIDs ...", a.type));
        // Before the earlier ones; 1: into the component that is the first so far.
        constexpr int first = 0;
        if (X509_NAME_add_entry_by_OBJ(name.get(), type.get(), MBSTRING_UTF8, bytes_of(a.value),
                                       static_cast<int>(a.value.size()), first, a.same_component ? 1 : 0) != 1)
            return problems("subject",
                            fmt::format("'{}={}' is not possible ({})", a.type, a.value, take_openssl_error()));
    }
    return name;
}

} // namespace loadsim::certificate
