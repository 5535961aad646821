#include <loadsim/contract/source.hpp>

#include <charconv>
#include <optional>

namespace loadsim::contract {
namespace {

constexpr std::string_view forms = "/pointer, topic[1], payload, correlation, property:NAME or header:NAME";

problems no_source(std::string_view text, std::string_view why) {
    return {"", "'" + std::string(text) + "' is no source: " + std::string(why)};
}

/// RFC 6901, 4: ~1 is a '/', ~0 a '~', and no other may be.
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

bool is_word(std::string_view text) {
    return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.") ==
           std::string_view::npos;
}

} // namespace

result<source> source::parse(std::string_view text) {
    source made;
    made.text_ = text;
    if (text.empty()) return made;
    if (text.front() == '/') {
        made.what_ = kind::pointer;
        for (auto rest = text; !rest.empty();) {
            rest.remove_prefix(1);
            const auto token = rest.substr(0, rest.find('/'));
            auto plain = unescaped(token);
            if (!plain) return no_source(text, "in a pointer ~ is written ~0, and a / within a name ~1");
            made.tokens_.push_back(std::move(*plain));
            rest.remove_prefix(token.size());
        }
        return made;
    }
    if (text == "payload" || text == "correlation") {
        made.what_ = text == "payload" ? kind::payload : kind::correlation;
        return made;
    }
    for (const std::string_view mark : {"property:", "header:"}) {
        if (!text.starts_with(mark)) continue;
        if (text.size() == mark.size()) return no_source(text, "it lacks a name");
        made.what_ = kind::named;
        return made;
    }
    if (constexpr std::string_view mark = "topic["; text.starts_with(mark) && text.ends_with(']')) {
        const auto digits = text.substr(mark.size(), text.size() - mark.size() - 1);
        const auto* last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, made.level_);
        if (error != std::errc{} || end != last) return no_source(text, "a level is a number from 0, such as topic[1]");
        made.what_ = kind::topic_level;
        return made;
    }
    if (is_word(text)) return no_source(text, "did you mean the pointer '/" + std::string(text) + "'?");
    return no_source(text, "write " + std::string(forms));
}

std::string_view source::name() const noexcept {
    return what_ == kind::named ? std::string_view(text_).substr(text_.find(':') + 1) : std::string_view{};
}

} // namespace loadsim::contract
