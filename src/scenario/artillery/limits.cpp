#include "artillery/limits.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::size_t max_checks = 90; // a scenario may have 100 budgets, with those by default

/// How a metric of Artillery is called here, and the unit of its limits.
struct known_metric {
    std::string name;
    std::string_view unit; ///< ms; empty: a whole number
};

std::optional<known_metric> metric_of(std::string_view name) {
    constexpr std::string_view response_time = "http.response_time.";
    if (name.starts_with(response_time)) {
        const auto stat = name.substr(response_time.size());
        if (stat == "min" || stat == "max" || stat == "mean") return known_metric{fmt::format("e2e.{}", stat), "ms"};
        if (stat == "median") return known_metric{"e2e.p50", "ms"};
        for (const std::string_view percentile : {"p50", "p75", "p90", "p95", "p99", "p999"})
            if (stat == percentile) return known_metric{fmt::format("e2e.{}", stat), "ms"};
    }
    if (name == "vusers.failed") return known_metric{"unexpected", ""};
    if (name == "vusers.skipped") return known_metric{"outcomes.skipped", ""};
    if (name == "vusers.completed" || name == "http.responses") return known_metric{"e2e.count", ""};
    return std::nullopt;
}

std::optional<double> limit_number(std::string_view text) {
    text = trimmed(text);
    double made = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
    if (error != std::errc{} || end != text.data() + text.size() || !(made >= 0) || made > 1e9) return std::nullopt;
    return made;
}

class limit_translator {
public:
    limit_translator(const value_translator& values, note_list& notes) : values_(values), notes_(notes) {}

    void add_checks(const yaml_node& checks) {
        if (checks.what != yaml_node::kind::map)
            return notes_.add(checks, "'ensure' is not carried over: it is no map of checks");
        for (const auto* stat : {"min", "max", "median", "p95", "p99"})
            if (const auto* limit = find(checks, {stat}))
                add(*limit, fmt::format("http.response_time.{}", stat), "<", values_.number(*limit, stat), true);
        if (const auto* rate = find(checks, {"maxErrorRate"}))
            add_budget(fmt::format("unexpected.rate <= {}%", decimal(values_.number(*rate, "maxErrorRate"))), true);
        for (const auto* threshold : items_of(find(checks, {"thresholds"}))) {
            if (threshold->members.empty()) {
                notes_.add(*threshold, "a threshold that is no map is not carried over");
                continue;
            }
            for (const auto& m : threshold->members) add(m.value, m.key, "<", values_.number(m.value, m.key), true);
        }
        for (const auto* condition : items_of(find(checks, {"conditions"}))) add_condition(*condition);
        if (left_out_ != 0)
            notes_.add(checks, fmt::format("{} checks are not carried over: {} are the most", left_out_, max_checks));
        notes_.add_other_keys(
            checks, {"min", "max", "median", "p95", "p99", "maxErrorRate", "thresholds", "conditions"}, "'ensure'");
    }
    yaml_node take() { return std::move(made_); }

private:
    void add_budget(const std::string& text, bool is_strict) {
        if (made_.items.size() == max_checks) {
            ++left_out_;
            return;
        }
        auto budget = make_scalar(text);
        if (!is_strict) {
            budget = make_map("budget", std::move(budget));
            budget.add("severity", make_scalar("warn"));
        }
        made_.items.push_back(std::move(budget));
    }

    void add(const yaml_node& at, std::string_view name, std::string_view comparison, double limit, bool is_strict) {
        const auto metric = metric_of(name);
        if (!metric)
            return notes_.add(
                at, fmt::format("the check of '{}' is not carried over: docs/ci.md lists the metrics of budgets",
                                shown(name)));
        if (metric->unit.empty())
            limit = comparison == "<" || comparison == ">=" ? std::ceil(limit) : std::floor(limit);
        const bool holds_always = (comparison == ">=" && limit == 0) || (comparison == "<" && limit == 0);
        if (holds_always)
            return notes_.add(
                at,
                fmt::format("the check of '{}' is not carried over: its limit 0 holds always or never", shown(name)));
        add_budget(fmt::format("{} {} {}{}", metric->name, comparison, decimal(limit), metric->unit), is_strict);
    }

    /// Comparisons joined by `and`.
    void add_condition(const yaml_node& condition) {
        const auto* expression = find(condition, {"expression"});
        if (expression == nullptr || expression->what != yaml_node::kind::scalar)
            return notes_.add(condition, "a condition without 'expression' is not carried over");
        const bool is_strict = !is_false(find(condition, {"strict"}));
        std::string_view rest = expression->text;
        struct comparison {
            std::string_view metric, sign;
            double limit;
        };
        std::vector<comparison> all;
        constexpr std::string_view conjunction = " and ";
        while (!rest.empty()) {
            auto part = trimmed(rest.substr(0, rest.find(conjunction)));
            rest.remove_prefix(std::min(rest.size(), rest.find(conjunction) == std::string_view::npos
                                                         ? rest.size()
                                                         : rest.find(conjunction) + conjunction.size()));
            while (part.starts_with('(') && part.ends_with(')')) part = trimmed(part.substr(1, part.size() - 2));
            const auto at = part.find_first_of("<>=!");
            const auto length =
                at == std::string_view::npos ? 0 : std::min(part.find_first_not_of("<>=!", at), part.size()) - at;
            const auto sign = part.substr(std::min(at, part.size()), length);
            const auto limit = limit_number(part.substr(std::min(at, part.size()) + length));
            const auto metric = metric_of(trimmed(part.substr(0, at)));
            const bool is_known = sign == "<" || sign == "<=" || sign == ">" || sign == ">=" ||
                                  (sign == "==" && metric && metric->unit.empty());
            if (!limit || !metric || !is_known)
                return notes_.add(
                    condition, fmt::format("the condition '{}' is not carried over: write it as a budget (docs/ci.md)",
                                           shown(expression->text)));
            all.push_back({trimmed(part.substr(0, at)), sign, *limit});
        }
        for (const auto& c : all) add(condition, c.metric, c.sign, c.limit, is_strict);
    }

    const value_translator& values_;
    note_list& notes_;
    yaml_node made_ = make_node(yaml_node::kind::list);
    std::size_t left_out_ = 0; ///< checks above the limit
};

} // namespace

yaml_node translate_limits(const yaml_node& config, const value_translator& values, note_list& notes) {
    limit_translator made(values, notes);
    const auto* checks = find(config, {"ensure"});
    if (checks == nullptr) checks = find(config, {"plugins", "ensure"});
    if (checks != nullptr) made.add_checks(*checks);
    return made.take();
}

} // namespace loadsim::scenario::artillery
