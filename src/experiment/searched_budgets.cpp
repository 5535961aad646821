#include "searched_budgets.hpp"

#include <loadsim/measure/quantile_interval.hpp>
#include <loadsim/verdict/default_budgets.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace loadsim::experiment {
namespace {

using kind = verdict::budget::kind;

bool is_count_of_all(const verdict::budget& b) {
    return b.metric_kind == kind::count || b.metric_kind == kind::latency_count ||
           b.metric_kind == kind::connect_count || b.metric_kind == kind::queue_wait_count;
}

bool is_of_connects(const verdict::budget& b) {
    return b.metric_kind == kind::connect || b.metric_kind == kind::connect_count || verdict::is_of_tls(b);
}

} // namespace

bool is_lower_limit(const verdict::budget& b) {
    return b.op == verdict::comparison::greater || b.op == verdict::comparison::greater_equal;
}

std::string reason_not_judged(load_metric metric, const verdict::budget& b) {
    const std::string_view name = b.metric;
    if (b.severity == verdict::budget_severity::warn) return "its severity is warn";
    if (verdict::always_holds(b)) return "it always holds";
    if (b.metric_kind == kind::recovery || !b.condition.empty()) return "a step has no conditions";
    if (name.starts_with("campaigns.")) return "a step has no campaigns";
    if (name.starts_with("queued.")) return "queued commands belong to vehicles that return, and a step may end before";
    if (name.starts_with("telemetry.backlog")) return "a backlog may drain after its step";
    if (is_count_of_all(b) && is_lower_limit(b)) return "a count from below depends on the length of a step";
    if (b.metric_kind == kind::cost) return "a step is a part of what is paid for";
    if (metric == load_metric::rate && is_of_connects(b)) return "sessions stay up: none is opened in a step";
    if (metric == load_metric::connect_rate && !name.starts_with("sessions.")) return "a step has connects only";
    return {};
}

problems part_errors(const std::vector<verdict::budget>& budgets) {
    problems errors;
    for (const auto& b : budgets) {
        if (b.over.count() == 0 && b.during.empty() && b.except.empty() && b.phase.empty()) continue;
        const std::string_view qualifier = b.over.count() != 0 ? "over"
                                           : !b.during.empty() ? "during"
                                           : !b.except.empty() ? "except"
                                                               : "phase=";
        errors.add("budgets", fmt::format("'{}' is about a part of the load, and a capacity search judges whole steps: "
                                          "remove `{}`, or the budget",
                                          b.expression, qualifier));
    }
    return errors;
}

bool is_default(const verdict::budget& b) {
    return std::ranges::any_of(verdict::missing_default_budgets({}, {.requests = true, .telemetry = true}),
                               [&](const verdict::budget& one) { return one.expression == b.expression; });
}

bool has_interval(const verdict::budget& b) {
    return b.stat.starts_with('p') && b.percentile > 0 && b.percentile < 100;
}

std::uint64_t samples_needed(const verdict::budget& b) {
    if (has_interval(b)) return measure::samples_to_carry(b.percentile);
    if (b.metric_kind != kind::rate || is_lower_limit(b) || b.limit <= 0) return 1;
    return static_cast<std::uint64_t>(std::ceil(3 / b.limit));
}

} // namespace loadsim::experiment
