#include "commands.hpp"
#include "run_ranks.hpp"
#include "run_report.hpp"
#include "undertaking.hpp"

#include <loadsim/cluster/place.hpp>
#include <loadsim/run/run.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace loadsim::app {
namespace {

exit_code run_alone(const run_options& options) {
    const auto begun = undertake(options.scenario, options.report);
    if (!begun) return begun.error();
    const auto& [scenario, folder] = *begun;
    run_report report(scenario, folder, {.quiet = options.quiet, .terminal = report::terminal_of(stdout)});
    if (const auto done = run::execute(scenario, {.folder = folder, .shards = options.shards}, report.listener());
        !done) {
        report.give_up(done.error());
        return exit_code::setup;
    }
    return report.code();
}

exit_code run(const run_options& options) {
    if (options.ranks != 0) return run_ranks(options);
    return cluster::launched() ? run_as_rank(options) : run_alone(options);
}

} // namespace

void set_up_run(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<run_options>();
    auto* command = app.add_subcommand("run", "Runs a scenario and judges it");
    add_scenario_flags(*command, options->scenario);
    command->add_option("--report", options->report, "Folder for the report (default: reports/NAME-TIME)");
    command
        ->add_option("--shards", options->shards,
                     "Threads of the generator (default: one for two cores; with ranks, one in each)")
        ->check(CLI::Range(1, 256));
    auto* ranks = command
                      ->add_option("--ranks", options->ranks,
                                   "Processes that share the fleet, each with its own open files; started by mpirun")
                      ->check(CLI::Range(1, 10'000));
    command->add_option("--hostfile", options->hostfile, "Hosts to start the ranks on, as mpirun reads it")
        ->needs(ranks)
        ->check(CLI::ExistingFile);
    command->add_flag("--quiet", options->quiet, "No progress and no summary: only what is wrong, and the exit code");
    command->callback([options, &code] { code = run(*options); });
}

} // namespace loadsim::app
