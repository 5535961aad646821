#include "read_context.hpp"

#include <fmt/format.h>

#include <unordered_map>

namespace loadsim::scenario {

read_context::path_guard read_context::enter(std::string_view key) {
    return {path_, path_.empty() ? std::string(key) : "." + std::string(key)};
}

read_context::path_guard read_context::enter(std::size_t index) { return {path_, fmt::format("[{}]", index)}; }

void read_context::add_problem(source_location location, std::string text) {
    located_problems_.push_back({path_, location, std::move(text)});
}

const std::string* read_context::expect_scalar(const yaml_node& n, std::string_view expected) {
    if (n.what == yaml_node::kind::scalar) return &n.text;
    add_problem(n, fmt::format("{} belongs here, not {}", expected, description(n)));
    return nullptr;
}

bool read_context::expect_list(const yaml_node& n, std::string_view expected) {
    if (n.what == yaml_node::kind::list) return true;
    add_problem(n, fmt::format("a list of {} belongs here, not {}", expected, description(n)));
    return false;
}

bool read_context::expect_map(const yaml_node& n, std::string_view expected) {
    if (n.what != yaml_node::kind::map) {
        add_problem(n, fmt::format("{} belongs here, not {}", expected, description(n)));
        return false;
    }
    std::unordered_map<std::string_view, source_location> first;
    for (const auto& m : n.members) {
        const auto [entry, is_new] = first.emplace(m.key, m.location);
        if (!is_new)
            add_problem(m.location,
                        fmt::format("the key '{}' is there twice, first in line {}", m.key, entry->second.line));
    }
    return true;
}

std::string join_path(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

} // namespace loadsim::scenario
