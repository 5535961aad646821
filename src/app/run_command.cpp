#include "commands.hpp"
#include "run_ranks.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/run/run.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>

namespace loadsim::app {
namespace {

exit_code run_single_process(const run_options& options) {
    const auto setup = prepare_run(options.scenario, options.report);
    if (!setup) return setup.error();
    const auto& [scenario, folder] = *setup;
    run_report report(scenario, folder, report_options_of(options, report::terminal_of(stdout)));
    if (const auto done = run::execute(scenario, {.folder = folder, .shards = options.shards}, report.listener());
        !done) {
        report.report_failure(done.error());
        return exit_code::setup;
    }
    return report.code();
}

exit_code run(const run_options& options) {
    if (options.ranks != 0) return launch_ranks(options);
    return cluster::launched_by_mpi() ? run_as_rank(options) : run_single_process(options);
}

} // namespace

report_options report_options_of(const run_options& options, const report::terminal& terminal) {
    return {.quiet = options.display.quiet,
            .terminal = terminal,
            .colour = options.display.colour_choice(),
            .verbose = options.display.verbose,
            .json = options.json};
}

command run_command() {
    auto options = std::make_shared<run_options>();
    options->scenario.needs_secrets = true;
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back(
        {.name = "--report", .into = &options->report, .help = "Folder for the report (default: reports/NAME-TIME)"});
    flags.push_back({.name = "--shards",
                     .into = &options->shards,
                     .help = "Threads of the generator (default: one for two cores; with ranks, one in each)",
                     .limits = flag::range{1, 256}});
    flags.push_back({.name = "--ranks",
                     .into = &options->ranks,
                     .help = "Processes that share the fleet, each with its own open files; started by mpirun",
                     .limits = flag::range{1, 10'000}});
    flags.push_back({.name = "--hostfile",
                     .into = &options->hostfile,
                     .help = "Hosts to start the ranks on, as mpirun reads it",
                     .existing_file = true,
                     .needs = "--ranks"});
    std::ranges::move(display_flags_of(options->display), std::back_inserter(flags));
    flags.push_back({.name = "--json",
                     .into = &options->json,
                     .help = "Events as JSON lines on standard output, instead of progress and summary; with --quiet "
                             "only the last one",
                     .excludes = "--verbose"});
    return {.name = "run", .description = "Runs a scenario and judges it", .flags = std::move(flags), .run = [options] {
                return run(*options);
            }};
}

} // namespace loadsim::app
