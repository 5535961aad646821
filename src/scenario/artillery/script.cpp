#include "artillery/script.hpp"

#include "read_context.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::size_t max_notes = 1'000;
constexpr std::size_t max_shown = 100; // bytes of a text in a note

/// JSON may be indented with tabs, which YAML refuses; within texts JSON has none.
std::string without_tabs(std::string_view text) {
    std::string made(text);
    const auto first = made.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && made[first] == '{') std::ranges::replace(made, '\t', ' ');
    return made;
}

} // namespace

void note_list::add(int line, const std::string& text) {
    import_note made{line, escape_for_terminal(text)}; // names of a script may have any character
    if (all_.size() == max_notes || std::ranges::count(all_, made) != 0) return;
    const auto after = std::ranges::find_if(all_, [&](const import_note& n) { return n.line > line; });
    all_.insert(after, std::move(made));
}

void note_list::add_other_keys(const yaml_node& map, std::initializer_list<std::string_view> known,
                               std::string_view where) {
    for (const auto& m : map.members)
        if (std::ranges::count(known, std::string_view(m.key)) == 0)
            add(m.location.line,
                fmt::format("'{}' of {} is not carried over: loadsim has no such key", shown(m.key), where));
}

yaml_node parse_script(std::string_view text) {
    read_context problems_found;
    constexpr yaml_limits limits{.what = "an Artillery script",
                                 .size = artillery_size_limit,
                                 .nodes = 100'000,
                                 .depth = 100,
                                 .text = artillery_size_limit};
    auto root = parse_yaml(without_tabs(without_byte_order_mark(text)), 0, problems_found, 0, limits);
    if (!root) {
        const auto& first = problems_found.located_problems().front();
        throw unusable_script{first.location, first.text};
    }
    if (root->what != yaml_node::kind::map)
        throw unusable_script{root->location,
                              "no Artillery script: it is not a map of keys, such as 'config' and 'scenarios'"};
    if (root->find("openapi") != nullptr || root->find("swagger") != nullptr)
        throw unusable_script{
            root->location,
            "no Artillery script but an OpenAPI document: 'init --openapi FILE' makes a scenario of it"};
    const auto* scenarios = find(*root, {"scenarios"});
    if (scenarios == nullptr)
        throw unusable_script{root->location,
                              "no Artillery script: it has no key 'scenarios'; name the file that has it"};
    if (scenarios->what != yaml_node::kind::list || scenarios->items.empty())
        throw unusable_script{scenarios->location, "no Artillery script: 'scenarios' is a list of flows"};
    return std::move(*root);
}

yaml_node merged(const yaml_node& base, const yaml_node& over) {
    if (base.what != over.what) return over;
    auto made = over;
    if (base.what == yaml_node::kind::map) {
        made.members = base.members;
        for (const auto& m : over.members) {
            if (auto* known = made.find(m.key); known != nullptr)
                *known = merged(*known, m.value);
            else
                made.members.push_back(m);
        }
    } else if (base.what == yaml_node::kind::list) {
        for (std::size_t i = 0; i < base.items.size(); ++i) {
            if (i < over.items.size())
                made.items[i] = merged(base.items[i], over.items[i]);
            else
                made.items.push_back(base.items[i]);
        }
    }
    return made;
}

const yaml_node* find(const yaml_node& from, std::initializer_list<std::string_view> keys) {
    const auto* at = &from;
    for (const auto key : keys) {
        at = at->find(key);
        if (at == nullptr || at->what == yaml_node::kind::null) return nullptr;
    }
    return at;
}

std::vector<const yaml_node*> items_of(const yaml_node* node) {
    std::vector<const yaml_node*> all;
    if (node == nullptr) return all;
    if (node->what != yaml_node::kind::list) return {node};
    for (const auto& item : node->items) all.push_back(&item);
    return all;
}

std::string json_literal(const yaml_node& n) {
    if (n.what == yaml_node::kind::null) return "null";
    if (n.what != yaml_node::kind::scalar || n.quoted) return {};
    boost::system::error_code no_json;
    const auto value = boost::json::parse(n.text, no_json);
    return !no_json && (value.is_number() || value.is_bool() || value.is_null()) ? std::string(trimmed(n.text))
                                                                                 : std::string();
}

bool is_true(const yaml_node* n) {
    return n != nullptr && n->what == yaml_node::kind::scalar && equal_ignoring_case(n->text, "true");
}
bool is_false(const yaml_node* n) {
    return n != nullptr && n->what == yaml_node::kind::scalar && equal_ignoring_case(n->text, "false");
}

std::string decimal(double number) {
    std::array<char, 400> digits; // of 310 at most
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed).ptr;
    return {digits.data(), end};
}

std::string shown(std::string_view text) { return escape_for_terminal(excerpt(text, max_shown)); }

} // namespace loadsim::scenario::artillery
