#include "commands.hpp"
#include "report_files.hpp"
#include "run_processes.hpp"
#include "run_setup.hpp"
#include "tune_setup.hpp"
#include "variant_runner.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/experiment/variant_choice.hpp>
#include <loadsim/report/experiment_report.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/variant_runs.hpp>
#include <loadsim/verdict/several_runs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <ratio>
#include <set>
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
struct measured_variants {
    std::vector<experiment::variant_rounds> variants{};
    std::vector<std::vector<report::variant_run>> valid_runs{}; ///< by variant
    std::set<std::string> targets{};
    std::size_t runs = 0;
    exit_code worst = exit_code::pass; ///< of the runs
    bool complete = true;              ///< false: a command or a run has failed
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
                measured_variants& result) {
    const auto& run = round.run;
    if (run.code) result.worst = verdict::worse(result.worst, *run.code);
    const bool is_evaluated = run.code && report::suite_verdict(run) != "error";
    auto& of_variant = result.variants[variant];
    if (auto read = is_evaluated ? report::read_variant_run(folder / of_variant.name / run.folder) : std::nullopt) {
        read->round.report_folder = (std::filesystem::path(of_variant.name) / run.folder).generic_string();
        result.targets.insert(read->target);
        if (read->round.valid) result.valid_runs[variant].push_back(*read);
        of_variant.rounds.push_back(std::move(read->round));
    }
    return is_evaluated && round.failed_commands.empty();
}

/// Runs all rounds, or those before a stop signal, or before a command or a run that fails.
measured_variants run_rounds(const tune_options& options, const scenario::variant_list& list,
                             const std::filesystem::path& folder, run_processes& processes) {
    measured_variants result;
    for (const auto& v : list.variants) result.variants.push_back({.name = v.name});
    result.valid_runs.resize(list.variants.size());
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
        if (ended.run.code) ++result.runs;
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

/// Cost of a variant by the prices of the scenario, and by its own for the time of its runs: mean of the valid runs.
double mean_cost(const std::vector<report::variant_run>& runs, const std::optional<scenario::variant_cost>& own) {
    double sum = 0;
    for (const auto& run : runs)
        sum += run.cost.value_or(0) +
               (own ? own->per_hour * std::chrono::duration<double, std::ratio<3600>>(run.duration).count() : 0);
    return sum / static_cast<double>(runs.size());
}

/// Sets what each variant cost if the scenario has prices, or else its price of an hour. Returns the unit; empty: no costs.
std::string set_costs(const scenario::variant_list& list, measured_variants& result) {
    std::set<std::string> currencies; // of the prices; empty text: a run without them
    for (const auto& runs : result.valid_runs)
        for (const auto& run : runs) currencies.insert(run.cost ? run.currency : std::string{});
    const bool has_prices = currencies.size() == 1 && !currencies.begin()->empty();
    for (std::size_t i = 0; i < list.variants.size(); ++i) {
        const auto& own = list.variants[i].cost;
        if (has_prices && !result.valid_runs[i].empty())
            result.variants[i].cost = mean_cost(result.valid_runs[i], own);
        else if (!has_prices && own)
            result.variants[i].cost = own->per_hour;
    }
    if (has_prices) return *currencies.begin() + " per run";
    return list.variants.front().cost ? "per hour" : "";
}

/// Pass: all rounds are there, and at least one variant meets the budgets in all of its own.
exit_code code_of(const measured_variants& result, const experiment::variant_choice& choice, run_processes& processes) {
    auto code = result.worst;
    if (result.complete && std::ranges::any_of(choice.variants, &experiment::variant_summary::meets_budgets))
        code = exit_code::pass;
    return with_stop_signal(code, processes);
}

/// Writes document and page. False: one of them could not be written; the reason has been printed.
bool write_tune_files(const std::filesystem::path& folder, const std::string& document) {
    return write_report_files(
        folder, {{report::tune_file_name, document}, {report::tune_page_file_name, report::experiment_page(document)}});
}

exit_code refuse_tune(const problems& errors) {
    print_file_problems(errors);
    return exit_code::usage;
}

/// The targets of the runs, of which variants may have different ones.
std::string target_of(const measured_variants& result) {
    std::string text;
    for (const auto& target : result.targets) text += (text.empty() ? "" : ", ") + target;
    return text;
}

exit_code run_tune(const tune_options& options) {
    if (cluster::launched_by_mpi())
        return refuse_tune({"tune", "a launcher has started this as a rank; its runs are single processes"});
    auto list = read_tuned_variants(options.variants, options.scenario);
    if (!list) return refuse_tune(list.error());
    list->rounds = options.rounds.value_or(list->rounds);
    const auto scenario = load_scenario(flags_of_variant(options.scenario, list->variants.front()));
    if (!scenario) return refuse_tune(scenario.error());
    const auto folder = make_report_folder(options.report, "tune");
    if (!folder) return folder.error();
    report::experiment_origin origin{.version = LOADSIM_VERSION,
                                     .scenario = scenario->name,
                                     .seed = scenario->seed,
                                     .started = std::chrono::system_clock::now()};
    const auto begin = std::chrono::steady_clock::now();
    run_processes processes;
    auto measured = run_rounds(options, *list, folder->path, processes);
    origin.elapsed = std::chrono::steady_clock::now() - begin;
    origin.target = target_of(measured);
    report::tune_result result{.cost_unit = set_costs(*list, measured)};
    result.choice = experiment::choose(measured.variants);
    origin.code = code_of(measured, result.choice, processes);
    if (const auto planned = list->variants.size() * list->rounds; measured.runs < planned || !measured.complete)
        print_problems({"tune", fmt::format("the comparison ended after {} of {} runs; what was measured is in {}",
                                            measured.runs, planned, (folder->path / report::tune_file_name).string())});
    result.runs = std::move(measured.variants);
    const auto document = report::tune_json(result, origin);
    auto code = origin.code;
    if (!write_tune_files(folder->path, document)) code = verdict::worse(code, exit_code::setup);
    if (options.json)
        print_without_masking(document);
    else if (!options.quiet)
        print_without_masking(fmt::format("\n{}\nreport    {}\n", report::tune_summary(result, origin),
                                          (folder->path / report::tune_page_file_name).string()));
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
