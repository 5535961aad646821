#include "commands.hpp"
#include "run_ranks.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/run/run.hpp>

#include <cstdio>
#include <memory>

namespace loadsim::app {
namespace {

exit_code run_single_process(const run_options& options) {
    const auto setup = prepare_run(options.scenario, options.report, options.overwrite);
    if (!setup) return setup.error();
    const auto& [scenario, folder] = *setup;
    run_report report(scenario, folder,
                      {.quiet = options.quiet,
                       .terminal = report::terminal_of(stdout),
                       .labels = report::parse_run_labels(options.labels).value(),
                       .informs_github = true});
    if (const auto done = run::execute(scenario, {.folder = folder, .shards = options.shards}, report.listener());
        !done) {
        report.report_failure(done.error());
        return exit_code::setup;
    }
    return report.code();
}

exit_code run(const run_options& options) {
    if (const auto labels = report::parse_run_labels(options.labels); !labels) {
        print_problems(labels.error());
        return exit_code::usage;
    }
    if (options.ranks != 0) return launch_ranks(options);
    return cluster::launched_by_mpi() ? run_as_rank(options) : run_single_process(options);
}

} // namespace

command run_command() {
    auto options = std::make_shared<run_options>();
    options->scenario.needs_secrets = true;
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back(
        {.name = "--report", .into = &options->report, .help = "Folder for the report (default: reports/NAME-TIME)"});
    flags.push_back({.name = "--overwrite",
                     .into = &options->overwrite,
                     .help = "Replaces the report that is in the folder of --report",
                     .needs = "--report"});
    flags.push_back({.name = "--label",
                     .into = &options->labels,
                     .help = "NAME=VALUE for the report's files, such as commit=4f3c2a1; may be given several times"});
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
    flags.push_back(quiet_flag(options->quiet));
    return {.name = "run", .description = "Runs a scenario and judges it", .flags = std::move(flags), .run = [options] {
                return run(*options);
            }};
}

} // namespace loadsim::app
