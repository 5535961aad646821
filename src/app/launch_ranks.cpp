#include "run_ranks.hpp"

#include "run_report.hpp"
#include "run_retries.hpp"
#include "run_setup.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/base/signals.hpp>
#include <loadsim/cluster/launch.hpp>
#include <loadsim/cluster/mpi_channel.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/report/suite.hpp>
#include <loadsim/run/ranks.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace loadsim::app {
namespace {

using verdict::exit_code;

/// Command line of each rank: this process's own without --ranks, with the chosen report folder.
std::vector<std::string> rank_command(const run_options& options, const std::filesystem::path& folder) {
    std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string(), "run",
                                     options.scenario.file, "--report", folder.string()};
    append_changes(options.scenario, command);
    if (options.shards != 0) command.insert(command.end(), {"--shards", std::to_string(options.shards)});
    if (options.display.quiet) command.emplace_back("--quiet");
    if (options.display.verbose) command.emplace_back("--verbose");
    if (options.json) command.emplace_back("--json");
    append_job_flags(options, command);
    if (!options.metrics.empty()) command.insert(command.end(), {"--metrics", options.metrics});
    if (!options.otlp.empty()) command.insert(command.end(), {"--otlp", options.otlp});
    if (!options.baseline.empty()) command.insert(command.end(), {"--baseline", options.baseline});
    append_ui(options.ui, command);
    command.insert(command.end(), {"--color", options.display.colour});
    return command;
}

std::vector<std::pair<std::string, std::string>> rank_environment(const run_options& options) {
    std::vector<std::pair<std::string, std::string>> variables{{command_name_variable, command_name()},
                                                               {launcher_has_folder_variable, "1"}};
    winsize size{};
    if (report::terminal_of(stdout).takes_escape_codes && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        variables.emplace_back(terminal_columns_variable, std::to_string(size.ws_col));
    if (const char* headers = std::getenv(otlp_headers_variable); headers != nullptr && !options.otlp.empty())
        variables.emplace_back(otlp_headers_variable, headers);
    return variables;
}

/// Writes mpirun's own output, without that of the ranks, to mpirun.log. A failed write is ignored: it is for diagnosis only.
void write_mpirun_log(const std::filesystem::path& folder, const std::string& output) {
    if (output.empty()) return;
    std::ofstream(folder / "mpirun.log") << mask_secrets(output);
}

/// Launches the ranks once, with their report in the folder.
run_attempt launch_once(const run_options& options, const scenario::scenario_config& scenario,
                        const std::filesystem::path& folder) {
    const auto ended = cluster::launch({.ranks = options.ranks,
                                        .hostfile = options.hostfile,
                                        .command = rank_command(options, folder),
                                        .environment = rank_environment(options)});
    keep_late_signals();
    if (!ended) {
        print_problems(ended.error());
        return {.code = exit_code::setup};
    }
    write_mpirun_log(folder, ended->output);
    const auto code = static_cast<exit_code>(ended->exit_code);
    if (ended->error.empty()) {
        // Rank 0 does not see that its output was lost here; without its summary on this host there is nothing to replace.
        if (code == exit_code::pass && !lost_output().empty() &&
            report::replace_exit_code(folder, exit_code::setup)) // and in the page
            report::write_page(folder / report::page_file_name, {folder}, {.version = LOADSIM_VERSION});
        run_attempt attempt{.code = code}; // of a pass whose output was lost, the command line makes `setup`
        if (const auto end = report::read_run_end(folder)) attempt.ended = end->end_reason;
        return attempt;
    }
    print_problems({"", ended->error});
    if (ended->stopped_early) return {.code = code};
    const auto cut_short = code == exit_code::interrupted ? code : exit_code::invalid;
    if (exists(folder / report::summary_file_name)) return {.code = cut_short}; // rank 0 was able to write its report
    auto partial_result = run::read_partial_results(scenario, folder, options.ranks, ended->error);
    if (!partial_result) // no files of the ranks on this host
        return {.code = ended->started ? cut_short : exit_code::setup};
    // Of rank 0, as in its files; the result has been read long after.
    if (const auto written = report::read_report(folder, {.request_id = {}, .vin = {}, .limit = 0}, LOADSIM_VERSION);
        written && written->started) {
        partial_result->started = *written->started;
        partial_result->load_started = written->load_started;
    }
    log_to_folder(folder); // failure ignored: the report is useful without a log
    auto partial_report = report_options_of(options, report::terminal_of(stdout));
    partial_report.existing_files = report::report_writer::existing_files::partial;
    run_report report(scenario, folder, partial_report);
    report.finish(*partial_result);
    return {.code = report.code()};
}

} // namespace

exit_code launch_ranks(const run_options& options) {
    if (cluster::launched_by_mpi()) {
        print_problems({"--ranks", "a launcher has started this as a rank already; leave --ranks out"});
        return exit_code::usage;
    }
    const auto scenario = read_scenario(options.scenario);
    if (!scenario) return scenario.error();
    if (const auto baseline = read_baseline(options.baseline, *scenario); !baseline) return baseline.error();
    auto of_ranks = options; // rank 0 reads the baseline again, when the report has its folder
    std::error_code error;
    if (!options.baseline.empty())
        of_ranks.baseline = std::filesystem::weakly_canonical(options.baseline, error).string();
    if (!options.baseline.empty() && std::filesystem::equivalent(options.baseline, options.report, error)) {
        print_problems({"--baseline",
                        "is the folder that --overwrite replaces before the ranks read it; name a copy of it, or "
                        "what `baseline` prints of it"});
        return exit_code::setup;
    }
    if (const auto mpi = cluster::load_mpi(); !mpi) { // or each rank would report it
        print_problems(mpi.error());
        return exit_code::setup;
    }
    const auto folder = make_report_folder(options.report, scenario->name, options.overwrite);
    if (!folder) return folder.error();
    link_latest_report(options.report, folder->path);
    return run_with_retries(folder->path, of_ranks, [&](const std::filesystem::path& of_run) {
        return launch_once(of_ranks, *scenario, of_run);
    });
}

} // namespace loadsim::app
