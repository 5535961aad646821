#include "settings.hpp"

#include "parse.hpp"

#include <fmt/format.h>

#include <charconv>

namespace loadsim::scenario {
namespace {

node* step_by_key(node& at, const std::string& key, std::string_view walked, place where, reading& r) {
    if (at.what == node::kind::list) {
        r.wrong(where, fmt::format("{0} is a list; name one of its items, such as {0}[0]", walked));
        return nullptr;
    }
    if (at.what != node::kind::map) at = blank(node::kind::map, where);
    if (at.find(key) == nullptr) at.add(key, blank(node::kind::null, where));
    return at.find(key);
}

node* step_by_index(node& at, std::size_t index, std::string_view walked, place where, reading& r) {
    if (at.what == node::kind::list && index < at.items.size()) return &at.items[index];
    if (at.what != node::kind::list)
        r.wrong(where, fmt::format("{} is not a list in this scenario", walked));
    else if (at.items.empty())
        r.wrong(where, fmt::format("{} is empty", walked));
    else
        r.wrong(where, fmt::format("{0} has no item [{1}]; the last is [{2}]", walked, index, at.items.size() - 1));
    return nullptr;
}

void stamp(node& n, place where) {
    n.where = where;
    for (auto& item : n.items) stamp(item, where);
    for (auto& m : n.members) {
        m.where = where;
        stamp(m.value, where);
    }
}

} // namespace

std::optional<std::vector<path_step>> parse_path(std::string_view path) {
    std::vector<path_step> steps;
    std::size_t at = 0;
    while (at <= path.size()) {
        const auto end = std::min(path.find_first_of(".[", at), path.size());
        const auto key = path.substr(at, end - at);
        if (key.empty() || key.find(']') != std::string_view::npos) return std::nullopt;
        steps.emplace_back(std::string(key));
        at = end;
        while (at < path.size() && path[at] == '[') {
            const auto close = path.find(']', at);
            if (close == std::string_view::npos) return std::nullopt;
            const auto digits = path.substr(at + 1, close - at - 1);
            std::size_t index = 0;
            const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
            if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
            steps.emplace_back(index);
            at = close + 1;
        }
        if (at < path.size() && path[at] != '.') return std::nullopt;
        ++at;
    }
    return steps;
}

result<setting> parse_setting(std::string_view text) {
    const auto equals = text.find('=');
    const auto path = text.substr(0, equals);
    const auto wrong = [&](std::string_view why) {
        return problems{fmt::format("--set {}", text),
                        fmt::format("{}; write PATH=VALUE, such as load.drain=10s", why)};
    };
    if (equals == std::string_view::npos) return wrong("there is no '='");
    if (path.empty()) return wrong("there is no path before the '='");
    if (!parse_path(path)) return wrong("the path has an empty key, or brackets that are not [NUMBER]");
    return setting{std::string(path), std::string(text.substr(equals + 1))};
}

void apply(const setting& s, std::uint32_t source, node& root, reading& r) {
    const place where{.setting = source};
    const auto steps = parse_path(s.path);
    if (!steps) return r.wrong(where, "the path has an empty key, or brackets that are not [NUMBER]");
    auto value = parse_yaml(s.value, source, r);
    if (!value) return;
    node changed = root; // a path that leads nowhere must not leave half of itself behind
    node* at = &changed;
    std::string walked;
    for (const auto& step : *steps) {
        if (const auto* key = std::get_if<std::string>(&step)) {
            at = step_by_key(*at, *key, walked, where, r);
            walked = join_path(walked, *key);
        } else {
            const auto index = std::get<std::size_t>(step);
            at = step_by_index(*at, index, walked, where, r);
            walked += fmt::format("[{}]", index);
        }
        if (at == nullptr) return;
    }
    stamp(*value, where);
    *at = std::move(*value);
    root = std::move(changed);
}

} // namespace loadsim::scenario
