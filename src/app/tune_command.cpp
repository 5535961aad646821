#include "commands.hpp"
#include "run_processes.hpp"
#include "run_setup.hpp"
#include "tune_setup.hpp"
#include "variant_runner.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/base/stop_decision.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/experiment/variant_choice.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/tune_report.hpp>
#include <loadsim/report/variant_runs.hpp>
#include <loadsim/verdict/several_runs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

struct tune_options {
    scenario_flags scenario;
    std::string variants;
    std::optional<std::uint32_t> rounds; ///< in place of those of the file
    std::string report;
    bool rehearses = false;
    bool json = false;
    bool quiet = false;

    bool shows_progress() const { return !quiet && !json; }
};

/// What was measured, and how the comparison has ended.
struct tune_result {
    std::vector<experiment::variant_rounds> variants{};
    std::vector<std::vector<double>> costs{}; ///< of the valid runs with a cost, by variant
    exit_code worst = exit_code::pass;        ///< of the runs
    bool complete = true;                     ///< false: a command or a run has failed
};

void print_round(const tune_options& options, const std::string& name, const variant_runner::ended_round& round,
                 bool is_first) {
    const auto& run = round.run;
    const auto verdict = report::suite_verdict(run);
    const bool has_run = run.code.has_value();
    if (options.shows_progress())
        print_without_masking((has_run ? report::suite_line(run) : std::string("not run")) + '\n');
    const auto place = fmt::format("{}, {}", name, run.name);
    if (has_run && verdict == "error") {
        print_problems({place, round.messages.errors.empty() ? run.error : round.messages.errors});
    } else if (verdict == "invalid") {
        print_problems({place, run.retries == 0 ? "the run is invalid and does not count"
                                                : "the run is invalid, after a repetition, too, and does not count"});
    }
    if (is_first) print_error(round.messages.warnings); // those of later rounds are the same
    if (!round.failed_commands.empty()) print_file_problems(round.failed_commands);
}

/// Adds a run that has been evaluated. False: it has not, and the comparison cannot be completed.
bool take_round(const std::filesystem::path& folder, std::size_t variant, const variant_runner::ended_round& round,
                tune_result& result) {
    const auto& run = round.run;
    if (run.code) result.worst = verdict::worse(result.worst, *run.code);
    const bool is_evaluated = run.code && report::suite_verdict(run) != "error";
    auto& of_variant = result.variants[variant];
    if (auto read = is_evaluated ? report::read_variant_run(folder / of_variant.name / run.folder) : std::nullopt) {
        read->round.report_folder = (std::filesystem::path(of_variant.name) / run.folder).generic_string();
        if (read->cost && read->round.valid) result.costs[variant].push_back(*read->cost);
        of_variant.rounds.push_back(std::move(read->round));
    }
    return is_evaluated && round.failed_commands.empty();
}

/// Runs all rounds, or those before a stop signal, or before a command or a run that fails.
tune_result run_rounds(const tune_options& options, const scenario::variant_list& list,
                       const std::filesystem::path& folder, run_processes& processes) {
    tune_result result;
    for (const auto& v : list.variants) result.variants.push_back({.name = v.name});
    result.costs.resize(list.variants.size());
    variant_runner runner({.scenario = options.scenario, .rehearses = options.rehearses}, folder, processes);
    const auto order = experiment::interleaved(list.variants.size(), list.rounds);
    for (std::size_t i = 0; i < order.size() && processes.stop_signal() == 0; ++i) {
        const auto& v = list.variants[order[i]];
        const auto round = static_cast<std::uint32_t>(i / list.variants.size()) + 1;
        if (options.shows_progress()) {
            print_without_masking(fmt::format("{}/{}  {}, round {}  ", i + 1, order.size(), v.name, round));
            flush_output(stdout);
        }
        const auto ended = runner.run(v, round);
        print_round(options, v.name, ended, round == 1);
        const bool stopped = processes.stop_signal() != 0;
        if (!take_round(folder, order[i], ended, result) && !(stopped && ended.failed_commands.empty())) {
            if (!ended.failed_commands.empty()) result.worst = verdict::worse(result.worst, exit_code::setup);
            result.complete = false;
            break;
        }
    }
    return result;
}

/// Price of an hour of each variant, or else the mean cost of its runs; absent: a run has no cost.
void set_costs(const scenario::variant_list& list, tune_result& result) {
    for (std::size_t i = 0; i < list.variants.size(); ++i) {
        auto& made = result.variants[i];
        const auto& costs = result.costs[i];
        const auto valid = std::ranges::count(made.rounds, true, &experiment::variant_round::valid);
        double sum = 0;
        for (const auto cost : costs) sum += cost;
        if (list.variants[i].cost)
            made.cost = list.variants[i].cost->per_hour;
        else if (!costs.empty() && std::ssize(costs) == valid)
            made.cost = sum / static_cast<double>(costs.size());
    }
}

/// Pass: all rounds are there, and at least one variant meets the budgets in all of its own.
exit_code code_of(const tune_result& result, const experiment::variant_choice& choice, run_processes& processes) {
    auto code = result.worst;
    if (result.complete && std::ranges::any_of(choice.variants, &experiment::variant_summary::meets_budgets))
        code = exit_code::pass;
    if (const int number = processes.stop_signal(); number != 0)
        code = verdict::worse(code, static_cast<exit_code>(stop_exit_code(number == SIGINT ? stop_signal::interrupt
                                                                                           : stop_signal::terminate)));
    return code;
}

exit_code refuse_tune(const problems& errors) {
    print_problems(errors);
    return exit_code::usage;
}

exit_code run_tune(const tune_options& options) {
    if (cluster::launched_by_mpi())
        return refuse_tune({"tune", "a launcher has started this as a rank; its runs are single processes"});
    auto list = read_tuned_variants(options.variants, options.scenario);
    if (!list) {
        print_file_problems(list.error());
        return exit_code::usage;
    }
    list->rounds = options.rounds.value_or(list->rounds);
    const auto scenario = load_scenario(flags_of_variant(options.scenario, list->variants.front()));
    const auto started = std::chrono::system_clock::now();
    const auto folder = make_report_folder(options.report, "tune", false);
    if (!folder) return folder.error();
    run_processes processes;
    auto result = run_rounds(options, *list, folder->path, processes);
    set_costs(*list, result);
    const auto choice = experiment::choose(result.variants);
    auto code = code_of(result, choice, processes);
    return code;
}

} // namespace

command tune_command() {
    auto options = std::make_shared<tune_options>();
    auto flags = scenario_flags_of(options->scenario);
    flags.insert(flags.begin() + 1,
                 {{.name = "--variants",
                   .into = &options->variants,
                   .help = "File with the variants (YAML): what sets each of them up",
                   .required = true},
                  {.name = "--rounds",
                   .into = &options->rounds,
                   .help = "Runs of each variant (default: `rounds` of the file, or 3)",
                   .limits = flag::range{1, 100}},
                  {.name = "--report",
                   .into = &options->report,
                   .help = "Folder for the comparison and the reports of its runs (default: reports/tune-TIME)"},
                  {.name = "--rehearse",
                   .into = &options->rehearses,
                   .help = "Rehearses the runs: nothing is connected; the commands are executed"}});
    flags.push_back({.name = "--json", .into = &options->json, .help = "Prints tune.json in place of lines and table"});
    flags.push_back({.name = "--quiet",
                     .into = &options->quiet,
                     .help = "No line for each run and no table: only what is wrong, and the exit code"});
    return {.name = "tune",
            .description = "Runs a scenario on several variants of the platform, in turn, and recommends one of them",
            .flags = std::move(flags),
            .run =
                [options] {
                    options->scenario.needs_secrets = !options->rehearses;
                    return run_tune(*options);
                },
            .footer =
                "Exit code: 0 if a variant meets the budgets in all of its rounds; else that of the worst run, 99 "
                "if a\nbudget was missed; 3 if a command of a variant failed; 130 after Ctrl-C."};
}

} // namespace loadsim::app
