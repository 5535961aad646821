#include "broker_api/route_pattern.hpp"

#include <loadsim/base/encoding.hpp>

#include <algorithm>

namespace loadsim::fleet {
namespace {

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
        if (i == vin_) vin = percent_decode(text);
    }
    if (!path.empty()) return std::nullopt;
    return vin;
}

} // namespace loadsim::fleet
