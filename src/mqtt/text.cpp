// Validation of UTF-8 strings, topic names and topic filters; filter matching.
#include <loadsim/base/encoding.hpp>
#include <loadsim/mqtt/packet.hpp>

#include <cstring>

namespace loadsim::mqtt {
namespace {

bool topic_text(std::string_view s) noexcept { return !s.empty() && s.size() <= 65'535 && valid_utf8(s); }

/// 4.7.1: a wildcard occupies a whole level, and # is the last.
bool wildcards_in_place(std::string_view filter) noexcept {
    for (std::size_t i = 0; i < filter.size(); ++i) {
        const char c = filter[i];
        if (c != '+' && c != '#') continue;
        if (i != 0 && filter[i - 1] != '/') return false;
        if (c == '#' && i + 1 != filter.size()) return false;
        if (c == '+' && i + 1 != filter.size() && filter[i + 1] != '/') return false;
    }
    return true;
}

} // namespace

bool valid_utf8(std::string_view s) noexcept {
    while (!s.empty()) {
        // Fast path: eight characters at once while they are ASCII and not zero, as in most topics.
        std::uint64_t word;
        while (s.size() >= sizeof word) {
            std::memcpy(&word, s.data(), sizeof word);
            constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
            if (((word | (word - ones)) & highs) != 0) break; // possibly a false positive; the slow path decides
            s.remove_prefix(sizeof word);
        }
        if (s.empty()) return true;
        if (s.front() == 0) return false; // 1.5.4: U+0000 is forbidden
        const auto length = s.front() > 0 ? 1 : decode_utf8(s).length;
        if (length == 0) return false;
        s.remove_prefix(length);
    }
    return true;
}

bool valid_topic_name(std::string_view s) noexcept {
    // One search per character: the library's is vectorized.
    return topic_text(s) && s.find('+') == std::string_view::npos && s.find('#') == std::string_view::npos;
}

bool valid_topic_filter(std::string_view s) noexcept {
    if (!topic_text(s)) return false;
    constexpr std::string_view share = "$share/";
    if (!s.starts_with(share)) return wildcards_in_place(s);
    // 4.8.2: $share/{name}/{filter}, the name at least one character and without wildcards
    s.remove_prefix(share.size());
    const auto slash = s.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == s.size()) return false;
    const auto name = s.substr(0, slash);
    return name.find_first_of("+#") == std::string_view::npos && wildcards_in_place(s.substr(slash + 1));
}

bool matches(std::string_view filter, std::string_view topic) noexcept {
    if (constexpr std::string_view share = "$share/"; filter.starts_with(share)) // 4.8.2: $share/{name}/{filter}
        filter.remove_prefix(filter.find('/', share.size()) + 1);
    if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false; // 4.7.2
    for (;;) {
        if (filter == "#") return true;
        const auto level = filter.substr(0, filter.find('/'));
        const auto name = topic.substr(0, topic.find('/'));
        if (level != "+" && level != name) return false;
        const bool last = level.size() == filter.size();
        filter.remove_prefix(last ? level.size() : level.size() + 1);
        if (name.size() == topic.size()) return last || filter == "#"; // 4.7.1.2: # also matches the parent level
        if (last) return false;
        topic.remove_prefix(name.size() + 1);
    }
}

} // namespace loadsim::mqtt
