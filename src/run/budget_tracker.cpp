#include "budget_tracker.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::run {
namespace {

/// Intervals end up to this much before or after a whole second of the load.
constexpr nanoseconds interval_tolerance = std::chrono::milliseconds{500};

} // namespace

budget_tracker::budget_tracker(const std::vector<verdict::budget>& budgets, measure::labels labels)
    : labels_(std::move(labels)) {
    for (const auto& b : budgets) {
        if (!verdict::has_part(b) && !b.abort_after) continue;
        auto& one = all_.emplace_back(tracked{.budget = b, .part = {}});
        one.part.budget = b.expression;
    }
}

void budget_tracker::add_interval(const span& at, const measure::totals& interval, const measure::totals& sum) {
    for (auto& one : all_) {
        const auto& b = one.budget;
        if (b.over.count() != 0) {
            if (at.phase && verdict::covers_phase(b, *at.phase))
                add_to_window(one, at, interval);
            else
                one.window_begin.reset();
        } else if (verdict::has_part(b)) {
            // Connecting and draining are no phases: `except` alone leaves them in.
            if (at.phase ? verdict::covers_phase(b, *at.phase) : b.during.empty()) {
                one.part.sum.add(verdict::part_of(b, interval));
                one.has_part = true;
            }
        }
        const bool may_abort = at.phase && at.is_followed && early_end_.empty();
        if (may_abort && b.abort_after && at.end >= *b.abort_after) check_abort(one, at.end, sum);
    }
}

void budget_tracker::add_to_window(tracked& one, const span& at, const measure::totals& interval) {
    if (!one.window_begin) {
        one.window_begin = at.begin;
        one.window = {};
    }
    one.window.add(verdict::part_of(one.budget, interval));
    if (at.end - *one.window_begin + interval_tolerance < one.budget.over) return;
    const auto from = std::exchange(one.window_begin, std::nullopt).value();
    auto result = verdict::evaluate_part(one.budget, one.window, labels_);
    if (result.verdict == verdict::budget_verdict::no_data) return;
    const auto windows = one.part.windows + 1;
    if (!one.has_part || verdict::is_worse(one.budget, result, one.worst)) {
        one.part = {.budget = one.budget.expression, .sum = std::move(one.window), .from = from, .until = at.end};
        one.worst = std::move(result);
    }
    one.part.windows = windows;
    one.has_part = true;
}

void budget_tracker::check_abort(const tracked& one, nanoseconds now, const measure::totals& sum) {
    const auto& b = one.budget;
    if (verdict::has_part(b) && !one.has_part) return;
    const auto result =
        b.over.count() != 0
            ? one.worst
            : verdict::evaluate_part(b, verdict::has_part(b) ? one.part.sum : verdict::part_of(b, sum), labels_);
    if (result.verdict != verdict::budget_verdict::fail) return;
    early_end_ =
        fmt::format("{} of load, because the budget {} was missed (observed {})",
                    format_duration(std::chrono::round<std::chrono::seconds>(now)), b.expression, result.observed_text);
}

std::vector<measure::budget_part> budget_tracker::parts() const {
    std::vector<measure::budget_part> parts;
    for (const auto& one : all_)
        if (one.has_part) parts.push_back(one.part);
    return parts;
}

} // namespace loadsim::run
