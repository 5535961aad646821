#include <loadsim/verdict/verdict.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

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

void check_lag(verdict_builder& builder, const measure::run_result& run) {
    const auto lag = run.sum.latencies.select(measure::hop::lag).percentile(99); // 0 without samples
    const auto delay = run.sum.loop_delay.percentile(99);
    if (lag > run.lag_limit)
        builder.add(
            run_verdict::invalid, exit_code::invalid,
            fmt::format("The generator itself was the limit: its lag p99 was {}, above the limit of {}. Ask for fewer "
                        "requests a second, or use more shards (--shards).",
                        format_duration(lag), format_duration(run.lag_limit)));
    else if (delay > run.lag_limit) // the requests were in time, but what came back was not read in time
        builder.add(
            run_verdict::invalid, exit_code::invalid,
            fmt::format(
                "The generator itself was the limit: its loop delay p99 was {}, above the limit of {}, so that "
                "messages were read that much later than they arrived. Use more shards (--shards), or a less busy "
                "machine.",
                format_duration(delay), format_duration(run.lag_limit)));
}

void check_early_end(verdict_builder& builder, const measure::run_result& run) {
    if (run.ended == end_reason::budget)
        builder.add(run_verdict::fail, exit_code::missed,
                    fmt::format("The run ended early after {}. Its figures are those of a part.", run.abort_reason));
}

void check_budgets(verdict_builder& builder) {
    for (const auto& j : builder.result.budgets)
        if (j.verdict == budget_verdict::fail && j.severity == budget_severity::fail)
            builder.add(run_verdict::fail, exit_code::missed,
                        fmt::format("Budget missed: {}, observed {}.", j.expression, j.observed_text));
    for (const auto& j : builder.result.budgets)
        if (j.verdict == budget_verdict::no_data && j.severity == budget_severity::fail)
            builder.add(run_verdict::no_data, exit_code::no_data,
                        fmt::format("Budget without data: {}, because the run has no sample of it.", j.expression));
}

/// Notes, after all reasons: the first reason decides.
void note_warnings(verdict_builder& builder) {
    for (const auto& j : builder.result.budgets)
        if (j.severity == budget_severity::warn && j.verdict != budget_verdict::pass)
            builder.add(run_verdict::pass, exit_code::pass,
                        fmt::format("Warning: budget {}: {}, observed {}.",
                                    j.verdict == budget_verdict::fail ? "missed" : "not decided", j.expression,
                                    j.observed_text));
}

} // namespace

std::string_view to_string(run_verdict v) {
    constexpr std::string_view names[] = {"pass", "fail", "no data", "invalid"};
    return names[static_cast<std::size_t>(v)];
}

evaluation evaluate(const measure::run_result& run, const std::vector<budget>& limits, const measure::labels& names) {
    verdict_builder builder;
    for (const auto& b : limits) {
        builder.result.budgets.push_back(evaluate_budget(b, run, names));
        builder.result.budgets.back().severity = b.severity;
    }
    check_ledger(builder, run);
    check_end_reason(builder, run);
    check_lag(builder, run);
    check_early_end(builder, run);
    check_budgets(builder);
    note_warnings(builder);
    if (run.sum.requests.due == 0 && limits.empty())
        builder.add(run_verdict::pass, exit_code::pass,
                    "No request was due and there was no budget: nothing was tested.");
    if (run.sum.requests.unexpected != 0 && limits.empty())
        builder.add(run_verdict::pass, exit_code::pass,
                    "The scenario has no budget, so unexpected outcomes were not evaluated; add \"unexpected == 0\" to "
                    "budgets.");
    return std::move(builder.result);
}

} // namespace loadsim::verdict
