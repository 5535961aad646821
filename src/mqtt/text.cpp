// Validation of UTF-8 strings, topic names and topic filters; filter matching.
#include <loadsim/mqtt/packet.hpp>

#include <cstring>

namespace loadsim::mqtt {
namespace {

/// Length of the well-formed UTF-8 sequence at `p`, 0 if it is malformed (Unicode, table 3-7).
std::size_t sequence_length(const unsigned char* p, std::size_t left) noexcept {
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < left && p[i] >= low && p[i] <= high;
    };
    const unsigned c = p[0];
    if (c == 0) return 0; // 1.5.4: U+0000 is forbidden
    if (c < 0x80) return 1;
    if (c < 0xC2) return 0; // a tail, or overlong
    if (c < 0xE0) return tail(1) ? 2 : 0;
    if (c < 0xF0) {
        const unsigned low = c == 0xE0 ? 0xA0 : 0x80;  // overlong below
        const unsigned high = c == 0xED ? 0x9F : 0xBF; // surrogates above
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (c > 0xF4) return 0;
    const unsigned low = c == 0xF0 ? 0x90 : 0x80;
    const unsigned high = c == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
}

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
    const auto* p = reinterpret_cast<const unsigned char*>(s.data());
    std::size_t left = s.size();
    while (left != 0) {
        // Fast path: eight characters at once while they are ASCII and not zero, as in most topics.
        std::uint64_t word;
        while (left >= sizeof word) {
            std::memcpy(&word, p, sizeof word);
            constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
            if (((word | (word - ones)) & highs) != 0) break; // possibly a false positive; the slow path decides
            p += sizeof word;
            left -= sizeof word;
        }
        if (left == 0) return true;
        const auto n = sequence_length(p, left);
        if (n == 0) return false;
        p += n;
        left -= n;
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
