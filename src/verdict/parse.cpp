#include "figure.hpp"
#include "tokens.hpp"

#include <loadsim/base/names.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/verdict/budget.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace loadsim::verdict {
namespace {

problems wrong(std::string text) { return problems{"", std::move(text)}; }

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
        if (text == op) return wrong(fmt::format("unknown operator '{}'; did you mean '{}'?", op, meant));
    return wrong(fmt::format("unknown operator '{}'; there are <, <=, ==, >=, >", op));
}

/// What may stand in braces behind a figure.
std::vector<std::string_view> labels_of(const budget& b) {
    using kind = budget::kind;
    if (b.figure.starts_with("campaigns.")) return {"campaign"};
    if (b.figure_kind == kind::latency || b.figure_kind == kind::latency_count) return {"service", "phase"};
    if (b.figure_kind == kind::recovery) return {"condition"};
    if (b.figure.starts_with("outcomes") || b.figure == "unexpected") return {"phase"};
    return {};
}

problems set_labels(budget& b, const std::vector<label>& labels) {
    const auto allowed = labels_of(b);
    for (const auto& [key, value] : labels) {
        if (allowed.empty()) return wrong(fmt::format("{} has no labels", b.figure));
        if (key == "service" && allowed.front() == "phase")
            return wrong(fmt::format("{} is not counted by service; only {{phase=NAME}} can be given", b.figure));
        if (std::ranges::find(allowed, key) == allowed.end()) return wrong(unknown_name("label", key, allowed));
        auto& label = key == "service"    ? b.service
                      : key == "phase"    ? b.phase
                      : key == "campaign" ? b.campaign
                                          : b.condition;
        label = value;
    }
    return {};
}

result<double> latency_limit(const budget& b, std::string_view limit) {
    if (limit.ends_with('%'))
        return wrong(
            fmt::format("'{}' is a share, and {}.{} is a duration; write one such as 250ms", limit, b.figure, b.stat));
    const auto duration = parse_duration(limit);
    if (!duration) return duration.error();
    return milliseconds(*duration);
}

result<double> count_limit(const budget& b, std::string_view limit) {
    std::uint64_t count{};
    const auto end = limit.data() + limit.size();
    const auto [stopped, error] = std::from_chars(limit.data(), end, count);
    if (error == std::errc{} && stopped == end) return static_cast<double>(count);
    const auto figure = b.stat.empty() ? b.figure : b.figure + "." + b.stat;
    if (limit.ends_with('%') && labels_of(b).size() == 1) // what is counted by phase or campaign has a rate too
        return wrong(
            fmt::format("'{}' is a share, and {} is a count; write {}.rate for a share", limit, figure, figure));
    return wrong(fmt::format("'{}' is not a whole number, and {} is a count; write one such as 0", limit, figure));
}

result<double> rate_limit(const budget& b, std::string_view limit) {
    if (!limit.ends_with('%'))
        return wrong(fmt::format("'{}' is not a percentage, and {}.rate is a share of the {}; write one such as 0.1%",
                                 limit, b.figure,
                                 b.figure.starts_with("campaigns.") ? "vehicles addressed" : "requests due"));
    const auto part = parse_share(limit);
    if (!part) return part.error();
    return part->of_one;
}

result<double> parse_limit(const budget& b, std::string_view limit) {
    switch (b.figure_kind) {
    case budget::kind::latency:
    case budget::kind::connect:
    case budget::kind::waited:
    case budget::kind::recovery: return latency_limit(b, limit);
    case budget::kind::rate: return rate_limit(b, limit);
    case budget::kind::latency_count:
    case budget::kind::connect_count:
    case budget::kind::waited_count:
    case budget::kind::count: break;
    }
    return count_limit(b, limit);
}

std::string normalised(const budget& b, const tokens& cut) {
    std::string text = b.figure;
    for (const auto& [key, value] : cut.labels)
        text += fmt::format("{}{}={}", text.size() == b.figure.size() ? "{" : ",", key, value);
    if (!cut.labels.empty()) text += "}";
    if (!b.stat.empty()) text += "." + b.stat;
    return fmt::format("{} {} {}", text, cut.op, cut.limit);
}

} // namespace

result<budget> parse_budget(std::string_view expression) {
    const auto parts = cut(expression);
    if (!parts) return parts.error();
    auto parsed = parse_figure(parts->figure);
    if (!parsed) return parsed;
    budget& b = *parsed;
    if (auto troubles = set_labels(b, parts->labels); !troubles.empty()) return troubles;
    const auto op = parse_operator(parts->op);
    if (!op) return op.error();
    b.op = *op;
    const auto limit = parse_limit(b, parts->limit);
    if (!limit) return limit.error();
    b.limit = *limit;
    b.expression = normalised(b, *parts);
    return parsed;
}

std::vector<std::string> check(const budget& b, const measure::legend& names) {
    std::vector<std::string> sentences;
    const auto look = [&](std::string_view what, std::string_view name, const std::vector<std::string>& known) {
        const std::vector<std::string_view> views(known.begin(), known.end());
        for (const auto& n : views)
            if (n == name) return;
        if (!name.empty()) sentences.push_back(unknown_name(what, name, views));
    };
    look("service", b.service, names.services);
    look("phase", b.phase, names.phases);
    look("condition", b.condition, names.conditions);
    look("campaign", b.campaign, names.campaigns);
    return sentences;
}

} // namespace loadsim::verdict
