#include "reading.hpp"

#include <fmt/format.h>

#include <unordered_map>

namespace loadsim::scenario {

reading::step reading::into(std::string_view key) {
    return {path_, path_.empty() ? std::string(key) : "." + std::string(key)};
}

reading::step reading::into(std::size_t index) { return {path_, fmt::format("[{}]", index)}; }

void reading::wrong(place where, std::string text) { found_.push_back({path_, where, std::move(text)}); }

const std::string* reading::scalar(const node& n, std::string_view wanted) {
    if (n.what == node::kind::scalar) return &n.text;
    wrong(n, fmt::format("{} belongs here, not {}", wanted, description(n)));
    return nullptr;
}

bool reading::is_list(const node& n, std::string_view wanted) {
    if (n.what == node::kind::list) return true;
    wrong(n, fmt::format("a list of {} belongs here, not {}", wanted, description(n)));
    return false;
}

bool reading::is_map(const node& n, std::string_view wanted) {
    if (n.what != node::kind::map) {
        wrong(n, fmt::format("{} belongs here, not {}", wanted, description(n)));
        return false;
    }
    std::unordered_map<std::string_view, place> first;
    for (const auto& m : n.members) {
        const auto [entry, is_new] = first.emplace(m.key, m.where);
        if (!is_new)
            wrong(m.where, fmt::format("the key '{}' is there twice, first in line {}", m.key, entry->second.line));
    }
    return true;
}

std::string join_path(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

} // namespace loadsim::scenario
