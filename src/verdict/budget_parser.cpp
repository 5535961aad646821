#include "metric.hpp"
#include "qualifiers.hpp"
#include "telemetry_metrics.hpp"
#include "value_text.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/spelling.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/verdict/budget.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::verdict {
namespace {

struct label {
    std::string_view key;
    std::string_view value;
};

struct budget_tokens {
    std::string metric; ///< without labels: "e2e.p99"
    std::vector<label> labels;
    std::string_view op;
    std::string_view limit;
};

constexpr std::string_view operator_letters = "<>=!~";

std::string_view consume_until(std::string_view& text, std::string_view letters) {
    const auto consumed = text.substr(0, text.find_first_of(letters));
    text.remove_prefix(consumed.size());
    return consumed;
}

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
                fmt::format("'{{{}}}' is not a label; write one such as {{service=NAME}}", trimmed(entry)));
        const auto same = [&](const label& l) { return l.key == key; };
        if (std::ranges::any_of(labels, same)) return parse_error(fmt::format("label '{}' is given twice", key));
        labels.push_back({key, value});
    }
    return labels;
}

/// Splits an expression; does not check names. Views point into `expression`. Errors: a missing part, an unclosed
/// brace, a label without '='.
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
        return parse_error(fmt::format("a metric is missing before '{}'; write one such as e2e.p99", tokens.op));
    if (tokens.limit.empty()) return parse_error(fmt::format("a limit is missing after '{}'", tokens.op));
    return tokens;
}

result<comparison> parse_operator(std::string_view op) {
    constexpr std::array<std::pair<std::string_view, comparison>, 5> known{{{"<", comparison::less},
                                                                            {"<=", comparison::less_equal},
                                                                            {"==", comparison::equal},
                                                                            {">=", comparison::greater_equal},
                                                                            {">", comparison::greater}}};
    for (const auto& [text, meaning] : known)
        if (text == op) return meaning;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> slips{
        {{"=", "=="}, {"=<", "<="}, {"=>", ">="}, {"===", "=="}}};
    for (const auto& [text, meant] : slips)
        if (text == op) return parse_error(fmt::format("unknown operator '{}'; did you mean '{}'?", op, meant));
    return parse_error(fmt::format("unknown operator '{}'; there are <, <=, ==, >=, >", op));
}

/// Label keys allowed for the metric of a budget.
std::vector<std::string_view> allowed_labels(const budget& b) {
    if (b.metric.starts_with("campaigns.")) return {"campaign"};
    if (b.metric.starts_with("observers.")) return {"observer"};
    if (b.metric_kind == budget::kind::recovery) return {"condition"};
    if (is_of_telemetry(b))
        return is_of_backlogs(b) ? std::vector<std::string_view>{} : std::vector<std::string_view>{"group"};
    if (is_of_taps(b) && is_duration(b)) return {"tap"};
    if (is_of_taps(b)) return {"tap", "group"};
    if (is_of_requests(b)) return {"service", "segment", "phase", "condition"};
    return {};
}

std::string& label_of(budget& b, std::string_view key) {
    if (key == "service") return b.service;
    if (key == "segment") return b.segment;
    if (key == "phase") return b.phase;
    if (key == "observer") return b.observer;
    if (key == "group") return b.group;
    if (key == "tap") return b.tap;
    return key == "campaign" ? b.campaign : b.condition;
}

problems set_labels(budget& b, const std::vector<label>& labels) {
    const auto allowed = allowed_labels(b);
    for (const auto& [key, value] : labels) {
        if (allowed.empty()) return parse_error(fmt::format("{} has no labels", b.metric));
        if (std::ranges::find(allowed, key) == allowed.end()) return parse_error(unknown_name("label", key, allowed));
        label_of(b, key) = value;
    }
    return {};
}

/// Metric with its statistic.
std::string metric_name(const budget& b) { return b.stat.empty() ? b.metric : b.metric + "." + b.stat; }

result<double> parse_latency_limit(const budget& b, std::string_view limit) {
    if (limit.ends_with('%'))
        return parse_error(
            fmt::format("'{}' is a share, and {} is a duration; write one such as 250ms", limit, metric_name(b)));
    const auto duration = parse_duration(limit);
    if (!duration) return duration.error();
    return milliseconds(*duration);
}

/// Whole of which `metric.rate` is a share; empty: the metric has no rate.
std::string_view rate_base_of(const budget& b) {
    if (b.metric_kind != budget::kind::count && b.metric_kind != budget::kind::rate) return {};
    if (b.metric.starts_with("campaigns.")) return "vehicles addressed";
    if (b.metric.starts_with("sessions.tls.")) return "TLS handshakes";
    return b.metric.starts_with("outcomes") || b.metric == "unexpected" ? "requests due" : std::string_view{};
}

result<double> parse_count_limit(const budget& b, std::string_view limit) {
    std::uint64_t count{};
    const auto end = limit.data() + limit.size();
    const auto [stopped, error] = std::from_chars(limit.data(), end, count);
    if (error == std::errc{} && stopped == end) return static_cast<double>(count);
    const auto metric = metric_name(b);
    if (limit.ends_with('%') && !rate_base_of(b).empty())
        return parse_error(
            fmt::format("'{}' is a share, and {} is a count; write {}.rate for a share", limit, metric, metric));
    return parse_error(
        fmt::format("'{}' is not a whole number, and {} is a count; write one such as 0", limit, metric));
}

result<double> parse_rate_limit(const budget& b, std::string_view limit) {
    if (!limit.ends_with('%'))
        return parse_error(
            fmt::format("'{}' is not a percentage, and {}.rate is a share of the {}; write one such as 0.1%", limit,
                        b.metric, rate_base_of(b)));
    const auto fraction_limit = parse_fraction(limit);
    if (!fraction_limit) return fraction_limit.error();
    return fraction_limit->value;
}

result<double> parse_cost_limit(const budget& b, std::string_view limit) {
    double amount{};
    const auto end = limit.data() + limit.size();
    const auto [stopped, error] = std::from_chars(limit.data(), end, amount, std::chars_format::fixed);
    if (error == std::errc{} && stopped == end && std::isfinite(amount) && !std::signbit(amount)) return amount;
    return parse_error(
        fmt::format("'{}' is no amount, and {} is one in the currency of the prices; write a number such "
                    "as 0.02",
                    limit, metric_name(b)));
}

result<double> parse_limit(const budget& b, std::string_view limit) {
    switch (b.metric_kind) {
    case budget::kind::latency:
    case budget::kind::connect:
    case budget::kind::queue_wait:
    case budget::kind::recovery: return parse_latency_limit(b, limit);
    case budget::kind::rate: return parse_rate_limit(b, limit);
    case budget::kind::cost: return parse_cost_limit(b, limit);
    case budget::kind::latency_count:
    case budget::kind::connect_count:
    case budget::kind::queue_wait_count:
    case budget::kind::count: break;
    }
    return parse_count_limit(b, limit);
}

/// Of a share that cannot be above 1; an addressed vehicle may have several duplicates.
bool is_limit_of_whole(const budget& b) {
    return b.metric_kind == budget::kind::rate && b.limit == 1 && b.metric != "campaigns.duplicates";
}

/// Part of a sentence; empty: a value can be within the limit.
std::string_view reason_never_to_hold(const budget& b) {
    if (b.op == comparison::less && b.limit == 0) return "no value is below 0";
    if (b.op == comparison::greater && is_limit_of_whole(b)) return "no share is above 100%";
    return {};
}

std::string normalised(const budget& b, const budget_tokens& tokens) {
    std::string text = b.metric;
    for (const auto& [key, value] : tokens.labels)
        text += fmt::format("{}{}={}", text.size() == b.metric.size() ? "{" : ",", key, value);
    if (!tokens.labels.empty()) text += "}";
    if (!b.stat.empty()) text += "." + b.stat;
    return fmt::format("{} {} {}", text, tokens.op, tokens.limit);
}

} // namespace

result<budget> parse_budget(std::string_view expression) {
    const auto tokens = tokenize(expression);
    if (!tokens) return tokens.error();
    auto parsed = parse_metric(tokens->metric);
    if (!parsed) return parsed;
    budget& b = *parsed;
    if (auto label_problems = set_labels(b, tokens->labels); !label_problems.empty()) return label_problems;
    const auto op = parse_operator(tokens->op);
    if (!op) return op.error();
    b.op = *op;
    const auto limit = parse_limit(b, tokens->limit);
    if (!limit) return limit.error();
    b.limit = *limit;
    b.expression = b.limit_expression = normalised(b, *tokens);
    if (const auto reason = reason_never_to_hold(b); !reason.empty())
        return parse_error(
            fmt::format("'{}' never holds: {}; write a limit that a good run keeps", b.expression, reason));
    return parsed;
}

bool always_holds(const budget& b) {
    return (b.op == comparison::greater_equal && b.limit == 0) ||
           (b.op == comparison::less_equal && is_limit_of_whole(b));
}

std::vector<std::string> check(const budget& b, const measure::labels& names) {
    std::vector<std::string> errors;
    const auto check_name = [&](std::string_view what, std::string_view name, const std::vector<std::string>& known) {
        const std::vector<std::string_view> views(known.begin(), known.end());
        for (const auto& n : views)
            if (n == name) return;
        if (!name.empty()) errors.push_back(unknown_name(what, name, views));
    };
    check_name("service", b.service, names.services);
    check_name("segment", b.segment, names.segments);
    check_name("phase", b.phase, names.phases);
    check_name("condition", b.condition, names.conditions);
    check_name("campaign", b.campaign, names.campaigns);
    check_name("observer", b.observer, names.observers);
    if (!names.telemetry.empty()) check_name("group", b.group, names.telemetry);
    if (!names.taps.empty()) check_name("tap", b.tap, names.taps);
    for (const auto& name : b.during) check_name("phase", name, names.phases);
    for (const auto& name : b.except) check_name("phase", name, names.phases);
    std::ranges::move(check_telemetry(b, names), std::back_inserter(errors));
    std::ranges::move(check_qualifiers(b, names), std::back_inserter(errors));
    return errors;
}

} // namespace loadsim::verdict
