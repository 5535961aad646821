#include "overrides.hpp"

#include "includes.hpp"
#include "yaml.hpp"

#include <fmt/format.h>

#include <charconv>

namespace loadsim::scenario {
namespace {

yaml_node* child_by_key(yaml_node& at, const std::string& key, std::string_view path_so_far, source_location location,
                        read_context& r) {
    if (at.what == yaml_node::kind::list) {
        r.add_problem(location, fmt::format("{0} is a list; name one of its items, such as {0}[0]", path_so_far));
        return nullptr;
    }
    if (at.what != yaml_node::kind::map) at = make_node(yaml_node::kind::map, location);
    if (at.find(key) == nullptr) at.add(key, make_node(yaml_node::kind::null, location));
    return at.find(key);
}

yaml_node* child_by_index(yaml_node& at, std::size_t index, std::string_view path_so_far, source_location location,
                          read_context& r) {
    if (at.what == yaml_node::kind::list && index < at.items.size()) return &at.items[index];
    if (at.what != yaml_node::kind::list)
        r.add_problem(location, fmt::format("{} is not a list in this scenario", path_so_far));
    else if (at.items.empty())
        r.add_problem(location, fmt::format("{} is empty", path_so_far));
    else
        r.add_problem(location,
                      fmt::format("{0} has no item [{1}]; the last is [{2}]", path_so_far, index, at.items.size() - 1));
    return nullptr;
}

void set_location(yaml_node& n, source_location location) {
    n.location = location;
    for (auto& item : n.items) set_location(item, location);
    for (auto& m : n.members) {
        m.location = location;
        set_location(m.value, location);
    }
}

} // namespace

std::optional<std::vector<path_element>> parse_path(std::string_view path) {
    std::vector<path_element> elements;
    std::size_t at = 0;
    while (at <= path.size()) {
        const auto end = std::min(path.find_first_of(".[", at), path.size());
        const auto key = path.substr(at, end - at);
        if (key.empty() || key.find(']') != std::string_view::npos) return std::nullopt;
        elements.emplace_back(std::string(key));
        at = end;
        while (at < path.size() && path[at] == '[') {
            const auto close = path.find(']', at);
            if (close == std::string_view::npos) return std::nullopt;
            const auto digits = path.substr(at + 1, close - at - 1);
            std::size_t index = 0;
            const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
            if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
            elements.emplace_back(index);
            at = close + 1;
        }
        if (at < path.size() && path[at] != '.') return std::nullopt;
        ++at;
    }
    return elements;
}

result<value_override> parse_override(std::string_view text) {
    const auto equals = text.find('=');
    const auto path = text.substr(0, equals);
    const auto refuse = [&](std::string_view why) {
        return problems{fmt::format("--set {}", text.substr(0, text.find_first_of("=: "))), // the value may be a secret
                        fmt::format("{}; write PATH=VALUE in quotes, such as --set 'budgets[0]=unexpected == 0'", why)};
    };
    if (equals == std::string_view::npos) return refuse("there is no '='");
    if (path.empty()) return refuse("there is no path before the '='");
    if (!parse_path(path)) return refuse("the path has an empty key, or brackets that are not [NUMBER]");
    return value_override{std::string(path), std::string(text.substr(equals + 1))};
}

void apply_override(const value_override& s, std::uint32_t override_number, yaml_node& root, read_context& r) {
    const source_location location{.override_number = override_number};
    const auto elements = parse_path(s.path);
    if (!elements) return r.add_problem(location, "the path has an empty key, or brackets that are not [NUMBER]");
    if (const auto* first = std::get_if<std::string>(&elements->front()))
        for (const auto& key : file_keys)
            if (*first == key.name)
                return r.add_problem(location, fmt::format("'{}' belongs in a file; set the value itself", key.name));
    auto value = parse_yaml(s.value, override_number, r);
    if (!value) return;
    yaml_node changed = root; // a copy: an invalid path must not change the tree
    yaml_node* at = &changed;
    std::string path_so_far;
    for (const auto& element : *elements) {
        if (const auto* key = std::get_if<std::string>(&element)) {
            at = child_by_key(*at, *key, path_so_far, location, r);
            path_so_far = join_path(path_so_far, *key);
        } else {
            const auto index = std::get<std::size_t>(element);
            at = child_by_index(*at, index, path_so_far, location, r);
            path_so_far += fmt::format("[{}]", index);
        }
        if (at == nullptr) return;
    }
    set_location(*value, location);
    *at = std::move(*value);
    root = std::move(changed);
}

} // namespace loadsim::scenario
