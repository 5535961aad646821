#include "commands.hpp"
#include "stored_runs.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

struct judge_options {
    std::string run;
    std::vector<std::string> budgets;
};

/// Of outcomes by other labels than phase.
bool is_of_groups(const verdict::budget& b) {
    using kind = verdict::budget::kind;
    return verdict::is_of_requests(b) && (b.metric_kind == kind::count || b.metric_kind == kind::rate) &&
           !(b.service.empty() && b.segment.empty() && b.condition.empty());
}

/// Errors: a budget that cannot be parsed, names nothing of the run, or needs what no file of a run holds.
result<std::vector<verdict::budget>> parse_budgets(const std::vector<std::string>& expressions,
                                                   const measure::labels& labels) {
    std::vector<verdict::budget> budgets;
    problems errors;
    for (const auto& expression : expressions) {
        auto budget = verdict::parse_budget(expression);
        if (!budget) {
            errors.add("--budget", budget.error().list.front().text);
            continue;
        }
        if (budget->metric_kind == verdict::budget::kind::recovery && budget->stat == "latency")
            errors.add("--budget", "recovery.latency is measured during the run, against the scenario's budget of e2e; "
                                   "run the scenario with the budget");
        if (is_of_groups(*budget) && !(budget->phase.empty() && budget->condition.empty()))
            errors.add("--budget",
                       fmt::format("{}: this run's files do not have outcomes by condition, nor by phase together with "
                                   "service or segment; run the scenario with the budget",
                                   budget->expression));
        for (auto& sentence : verdict::check(*budget, labels)) errors.add("--budget", std::move(sentence));
        budgets.push_back(std::move(*budget));
    }
    if (!errors.empty()) return errors;
    return budgets;
}

exit_code judge(const judge_options& options) {
    measure::labels labels;
    const auto runs = read_stored_runs({options.run}, labels);
    if (!runs) return runs.error();
    if (!is_directory(runs->front().path)) {
        print_problems({options.run, "is a baseline, which has not all that budgets need; name the report folder"});
        return exit_code::setup;
    }
    const auto& run = runs->front().result;
    for (const auto& recovery : run.recoveries)
        if (std::ranges::find(labels.conditions, recovery.condition) == labels.conditions.end())
            labels.conditions.push_back(recovery.condition);
    const auto budgets = parse_budgets(options.budgets, labels);
    if (!budgets) {
        print_problems(budgets.error());
        return exit_code::usage;
    }
    const auto is_of_cost = [](const auto& b) { return b.metric_kind == verdict::budget::kind::cost; };
    if (!run.cost && std::ranges::any_of(*budgets, is_of_cost)) {
        print_problems({"--budget", "this run has no cost, as its scenario had no prices; write some below `cost:` and "
                                    "run it again, or leave the budget out"});
        return exit_code::usage;
    }
    const auto evaluation = verdict::evaluate(run, *budgets, labels);
    if (std::ranges::any_of(*budgets, is_of_groups) &&
        (!evaluation.late_phases.empty() || run.sum.requests.skipped_late != 0)) {
        print_problems({"--budget",
                        "this run's files do not have outcomes by service or segment without the requests that "
                        "the load generator was too late for, which are not judged; leave these labels out"});
        return exit_code::usage;
    }
    std::string text;
    for (const auto& budget : evaluation.budgets)
        text += fmt::format("{:<9} {}  was {}\n", to_string(budget.verdict), budget.expression, budget.observed_text);
    text += fmt::format("verdict   {}\n", to_string(evaluation.verdict));
    for (const auto& reason : evaluation.reasons) text += fmt::format("          {}\n", reason);
    print_output(text);
    return evaluation.code;
}

} // namespace

command judge_command() {
    auto options = std::make_shared<judge_options>();
    return {.name = "judge",
            .description = "Evaluates other budgets with the result of a run that has ended",
            .flags = {{.name = "run", .into = &options->run, .help = "The run's report folder", .required = true},
                      {.name = "--budget",
                       .into = &options->budgets,
                       .help = "Budget as in a scenario: 'e2e.p99 < 1s'; as often as there are",
                       .required = true}},
            .run = [options] { return judge(*options); },
            .footer = "Exit codes: as of `run`; 3 the folder cannot be read."};
}

} // namespace loadsim::app
