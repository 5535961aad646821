#include "commands.hpp"
#include "complain.hpp"
#include "log.hpp"
#include "scenario_file.hpp"

#include <loadsim/report/console.hpp>
#include <loadsim/report/report.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/read.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace loadsim::app {
namespace {

struct run_options {
    scenario_flags scenario;
    std::string report;
    std::uint32_t shards = 0;
    bool quiet = false;
};

/// The scenario as it is in force, so that the folder alone says what was run.
std::string write_resolved(const std::filesystem::path& file, const scenario::document& scenario) {
    std::ofstream out(file);
    out << scenario::write(scenario);
    out.close();
    return out ? std::string{} : fmt::format("{}: cannot be written; is the disk full?", file.string());
}

exit_code run(const run_options& options) {
    const auto scenario = load_scenario(options.scenario);
    if (!scenario) {
        complain_of_file(scenario.error());
        return exit_code::usage;
    }
    const auto start = std::chrono::system_clock::now();
    const auto wanted = options.report.empty()
                            ? std::filesystem::path("reports") / report::folder_name(scenario->name, start)
                            : std::filesystem::path(options.report);
    const auto folder = report::make_folder(wanted);
    if (!folder) {
        complain(folder.error());
        return exit_code::setup;
    }
    if (const auto logging = log_to_file(*folder / "loadsim.log"); !logging) {
        complain(logging.error());
        return exit_code::setup;
    }
    const auto names = scenario::legend_of(*scenario);
    report::console console(stdout, options.quiet);
    report::folder_writer files(*folder, start, names);
    std::string unwritten = write_resolved(*folder / "scenario.yaml", *scenario);

    spdlog::info("loadsim {}: {} with seed {}", LOADSIM_VERSION, scenario->name, scenario->seed);
    const auto facts = run::execute(*scenario, {.folder = *folder, .shards = options.shards},
                                    {.said =
                                         [&](const std::string& text) {
                                             spdlog::info("{}", text);
                                             if (!options.quiet) console.print(text + '\n');
                                         },
                                     .progressed =
                                         [&](const measure::progress& p) {
                                             console.show(p, names);
                                             files.write(p);
                                         }});
    if (!facts) {
        console.print("");
        complain(facts.error());
        spdlog::error("{}", to_string(facts.error()));
        return exit_code::setup;
    }
    const auto conclusion = verdict::conclude(*facts, scenario->budgets, names);
    files.finish(*facts, conclusion);
    if (!options.quiet)
        console.print(report::summary_text(*facts, conclusion, names, *folder, report::wants_colour(stdout)));
    if (!unwritten.empty()) fmt::print(stderr, "loadsim: {}\n", unwritten);
    for (const auto& trouble : files.troubles()) fmt::print(stderr, "loadsim: {}\n", trouble);
    if (options.quiet)
        for (const auto& reason : conclusion.reasons) fmt::print(stderr, "loadsim: {}\n", reason);
    spdlog::info("verdict: {}, exit code {}", verdict::to_string(conclusion.verdict),
                 static_cast<int>(conclusion.code));
    return conclusion.code;
}

} // namespace

void set_up_run(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<run_options>();
    auto* command = app.add_subcommand("run", "Runs a scenario and judges it");
    add_scenario_flags(*command, options->scenario);
    command->add_option("--report", options->report, "Folder for the report (default: reports/NAME-TIME)");
    command->add_option("--shards", options->shards, "Threads of the generator (default: one for two cores)")
        ->check(CLI::Range(1, 256));
    command->add_flag("--quiet", options->quiet, "No progress and no summary: only what is wrong, and the exit code");
    command->callback([options, &code] { code = run(*options); });
}

} // namespace loadsim::app
