#include "lexer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::verdict {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view operator_letters = "<>=!~";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view consume_until(std::string_view& text, std::string_view letters) {
    const auto consumed = text.substr(0, text.find_first_of(letters));
    text.remove_prefix(consumed.size());
    return consumed;
}

problems parse_error(std::string text) { return problems{"", std::move(text)}; }

result<std::vector<label>> parse_labels(std::string_view block) {
    std::vector<label> labels;
    for (bool more = true; more;) {
        const auto entry = consume_until(block, ",");
        more = !block.empty();
        if (more) block.remove_prefix(1);
        const auto equals = entry.find('=');
        const auto key = trimmed(entry.substr(0, equals));
        const auto value = equals == entry.npos ? std::string_view{} : trimmed(entry.substr(equals + 1));
        if (key.empty() || value.empty())
            return parse_error(
                fmt::format("'{{{}}}' is not a label; write {{service=NAME}} or {{phase=NAME}}", trimmed(entry)));
        const auto same = [&](const label& l) { return l.key == key; };
        if (std::ranges::any_of(labels, same)) return parse_error(fmt::format("label '{}' is given twice", key));
        labels.push_back({key, value});
    }
    return labels;
}

} // namespace

result<budget_tokens> tokenize(std::string_view expression) {
    budget_tokens tokens;
    auto rest = trimmed(expression);
    if (rest.empty()) return parse_error("a budget is missing; write one such as e2e.p99 < 1s");

    // Labels first: a phase may be named "a < b".
    tokens.metric = trimmed(consume_until(rest, "{<>=!~"));
    if (rest.starts_with('{')) {
        rest.remove_prefix(1);
        const auto block = consume_until(rest, "}");
        if (rest.empty()) return parse_error(fmt::format("'{{{}' has no closing brace", block));
        rest.remove_prefix(1);
        auto labels = parse_labels(block);
        if (!labels) return labels.error();
        tokens.labels = std::move(*labels);
        tokens.metric += trimmed(consume_until(rest, operator_letters));
    }
    const auto after_letters = rest.find_first_not_of(operator_letters);
    tokens.op = rest.substr(0, after_letters);
    tokens.limit = trimmed(rest.substr(tokens.op.size()));
    if (tokens.op.empty())
        return parse_error(
            fmt::format("'{}' has no operator; write a limit such as e2e.p99 < 1s", trimmed(expression)));
    if (tokens.metric.empty())
        return parse_error(fmt::format("a figure is missing before '{}'; write one such as e2e.p99", tokens.op));
    if (tokens.limit.empty()) return parse_error(fmt::format("a limit is missing after '{}'", tokens.op));
    return tokens;
}

} // namespace loadsim::verdict
