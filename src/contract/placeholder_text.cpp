#include <loadsim/contract/placeholder_text.hpp>

#include "template_compiler.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/template_symbols.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace loadsim::contract {
namespace {

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Removes and returns the text up to `end`, that included; nullopt: `end` is absent.
std::optional<std::string_view> take_through(std::string_view& rest, std::string_view end) {
    const auto at = rest.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const auto taken = rest.substr(0, at + end.size());
    rest.remove_prefix(taken.size());
    return taken;
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || std::string_view("_.$:-").find(c) != std::string_view::npos;
    });
}

/// True: a variable in some scope.
bool is_variable(std::string_view name) {
    constexpr std::string_view families[] = {"data.",   "segment.", "parameter.", "captured.",
                                             "signal.", "random:",  "command:"};
    return std::ranges::find(variable_names, name) != variable_names.end() ||
           std::ranges::any_of(families, [&](std::string_view f) { return name.starts_with(f); });
}

std::string sentence(std::string_view foreign, std::string_view name) {
    const auto ours = "{" + std::string(is_variable(name) ? name : "vin") + "}";
    return "'" + std::string(foreign) + "' is a placeholder of other tools and is sent as text; here " +
           (is_variable(name) ? "it is written " + ours : "values are written as " + ours + " or {data.COLUMN}");
}

std::string sample_text(std::string_view rest, bool with_environment) {
    std::string out;
    while (!rest.empty()) {
        const bool is_escaped = rest.starts_with("{{") && starts_placeholder(rest.substr(1));
        const bool is_tag = rest.starts_with("{#") || rest.starts_with("{/");
        const bool is_placeholder = !is_escaped && (starts_environment(rest) || starts_placeholder(rest));
        const auto from = rest;
        if (is_placeholder && take_through(rest, "}")) {
            const char* value = nullptr;
            if (with_environment && starts_environment(from))
                value = std::getenv(std::string(environment_name(from)).c_str());
            if (value != nullptr)
                out += value;
            else if (!is_tag)
                out += 'x';
            continue;
        }
        out += rest.front();
        rest.remove_prefix(is_escaped ? 2 : 1);
    }
    return out;
}

} // namespace

std::string sample_text(std::string_view text) { return sample_text(text, false); }
std::string known_text(std::string_view text) { return sample_text(text, true); }

std::vector<std::string> placeholder_names(std::string_view rest) {
    std::vector<std::string> all;
    while (!rest.empty()) {
        const bool is_escaped = rest.starts_with("{{") && starts_placeholder(rest.substr(1));
        const bool is_placeholder = !is_escaped && starts_placeholder(rest);
        if (!is_escaped && !is_placeholder && !starts_environment(rest)) {
            rest.remove_prefix(1);
            continue;
        }
        const auto found = take_through(rest, "}");
        if (!found) break;
        const auto name = found->substr(1, found->size() - 2);
        if (is_placeholder && !name.starts_with('#') && !name.starts_with('/')) all.emplace_back(name);
    }
    return all;
}

std::vector<std::string> environment_names(std::string_view rest) {
    std::vector<std::string> all;
    for (auto at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
        rest.remove_prefix(at);
        if (starts_environment(rest)) all.emplace_back(environment_name(rest));
        rest.remove_prefix(2);
    }
    return all;
}

std::vector<std::string> foreign_placeholders(std::string_view rest) {
    std::vector<std::string> all;
    while (!rest.empty()) {
        if (starts_environment(rest)) {
            take_through(rest, "}");
            continue;
        }
        const auto from = rest;
        if (rest.starts_with("${")) { // JMeter, JavaScript
            if (const auto found = take_through(rest, "}")) {
                all.push_back(sentence(*found, trimmed(found->substr(2, found->size() - 3))) +
                              "; an environment variable has capitals: ${NAME}");
                continue;
            }
        } else if (rest.starts_with("{{")) { // Artillery, Postman
            const auto found = take_through(rest, "}}").value_or("");
            const auto inner = found.empty() ? found : found.substr(2, found.size() - 4);
            // {{name}} is this program's own way to write braces; it is a mistake for a name that is a variable.
            if (is_name(trimmed(inner)) && (trimmed(inner) != inner || is_variable(inner))) {
                all.push_back(sentence(found, trimmed(inner)));
                continue;
            }
        } else if (rest.starts_with("{ ")) {
            const auto found = take_through(rest, "}").value_or("");
            const auto name = found.empty() ? found : trimmed(found.substr(1, found.size() - 2));
            if (is_variable(name)) {
                all.push_back(sentence(found, name));
                continue;
            }
        } else if (rest.size() > 1 && rest[0] == '%' &&
                   std::string_view("iuc").find(rest[1]) != std::string_view::npos &&
                   (rest.size() == 2 || !is_alphanumeric(rest[2]))) { // emqtt-bench; %c3 is percent encoding
            all.push_back(sentence(rest.substr(0, 2), rest[1] == 'i' ? "index" : rest[1] == 'c' ? "vin" : ""));
        }
        rest = from.substr(1);
    }
    return all;
}

} // namespace loadsim::contract
