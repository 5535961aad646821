#include "artillery/values.hpp"

#include "artillery/names.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/placeholder_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace loadsim::scenario::artillery {
namespace {

constexpr int max_value_depth = 20;        // of a JSON value, and of variables within variables
constexpr std::size_t max_listed = 100;    // choices of a parameter
constexpr std::size_t max_characters = 64; // of $randomString()
constexpr std::size_t max_spent = std::size_t{16} * 1024 * 1024;

bool is_placeholder_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" \t\r\n$_.[]'\"-").find(c) != std::string_view::npos;
}

/// A {{ placeholder }} at the start of a text.
struct found_placeholder {
    std::string_view name;
    std::size_t length = 0; ///< 0: there is none
    bool is_call = false;
};

found_placeholder placeholder_at(std::string_view text) {
    if (!text.starts_with("{{")) return {};
    const auto from = text.starts_with("{{{") ? 3U : 2U;
    const auto to = std::ranges::find_if_not(text.begin() + from, text.end(), is_placeholder_character);
    auto end = static_cast<std::size_t>(to - text.begin());
    const auto name = trimmed(text.substr(from, end - from));
    if (text.substr(end).starts_with("}}")) {
        if (end == from) return {};
        end += text.substr(end).starts_with("}}}") ? 3 : 2;
        return {name, end, false};
    }
    // {{ $function(1, 2) }}
    const auto close = text.find("}}", end);
    if (!name.starts_with('$') || from != 2 || close == std::string_view::npos || text[end] != '(') return {};
    const auto call = trimmed(text.substr(2, close - 2));
    if (!call.ends_with(')') || call.find_first_of("{}") != std::string_view::npos) return {};
    return {call, close + 2, true};
}

std::optional<long long> whole_number(std::string_view text) {
    text = trimmed(text);
    long long made = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(made) : std::nullopt;
}

/// Next key of a path such as a.b[0]["c"]; it is removed from the path.
std::string_view take_key(std::string_view& path) {
    if (path.starts_with('.')) path.remove_prefix(1);
    if (path.starts_with('[')) {
        auto key = path.substr(1, path.find(']') == std::string_view::npos ? path.size() : path.find(']') - 1);
        path.remove_prefix(std::min(key.size() + 2, path.size()));
        if (key.size() >= 2 && (key.front() == '"' || key.front() == '\'')) key = key.substr(1, key.size() - 2);
        return key;
    }
    const auto key = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(key.size());
    return key;
}

/// Value at a path of keys below a node; nullptr: there is none.
const yaml_node* at_path(const yaml_node* from, std::string_view path) {
    while (from != nullptr && !path.empty()) {
        const auto key = take_key(path);
        if (from->what == yaml_node::kind::list) {
            const auto index = whole_number(key);
            from = index && *index >= 0 && static_cast<std::size_t>(*index) < from->items.size()
                       ? &from->items[static_cast<std::size_t>(*index)]
                       : nullptr;
        } else {
            from = from->find(key);
        }
    }
    return from;
}

/// Name of the environment variable in $env.NAME or $processEnvironment.NAME; empty: the text is another one.
std::string_view variable_name(std::string_view name) {
    for (const std::string_view prefix : {"$env.", "$processEnvironment."})
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    return {};
}

void add_names(std::string_view text, std::vector<std::string>& all) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto found = placeholder_at(text.substr(i));
        if (found.length == 0) continue;
        if (auto name = found.name; !found.is_call) all.emplace_back(take_key(name));
        i += found.length - 1;
    }
}

} // namespace

std::vector<std::string> placeholder_names(const yaml_node& n) {
    std::vector<std::string> all;
    add_names(n.text, all);
    const auto add_all = [&all](std::vector<std::string> more) { all.insert(all.end(), more.begin(), more.end()); };
    for (const auto& item : n.items) add_all(placeholder_names(item));
    for (const auto& m : n.members) {
        add_names(m.key, all);
        add_all(placeholder_names(m.value));
    }
    return all;
}

value_translator::value_translator(const yaml_node& config, const payload_table& payload,
                                   const artillery_options& options, std::string environment, note_list& notes)
    : config_(config), payload_(payload), options_(options), environment_(std::move(environment)), notes_(notes) {}

std::string value_translator::literal(const yaml_node& at, std::string_view text, text_use use) {
    std::string encoded;
    if (use == text_use::component)
        encoded = percent_encode(text, url_part::component);
    else if (use == text_use::json)
        append_json_escaped(text, encoded);
    else
        encoded = text;
    std::string made;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        const char c = encoded[i];
        const char next = i + 1 < encoded.size() ? encoded[i + 1] : ' ';
        const auto is_name = [](char first) {
            return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '#' || first == '/';
        };
        const bool is_doubled = next == '{' && i + 2 < encoded.size() && is_name(encoded[i + 2]);
        const bool opens = c == '{' && (is_name(next) || is_doubled);
        if (use == text_use::url && (c == '{' || c == '#')) {
            made += c == '{' ? "%7B" : "%23";
            continue;
        }
        if (!opens) {
            made += c;
            continue;
        }
        // {{name}} is the text {name}.
        const auto end = is_doubled ? std::string::npos : encoded.find_first_of("{}", i + 1);
        if (end == std::string::npos || encoded[end] == '{') {
            notes_.add(
                at, fmt::format("a blank is inserted behind '{{' of '{}': write the text in another way", shown(text)));
            made += "{ ";
            continue;
        }
        made += fmt::format("{{{{{}}}}}", encoded.substr(i + 1, end - i - 1));
        i = end;
    }
    return made;
}

std::string value_translator::text(const yaml_node& n, const value_scope& scope, text_use use) {
    if (n.what == yaml_node::kind::null) return "null";
    if (n.what != yaml_node::kind::scalar) {
        const auto whole = json(n, scope);
        return use == text_use::plain ? whole : literal(n, whole, use);
    }
    return rendered(n, n.text, scope, use, 0);
}

std::string value_translator::rendered(const yaml_node& at, std::string_view text, const value_scope& scope,
                                       text_use use, int depth) {
    std::string made;
    if (!spend(at, text.size())) return made;
    std::size_t from = 0;
    const auto add_literal = [&](std::size_t until) { made += literal(at, text.substr(from, until - from), use); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto found = placeholder_at(text.substr(i));
        if (found.length == 0) continue;
        add_literal(i);
        from = i + found.length;
        i = from - 1;
        auto value = found.is_call ? resolve_function(at, found.name) : resolve(at, found.name, scope);
        if (value.is_placeholder) {
            if (made.ends_with('{')) made += ' '; // {{ would be an escape
            if (use == text_use::url && !value.text.starts_with('$')) value.text.insert(1, "raw:");
            made += value.text;
        } else if (value.literal != nullptr && value.literal->what == yaml_node::kind::scalar &&
                   depth < max_value_depth) {
            made += rendered(*value.literal, value.literal->text, scope, use, depth + 1);
        } else if (value.literal != nullptr) {
            const auto whole = json_within(*value.literal, scope, depth + 1);
            made += use == text_use::plain ? whole : literal(at, whole, use);
        } else {
            made += literal(at, value.text, use);
        }
    }
    add_literal(text.size());
    return made;
}

std::string value_translator::json(const yaml_node& n, const value_scope& scope) { return json_within(n, scope, 0); }

std::string value_translator::json_within(const yaml_node& n, const value_scope& scope, int depth) {
    if (!spend(n, 1)) return "null";
    if (depth > max_value_depth) {
        notes_.add(n, "a value nested this deep is not carried over: null stands for it");
        return "null";
    }
    std::string made;
    const auto quoted = [&](std::string_view text) {
        return fmt::format("\"{}\"", rendered(n, text, scope, text_use::json, depth));
    };
    if (n.what == yaml_node::kind::list) {
        for (const auto& item : n.items) made += (made.empty() ? "" : ",") + json_within(item, scope, depth + 1);
        return fmt::format("[{}]", made);
    }
    if (n.what == yaml_node::kind::map) {
        for (const auto& m : n.members)
            made += (made.empty() ? "" : ",") + quoted(m.key) + ':' + json_within(m.value, scope, depth + 1);
        return fmt::format("{{{}}}", made);
    }
    if (auto plain = json_literal(n); !plain.empty()) return plain;
    // A placeholder alone keeps the type of its value.
    if (const auto found = placeholder_at(n.text);
        found.length == n.text.size() && !found.is_call && found.length != 0) {
        const auto value = resolve(n, found.name, scope);
        if (value.is_placeholder && value.is_typed) return value.text;
        if (value.is_placeholder) return fmt::format("\"{}\"", value.text);
        if (value.literal != nullptr) return json_within(*value.literal, scope, depth + 1);
        return value.is_typed && !value.text.empty() ? value.text
                                                     : fmt::format("\"{}\"", literal(n, value.text, text_use::json));
    }
    return quoted(n.text);
}

bool value_translator::spend(const yaml_node& at, std::size_t bytes) {
    spent_ += 1 + bytes;
    if (spent_ <= max_spent) return true;
    notes_.add(at, "this and all that follows is cut off: the texts are too large, with the variables in them");
    return false;
}

value_translator::resolved_value value_translator::unknown(const yaml_node& at, std::string_view name,
                                                           std::string_view why) {
    notes_.add(at, fmt::format("'{{{{ {} }}}}' is not carried over, 'undefined' stands for it: {}", shown(name), why));
    return {.text = "undefined"};
}

value_translator::resolved_value value_translator::resolve_function(const yaml_node& at, std::string_view call) {
    const auto open = call.find('(');
    const auto name = trimmed(call.substr(0, open));
    const auto inner = call.substr(open + 1, call.size() - open - 2);
    const auto comma = inner.find(',');
    const auto first = whole_number(inner.substr(0, comma));
    if (name == "$randomNumber" && comma != std::string_view::npos) {
        const auto last = whole_number(inner.substr(comma + 1));
        constexpr long long widest = 1LL << 52;
        if (first && last && *first <= *last && *last <= widest && *first >= -widest)
            return {.text = fmt::format("{{random:{}..{}}}", *first, *last), .is_placeholder = true};
    }
    if (name == "$randomString") {
        const auto length = trimmed(inner).empty() ? std::optional<long long>(10) : first;
        if (length && *length > 0 && *length <= static_cast<long long>(max_characters)) {
            notes_.add(at, "$randomString has hexadecimal digits instead of letters and digits");
            return {.text = fmt::format("{{random:hex:{}}}", *length), .is_placeholder = true};
        }
    }
    return unknown(at, call, "write one of {random:1..6}, {random:a|b}, {random:hex:8} and {random:uuid}");
}

value_translator::resolved_value value_translator::resolve(const yaml_node& at, std::string_view name,
                                                           const value_scope& scope) {
    if (const auto variable = variable_name(name); !variable.empty()) {
        auto made = fmt::format("${{{}}}", variable);
        if (contract::environment_names(made) == std::vector<std::string>{std::string(variable)})
            return {.text = std::move(made), .is_placeholder = true};
        return unknown(at, name, "the name of an environment variable has capitals, digits and '_'");
    }
    if (name == "$uuid") return {.text = "{random:uuid}", .is_placeholder = true};
    if (name == "$environment" && !environment_.empty()) return {.text = environment_};
    if (const auto known = scope.captured->find(std::string(name)); known != scope.captured->end())
        return {.text = fmt::format("{{captured.{}}}", known->second), .is_placeholder = true, .is_typed = true};
    if (auto found = variable(at, name, scope)) return std::move(*found);
    if (const auto* column = payload_.find(name)) {
        if (scope.is_hook) {
            notes_.add(at,
                       fmt::format("'{{{{ {} }}}}' is that of the first line of the payload: the request is sent once",
                                   shown(name)));
            return {.text = payload_.first(*column)};
        }
        auto text = column->name == "vin" ? std::string("{vin}") : fmt::format("{{data.{}}}", column->name);
        return {.text = std::move(text), .is_placeholder = true, .is_typed = column->cast};
    }
    if (name == "target")
        if (const auto* target = find(config_, {"target"}))
            return target->text.find("{{") == std::string::npos ? resolved_value{.text = target->text}
                                                                : unknown(at, name, "write the URL");
    return unknown(at, name,
                   name.starts_with('$') ? "loadsim has no such value"
                                         : "it is neither in config.variables nor in a payload, and no request "
                                           "that is carried over captures it");
}

std::optional<value_translator::resolved_value> value_translator::variable(const yaml_node& at, std::string_view name,
                                                                           const value_scope& scope) {
    const auto* variables = find(config_, {"variables"});
    if (variables == nullptr) return std::nullopt;
    auto path = name;
    const std::string key(take_key(path));
    const auto* found = variables->find(key);
    if (found == nullptr) return std::nullopt;
    if (found->what != yaml_node::kind::list) {
        const auto* inner = at_path(found, path);
        if (inner == nullptr) return unknown(at, name, "the variable has no such part");
        return resolved_value{.text = {}, .literal = inner};
    }
    // Artillery chooses one of the list for each virtual user.
    if (!path.empty()) return unknown(at, name, "a part of a value that is chosen from a list");
    return list_parameter(*found, key, scope);
}

value_translator::resolved_value value_translator::list_parameter(const yaml_node& list, const std::string& name,
                                                                  const value_scope& scope) {
    if (list.items.empty()) return unknown(list, name, "the list is empty");
    const bool has_only_scalars =
        std::ranges::all_of(list.items, [](const yaml_node& item) { return item.what == yaml_node::kind::scalar; });
    const bool is_fixed = scope.is_hook || !has_only_scalars || !is_plain_name(name);
    if (is_fixed) {
        notes_.add(list, fmt::format("of the variable '{}' the first value is used: {}", shown(name),
                                     scope.is_hook      ? "a request before or after the load is sent once"
                                     : has_only_scalars ? "its name cannot be that of a parameter"
                                                        : "values of a parameter are texts and numbers"));
        return {.text = {}, .literal = &list.items.front()};
    }
    const bool has_texts =
        std::ranges::all_of(list.items, [](const yaml_node& item) { return json_literal(item).empty(); });
    if (parameters_.find(name) == nullptr) {
        auto choices = make_node(yaml_node::kind::list);
        for (const auto& item : list.items) {
            if (choices.items.size() == max_listed) {
                notes_.add(list, fmt::format("of the variable '{}' the first {} values are used", name, max_listed));
                break;
            }
            if (item.text.find("{{") != std::string::npos)
                notes_.add(item, "'{{ }}' in a list of values is not carried over: values are texts, not templates");
            choices.items.push_back(make_scalar(item.text));
        }
        parameters_.add(name, make_map("choose", std::move(choices)));
    }
    return {.text = fmt::format("{{parameter.{}}}", name), .is_placeholder = true, .is_typed = !has_texts};
}

std::string value_translator::configured(const yaml_node& n, std::string_view what) const {
    if (n.what != yaml_node::kind::scalar) throw unusable_script{n.location, fmt::format("{} is no number", what)};
    const auto text = trimmed(n.text);
    const auto found = placeholder_at(text);
    if (found.length == 0) return std::string(text);
    const auto name = variable_name(found.name);
    if (found.length != text.size() || name.empty())
        throw unusable_script{
            n.location, fmt::format("{} is '{}', which an import does not know: write the number", what, shown(text))};
    const auto set = options_.variable ? options_.variable(std::string(name)) : std::nullopt;
    if (!set)
        throw unusable_script{
            n.location,
            fmt::format("{} is that of the environment variable {}, which is not set: export it", what, shown(name))};
    notes_.add(n, fmt::format("{} is fixed at '{}', the value of the environment variable {} at the import", what,
                              shown(*set), shown(name)));
    return std::string(trimmed(*set));
}

double value_translator::number(const yaml_node& n, std::string_view what) const {
    const auto text = configured(n, what);
    double made = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
    if (error != std::errc{} || end != text.data() + text.size() || !(made >= 0) || made > 1e12)
        throw unusable_script{n.location,
                              fmt::format("{} is '{}', which is no number from 0 to 1e12", what, shown(text))};
    return made;
}

yaml_node value_translator::take_parameters() { return std::exchange(parameters_, make_node(yaml_node::kind::null)); }

} // namespace loadsim::scenario::artillery
