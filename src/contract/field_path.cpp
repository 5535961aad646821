#include <loadsim/contract/field_path.hpp>

#include <charconv>
#include <optional>

namespace loadsim::contract {
namespace {

constexpr std::string_view field_path_syntax = "/pointer, topic[1], payload, correlation, property:NAME or header:NAME";

problems invalid_field_path(std::string_view text, std::string_view why) {
    return {"", "'" + std::string(text) + "' is no field path: " + std::string(why)};
}

/// RFC 6901, 4: ~1 is '/', ~0 is '~'; any other escape is invalid.
std::optional<std::string> unescaped(std::string_view token) {
    std::string plain;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            plain += token[i];
            continue;
        }
        const char next = i + 1 < token.size() ? token[i + 1] : ' ';
        if (next != '0' && next != '1') return std::nullopt;
        plain += next == '0' ? '~' : '/';
        ++i;
    }
    return plain;
}

bool looks_like_name(std::string_view text) {
    return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.") ==
           std::string_view::npos;
}

} // namespace

result<field_path> field_path::parse(std::string_view text) {
    field_path made;
    made.text_ = text;
    if (text.empty()) return made;
    if (text.front() == '/') {
        made.type_ = kind::pointer;
        for (auto rest = text; !rest.empty();) {
            rest.remove_prefix(1);
            const auto token = rest.substr(0, rest.find('/'));
            auto plain = unescaped(token);
            if (!plain) return invalid_field_path(text, "in a pointer ~ is written ~0, and a / within a name ~1");
            made.tokens_.push_back(std::move(*plain));
            rest.remove_prefix(token.size());
        }
        return made;
    }
    if (text == "payload" || text == "correlation") {
        made.type_ = text == "payload" ? kind::payload : kind::correlation;
        return made;
    }
    for (const std::string_view prefix : {"property:", "header:"}) {
        if (!text.starts_with(prefix)) continue;
        if (text.size() == prefix.size()) return invalid_field_path(text, "it lacks a name");
        made.type_ = kind::property;
        return made;
    }
    if (constexpr std::string_view prefix = "topic["; text.starts_with(prefix) && text.ends_with(']')) {
        const auto digits = text.substr(prefix.size(), text.size() - prefix.size() - 1);
        const auto* last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, made.level_);
        if (error != std::errc{} || end != last)
            return invalid_field_path(text, "a level is a number from 0, such as topic[1]");
        made.type_ = kind::topic_level;
        return made;
    }
    if (looks_like_name(text))
        return invalid_field_path(text, "did you mean the pointer '/" + std::string(text) + "'?");
    return invalid_field_path(text, "write " + std::string(field_path_syntax));
}

std::string_view field_path::name() const noexcept {
    return type_ == kind::property ? std::string_view(text_).substr(text_.find(':') + 1) : std::string_view{};
}

} // namespace loadsim::contract
