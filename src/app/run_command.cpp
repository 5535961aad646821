#include "commands.hpp"
#include "run_metrics.hpp"
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
    const auto metrics = run_metrics::start(options.metrics, options.otlp); // first: its secrets close the folder
    if (!metrics) return metrics.error();
    const auto setup = prepare_run(options.scenario, options.report);
    if (!setup) return setup.error();
    const auto& [scenario, folder] = *setup;
    run_report report(scenario, folder,
                      {.quiet = options.quiet,
                       .terminal = report::terminal_of(stdout),
                       .writes_emf = true,
                       .metrics = metrics->get()});
    const auto listener = report.listener();
    if (const auto notice = (*metrics)->notice(); !notice.empty()) listener.on_notice(notice);
    if (const auto done = run::execute(scenario, {.folder = folder, .shards = options.shards}, listener); !done) {
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
    flags.push_back({.name = "--metrics",
                     .into = &options->metrics,
                     .help = "Serves the metrics for Prometheus at /metrics: host:port, or a port of 127.0.0.1"});
    flags.push_back({.name = "--otlp",
                     .into = &options->otlp,
                     .help = "Sends the metrics to an OpenTelemetry collector (OTLP over HTTP): http://host:4318; "
                             "headers from OTEL_EXPORTER_OTLP_HEADERS"});
    flags.push_back(quiet_flag(options->quiet));
    return {.name = "run", .description = "Runs a scenario and judges it", .flags = std::move(flags), .run = [options] {
                return run(*options);
            }};
}

} // namespace loadsim::app
