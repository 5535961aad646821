#include "broker_api/route_pattern.hpp"

#include <algorithm>
#include <charconv>

namespace loadsim::fleet {
namespace {

/// RFC 3986, 2.1. Invalid percent encodings are kept.
std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        const auto* digits = text.data() + i + 1;
        if (text[i] == '%' && text.size() - i > 2 && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// Removes and returns the first level of a path that begins with '/'.
std::string_view next_level(std::string_view& path) {
    path.remove_prefix(1);
    const auto level = path.substr(0, path.find('/'));
    path.remove_prefix(level.size());
    return level;
}

} // namespace

route_pattern::route_pattern(std::string_view pattern) {
    valid_ = pattern.starts_with('/');
    while (valid_ && !pattern.empty()) {
        const auto text = next_level(pattern);
        const bool wildcard = text.size() > 2 && text.starts_with('{') && text.ends_with('}');
        if (wildcard && text == "{vin}") {
            valid_ = !vin_;
            vin_ = levels_.size();
        }
        valid_ = valid_ && !text.empty() && (wildcard || text.find_first_of("{}?#") == std::string_view::npos);
        levels_.push_back({std::string(text), wildcard});
    }
}

std::optional<std::string> route_pattern::match(std::string_view path) const {
    if (!path.starts_with('/')) return std::nullopt;
    std::string vin;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        if (path.empty()) return std::nullopt;
        const auto text = next_level(path);
        if (text.empty() || (!levels_[i].wildcard && text != levels_[i].text)) return std::nullopt;
        if (i == vin_) vin = percent_decoded(text);
    }
    if (!path.empty()) return std::nullopt;
    return vin;
}

} // namespace loadsim::fleet
