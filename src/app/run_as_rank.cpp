#include "live_page.hpp"
#include "request_sink.hpp"
#include "run_metrics.hpp"
#include "run_ranks.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/base/log.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/cluster/mpi_channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <utility>

namespace loadsim::app {
namespace {

using verdict::exit_code;

/// Terminal of the launcher, from its environment variable. Under mpirun standard output is a pipe or a pseudo terminal.
report::terminal launcher_terminal() {
    auto to = report::terminal_of(stdout); // for its glyphs: those of the locale
    to.takes_escape_codes = false;
    const char* columns_text = std::getenv(terminal_columns_variable);
    if (columns_text == nullptr) return to;
    const std::string_view text(columns_text);
    unsigned columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc{} && columns != 0) {
        to.takes_escape_codes = true;
        to.columns = columns;
    }
    return to;
}

/// `wall_us`: system time when all ranks had joined.
cluster::join_request make_join_request(const result<scenario::scenario_config>& scenario, std::int64_t wall_us) {
    cluster::join_request request;
    request.wall_us = wall_us;
    request.version = LOADSIM_VERSION;
    if (scenario)
        request.scenario = scenario::write(*scenario);
    else
        request.error = to_string(scenario.error());
    return request;
}

/// Releases the other ranks and ends rank 0. Exits at once if a rank does not leave: MPI_Finalize would wait for it.
exit_code release_ranks_and_exit(cluster::channel& channel, exit_code code,
                                 const std::function<void(const std::string&)>& on_notice = {}) {
    if (run::release_ranks(channel, steady_time{}, on_notice)) return code;
    std::fflush(nullptr);
    std::_Exit(static_cast<int>(code));
}

exit_code refuse(cluster::channel& channel, const problems& errors, exit_code code) {
    print_problems(errors);
    return release_ranks_and_exit(channel, code);
}

/// Rank 0 on another host than the launcher has no folder yet.
or_exit_code<report::run_folder> folder_of_ranks(const run_options& options, const std::string& name) {
    if (std::getenv(launcher_has_folder_variable) == nullptr)
        return make_report_folder(options.report, name, options.overwrite);
    auto made = report::make_folder(options.report);
    if (made) return report::run_folder{std::move(*made)};
    print_problems(made.error());
    return exit_code::setup;
}

exit_code run_as_coordinator(cluster::channel& channel, const run_options& options, std::int64_t wall_us) {
    const auto scenario = load_scenario(options.scenario);
    const auto handshake = run::gather_ranks(
        channel, make_join_request(scenario, wall_us)); // also after an error here: the other ranks wait for it
    if (!scenario) return refuse(channel, scenario.error(), exit_code::usage);
    if (!handshake) return refuse(channel, handshake.error(), exit_code::setup);
    if (const auto refused = run::check_max_vusers(*scenario, channel.info().count); !refused.empty())
        return refuse(channel, refused, exit_code::usage);
    const auto metrics = run_metrics::start(options.metrics, options.otlp);
    if (!metrics) return release_ranks_and_exit(channel, metrics.error());
    const auto live = live_page::start(options.ui);
    if (!live) return release_ranks_and_exit(channel, live.error());
    const auto baseline = read_baseline(options.baseline, *scenario);
    if (!baseline) return release_ranks_and_exit(channel, baseline.error());
    const auto taken = folder_of_ranks(options, scenario->name);
    if (!taken) return release_ranks_and_exit(channel, taken.error());
    const auto& folder = taken->path;
    if (!log_to_folder(folder)) return release_ranks_and_exit(channel, exit_code::setup);
    link_latest_report(options.report, folder);
    const auto sink = request_sink::start(scenario->report.kafka, scenario->name, folder.filename().string());
    if (!sink) return refuse(channel, sink.error(), exit_code::setup);

    const auto shards = options.shards != 0 ? options.shards : run::default_shards(channel.info().count > 1);
    const auto trace_run = run::random_trace_run();
    run::start_ranks(channel, {.folder = folder.string(), .shards = shards, .trace_run = trace_run});
    auto display = report_options_of(options, launcher_terminal());
    display.metrics = metrics->get();
    display.live = live->get();
    display.requests = sink->get();
    if (*baseline) display.baseline = &**baseline;
    run_report report(*scenario, folder, display);
    bool aborted = false;
    auto listener = report.listener();
    listener.on_notice(run::describe_ranks(channel, shards));
    if (const auto notice = (*metrics)->notice(); !notice.empty()) listener.on_notice(notice);
    listener.on_finished = [&](const measure::run_result& result) {
        report.finish(result);
        aborted = result.ended == measure::run_result::end_reason::aborted;
        // Other ranks may have died, and MPI_Finalize would wait for them.
        if (aborted) {
            std::fflush(nullptr);
            std::_Exit(static_cast<int>(report.code()));
        }
    };
    const auto done = run::execute(
        *scenario, {.folder = folder, .shards = shards, .ranks = &channel, .trace_run = trace_run}, listener);
    if (!done) report.report_failure(done.error());
    return release_ranks_and_exit(channel, done ? report.code() : exit_code::setup, listener.on_notice);
}

exit_code run_as_worker(cluster::channel& channel, const run_options& options, std::int64_t wall_us) {
    const auto scenario = load_scenario(options.scenario);
    const auto settings = run::join_run(channel, make_join_request(scenario, wall_us));
    if (settings && scenario) { // else rank 0 prints the reason
        const auto folder = cluster::spool_folder(settings->folder, channel.info().index);
        std::error_code ignored; // reported by log_to_file below
        std::filesystem::create_directories(folder, ignored);
        if (has_secrets()) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ignored);
        if (const auto logging = log_to_file(folder / "loadsim.log"); !logging) print_problems(logging.error());
        const run::options rank_options{.folder = settings->folder,
                                        .shards = settings->shards,
                                        .ranks = &channel,
                                        .trace_run = settings->trace_run};
        if (const auto done = run::execute_as_worker(*scenario, rank_options); !done) {
            print_problems(done.error());
            return exit_code::setup;
        }
    }
    run::leave_run(channel);
    return exit_code::pass;
}

} // namespace

exit_code run_as_rank(const run_options& options) {
    // The launcher's drain signal may arrive before the load; the launcher repeats it.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
    auto channel = cluster::join_ranks();
    if (!channel) {
        print_problems(channel.error());
        return exit_code::setup;
    }
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const auto wall_us = std::chrono::duration_cast<std::chrono::microseconds>(wall).count();
    return (*channel)->info().index == 0 ? run_as_coordinator(**channel, options, wall_us)
                                         : run_as_worker(**channel, options, wall_us);
}

} // namespace loadsim::app
