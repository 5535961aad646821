#include "commands.hpp"
#include "live_page.hpp"
#include "request_sink.hpp"
#include "run_metrics.hpp"
#include "run_ranks.hpp"
#include "run_report.hpp"
#include "run_retries.hpp"
#include "run_setup.hpp"

#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/run/run.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>

namespace loadsim::app {
namespace {

run_attempt run_once(const scenario::scenario_config& scenario, const run_options& options,
                     const std::filesystem::path& folder, run_metrics& metrics, live_page* live,
                     const std::optional<report::run_baseline>& baseline) {
    auto display = report_options_of(options, report::terminal_of(stdout));
    display.metrics = &metrics;
    display.live = live;
    if (baseline) display.baseline = &*baseline;
    const auto sink = request_sink::start(scenario.report.kafka, scenario.name, folder.filename().string());
    if (sink) display.requests = sink->get();
    run_report report(scenario, folder, display);
    if (!sink) {
        report.report_failure(sink.error());
        return {.code = exit_code::setup};
    }
    run_attempt attempt;
    auto listener = report.listener();
    listener.on_finished = [&](const measure::run_result& result) {
        report.finish(result);
        attempt = {report.code(), result.ended};
    };
    if (const auto notice = metrics.notice(); !notice.empty()) listener.on_notice(notice);
    const auto done = run::execute(scenario, {.folder = folder, .shards = options.shards}, listener);
    if (done) return attempt;
    report.report_failure(done.error());
    return {.code = exit_code::setup};
}

exit_code run_single_process(const run_options& options) {
    const auto metrics = run_metrics::start(options.metrics, options.otlp); // first: its secrets close the folder
    if (!metrics) return metrics.error();
    const auto live = live_page::start(options.ui);
    if (!live) return live.error();
    const auto setup = prepare_run(options.scenario, options.report, options.overwrite, options.baseline);
    if (!setup) return setup.error();
    return run_with_retries(setup->folder.path, options, [&](const std::filesystem::path& folder) {
        if (folder != setup->folder.path && !log_to_folder(folder)) return run_attempt{.code = exit_code::setup};
        return run_once(setup->scenario, options, folder, **metrics, live->get(), setup->baseline);
    });
}

exit_code run(const run_options& options) {
    if (const auto wrong = check_run_names(options); !wrong.empty()) {
        print_problems(wrong);
        return exit_code::usage;
    }
    if (!options.report.empty()) // before anything is made or replaced; of a default name when it is known
        if (const auto in_the_way = check_retry_folders(options.report, options); !in_the_way.empty()) {
            print_problems(in_the_way);
            return exit_code::setup;
        }
    if (options.ranks != 0) return launch_ranks(options);
    if (!cluster::launched_by_mpi()) return run_single_process(options);
    if (options.retry_invalid == 0) return run_as_rank(options);
    print_problems({"--retry-invalid", "the launcher of these ranks would have to start them again; leave it out, or "
                                       "let loadsim start the ranks with --ranks"});
    return exit_code::usage;
}

} // namespace

report_options report_options_of(const run_options& options, const report::terminal& terminal) {
    const auto labels = report::parse_run_labels(options.labels).value();
    return {.quiet = options.display.quiet,
            .strict = options.strict,
            .terminal = terminal,
            .colour = options.display.colour_choice(),
            .verbose = options.display.verbose,
            .json = options.json,
            .labels = labels,
            .tags = report::parse_run_tags(options.tags, labels).value(),
            .informs_github = true,
            .writes_emf = true};
}

command run_command() {
    auto options = std::make_shared<run_options>();
    options->scenario.needs_secrets = true;
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back(
        {.name = "--report", .into = &options->report, .help = "Folder for the report (default: reports/NAME-TIME)"});
    std::ranges::move(job_flags_of(*options, "--report"), std::back_inserter(flags));
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
    flags.push_back(baseline_flag_of(options->baseline));
    flags.push_back({.name = "--retry-invalid",
                     .into = &options->retry_invalid,
                     .help =
                         "How often to run again while the run is invalid because of the generator, each time with a "
                         "folder of its own, 'DIR-retry-1' ...; the last run decides",
                     .limits = flag::range{1, 100}});
    std::ranges::move(display_flags_of(options->display), std::back_inserter(flags));
    flags.push_back({.name = "--json",
                     .into = &options->json,
                     .help = "Events as JSON lines on standard output, instead of progress and summary; with --quiet "
                             "only the last one",
                     .excludes = "--verbose"});
    std::ranges::move(ui_flags_of(options->ui), std::back_inserter(flags));
    flags.push_back({.name = "--metrics",
                     .into = &options->metrics,
                     .help = "Serves the metrics for Prometheus at /metrics: host:port, or a port of 127.0.0.1"});
    flags.push_back({.name = "--otlp",
                     .into = &options->otlp,
                     .help = "Sends the metrics to an OpenTelemetry collector (OTLP over HTTP): http://host:4318; "
                             "headers from OTEL_EXPORTER_OTLP_HEADERS"});
    return {.name = "run", .description = "Runs a scenario and judges it", .flags = std::move(flags), .run = [options] {
                return run(*options);
            }};
}

} // namespace loadsim::app
