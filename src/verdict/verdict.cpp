#include <loadsim/verdict/verdict.hpp>

#include "validity.hpp"

#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

namespace loadsim::verdict {
namespace {

using end_reason = measure::run_result::end_reason;

/// Collects reasons; the first one sets verdict and exit code.
struct verdict_builder {
    evaluation result{run_verdict::pass, exit_code::pass, {}, {}};

    void add(run_verdict verdict, exit_code code, std::string reason) {
        if (result.reasons.empty()) {
            result.verdict = verdict;
            result.code = code;
        }
        result.reasons.push_back(std::move(reason));
    }
};

void check_ledger(verdict_builder& builder, const measure::run_result& run) {
    const auto report_bug = [&](std::string sentence) {
        builder.add(run_verdict::invalid, exit_code::internal_error,
                    "The ledger does not add up, which is a bug in loadsim: " + std::move(sentence) + ".");
    };
    const auto& requests = run.sum.requests;
    if (run.ended == end_reason::aborted) { // some were in flight
        if (requests.due < requests.ended())
            report_bug(fmt::format("requests due: {}, requests with an outcome: {}", requests.due, requests.ended()));
        return;
    }
    if (requests.due != requests.ended())
        report_bug(fmt::format("requests due: {}, requests with an outcome: {}", requests.due, requests.ended()));
    if (run.left_open != 0) report_bug(fmt::format("requests left open at the end: {}", run.left_open));
    if (run.ended == end_reason::complete && requests.due != run.planned_arrivals)
        report_bug(fmt::format("requests planned: {}, requests that came due in a complete run: {}",
                               run.planned_arrivals, requests.due));
}

void check_end_reason(verdict_builder& builder, const measure::run_result& run) {
    if (run.ended == end_reason::interrupted || run.aborted_after_interrupt)
        builder.add(run_verdict::invalid, exit_code::interrupted,
                    "The run was interrupted (Ctrl-C) before its plan was done: its figures are those of a part.");
    if (run.ended == end_reason::terminated)
        builder.add(
            run_verdict::invalid, exit_code::invalid,
            "The run was terminated (SIGTERM or SIGHUP) before its plan was done: its figures are those of a part.");
    if (run.ended == end_reason::aborted)
        builder.add(
            run_verdict::invalid, exit_code::invalid,
            fmt::format("The run was cut off: {}. This is what had been seen until then; requests under way: {}.",
                        run.abort_reason, run.sum.requests.due - run.sum.requests.ended()));
}

void check_early_end(verdict_builder& builder, const measure::run_result& run) {
    if (run.ended == end_reason::budget)
        builder.add(run_verdict::fail, exit_code::missed,
                    fmt::format("The run ended early after {}. Its figures are those of a part.", run.abort_reason));
}

void check_budgets(verdict_builder& builder) {
    // In this order: a budget that was missed stays so, whatever another one leaves open.
    constexpr std::tuple<budget_verdict, run_verdict, exit_code> rules[] = {
        {budget_verdict::fail, run_verdict::fail, exit_code::missed},
        {budget_verdict::undecided, run_verdict::invalid, exit_code::invalid},
        {budget_verdict::no_data, run_verdict::no_data, exit_code::no_data}};
    for (const auto& [of_budget, verdict, code] : rules)
        for (const auto& r : builder.result.budgets)
            if (r.verdict == of_budget && r.severity == budget_severity::fail)
                builder.add(verdict, code, fmt::format("Budget {}.", r.sentence));
}

/// Notes, after all reasons: the first reason decides.
void note_warnings(verdict_builder& builder) {
    for (const auto& j : builder.result.budgets)
        if (j.severity == budget_severity::warn && j.verdict != budget_verdict::pass)
            builder.add(run_verdict::pass, exit_code::pass, fmt::format("Warning: budget {}.", j.sentence));
}

} // namespace

std::string_view to_string(run_verdict v) {
    constexpr std::string_view names[] = {"pass", "fail", "no data", "invalid"};
    return names[static_cast<std::size_t>(v)];
}

evaluation evaluate(const measure::run_result& run, const std::vector<budget>& limits, const measure::labels& names,
                    bool strict) {
    verdict_builder builder;
    auto valid = validity_of(run, names);
    const auto judged =
        valid.late_phases.empty() ? std::nullopt : std::optional(without_phases(run, valid.late_phases));
    for (const auto& b : limits) {
        builder.result.budgets.push_back(evaluate_budget(b, judged ? *judged : run, names, strict));
        builder.result.budgets.back().severity = b.severity;
    }
    check_ledger(builder, run);
    check_end_reason(builder, run);
    if (!valid.reason.empty()) builder.add(run_verdict::invalid, exit_code::invalid, std::move(valid.reason));
    check_early_end(builder, run);
    check_budgets(builder);
    note_warnings(builder);
    if (limits.empty() && builder.result.reasons.empty())
        builder.add(
            run_verdict::pass, exit_code::pass,
            run.sum.requests.due == 0
                ? "No request was due and there was no budget: nothing was tested."
                : fmt::format("There was no budget: nobody judged this run. Unexpected requests: {}, anomalies: {}.",
                              run.sum.requests.unexpected,
                              std::reduce(run.sum.anomalies.begin(), run.sum.anomalies.end())));
    for (auto& note : valid.notes) builder.result.reasons.push_back(std::move(note));
    builder.result.late_phases = std::move(valid.late_phases);
    return std::move(builder.result);
}

} // namespace loadsim::verdict
