#include "commands.hpp"
#include "ended_run.hpp"
#include "report_files.hpp"
#include "run_processes.hpp"
#include "run_setup.hpp"
#include "shipped_scenarios.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/report/junit.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/suite.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/scenario/suite_selection.hpp>
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
#include <system_error>
#include <utility>

namespace loadsim::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* run_tag_flag = "--run-tag"; ///< run's --tag; that of a suite selects scenarios

struct suite_options : job_flags {
    std::vector<std::string> paths; ///< files and folders
    scenario_flags scenario;        ///< without a file: changes of all scenarios
    std::string out;
    std::vector<std::string> wanted_tags; ///< of scenarios
    std::uint32_t retry_invalid = 0;
    bool fail_fast = false;
    bool rehearses = false;
    bool quiet = false;
};

/// A file that the suite has read.
struct suite_scenario {
    std::string file;
    std::string name{};              ///< of the scenario; empty: not valid
    std::vector<std::string> tags{}; ///< of the scenario
    problems errors{};
};

/// Scenarios of a folder, sorted by name, without the fragments that others include. Errors: none, or it cannot be read.
result<std::vector<std::string>> scenarios_in(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (const auto extension = entry->path().extension(); extension == ".yaml" || extension == ".yml")
            files.push_back(entry->path());
    if (error) return problems{folder.string(), "cannot be read: " + error.message()};
    std::ranges::sort(files);
    std::vector<scenario::file_outline> outlines;
    for (const auto& file : files) {
        const auto text = read_file(file.string(), scenario::size_limit);
        outlines.push_back(scenario::outline_of(text ? *text : "", file)); // read again later, with its problems
    }
    std::vector<std::string> scenarios;
    for (std::size_t i = 0; i < files.size(); ++i)
        if (!scenario::is_fragment(outlines[i], outlines)) scenarios.push_back(files[i].string());
    if (scenarios.empty()) return problems{folder.string(), "holds no scenario: no file *.yaml"};
    return scenarios;
}

/// Files of the arguments, in their order.
result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
    problems errors;
    std::vector<std::string> files;
    const auto shipped = shipped_scenarios_folder();
    for (const auto& given : paths) {
        const auto path = find_scenario_folder(given, shipped);
        std::error_code no_file; // reported when it is read
        if (!fs::is_directory(path, no_file)) {
            files.push_back(path);
        } else if (auto inside = scenarios_in(path)) {
            std::ranges::move(*inside, std::back_inserter(files));
        } else {
            errors.add(inside.error());
        }
    }
    if (!errors.empty()) return errors;
    return files;
}

suite_scenario read_suite_scenario(const scenario_flags& changes, const std::string& file) {
    suite_scenario made{.file = file};
    auto flags = changes;
    flags.file = file;
    std::error_code no_file;
    if (const auto status = fs::status(file, no_file); fs::exists(status) && !fs::is_regular_file(status)) {
        made.errors.add(file, "is no regular file, and each run of a suite reads its file again");
    } else if (auto scenario = load_scenario(flags)) {
        made.name = scenario->name;
        made.tags = std::move(scenario->tags);
    } else {
        made.errors = scenario.error();
    }
    return made;
}

/// Keeps the scenarios that have one of the tags, and those that are not valid, whose tags are not known. Errors: a tag that no
/// scenario has.
problems select_by_tags(const std::vector<std::string>& wanted, std::vector<suite_scenario>& all) {
    std::vector<std::string> tags;
    for (const auto& s : all) tags.insert(tags.end(), s.tags.begin(), s.tags.end());
    auto errors = scenario::check_wanted_tags(wanted, tags);
    if (errors.empty())
        std::erase_if(all, [&](const suite_scenario& s) {
            return s.errors.empty() && !scenario::has_wanted_tag(s.tags, wanted);
        });
    return errors;
}

std::vector<std::string> arguments_of_run(const suite_options& options, const std::string& file,
                                          const fs::path& folder) {
    std::vector<std::string> arguments{options.rehearses ? "rehearse" : "run", file, "--report", folder.string(),
                                       "--quiet"};
    append_changes(options.scenario, arguments);
    append_job_flags(options, arguments);
    if (options.retry_invalid != 0)
        arguments.insert(arguments.end(), {"--retry-invalid", std::to_string(options.retry_invalid)});
    return arguments;
}

/// Runs the scenarios until the end, a stop signal, or with --fail-fast the first that does not pass.
void run_all(const suite_options& options, const fs::path& folder, run_processes& processes,
             std::vector<report::suite_run>& runs) {
    const auto has_failed = [](const report::suite_run& run) { return run.code && run.code != exit_code::pass; };
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (processes.stop_signal() != 0 || (options.fail_fast && std::ranges::any_of(runs, has_failed))) return;
        auto& run = runs[i];
        if (run.code) continue; // not valid
        if (!options.quiet) {
            print_without_masking(fmt::format("{}/{}  {}  ", i + 1, runs.size(), run.name));
            flush_output(stdout);
        }
        run.started = std::chrono::system_clock::now();
        const auto begin = std::chrono::steady_clock::now();
        const auto process = processes.run(arguments_of_run(options, run.file, folder / run.name));
        run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const auto messages = take_result(process, folder, options.retry_invalid, run);
        if (!options.quiet)
            print_without_masking(report::suite_line(run) + '\n');
        else if (has_failed(run) && messages.errors.empty())
            print_problems({run.name, report::suite_line(run)});
        forward_output(process.output);
        print_error(messages.warnings);
        if (!messages.errors.empty()) print_problems({run.name, messages.errors});
    }
}

/// Writes page and test suites. False: one of them could not be written; the reason has been printed.
bool write_suite_files(const fs::path& folder, const std::vector<report::suite_run>& runs,
                       std::chrono::system_clock::time_point started) {
    return write_report_files(folder, {{report::suite_page_file_name, report::suite_page(runs, started)},
                                       {report::junit_file_name, report::junit_xml(report::suite_junit(runs))}});
}

/// Rows of the table before the first run.
std::vector<report::suite_run> planned_runs(const std::vector<suite_scenario>& scenarios,
                                            std::chrono::system_clock::time_point now) {
    std::vector<std::string> names;
    for (const auto& s : scenarios)
        if (s.errors.empty()) names.push_back(s.name);
    const auto folders = report::suite_folder_names(names);
    auto folder = folders.begin();
    std::vector<report::suite_run> runs;
    for (const auto& s : scenarios) {
        auto& run = runs.emplace_back(report::suite_run{.name = s.file, .file = s.file, .started = now});
        if (s.errors.empty()) {
            run.name = *folder++;
        } else {
            run.code = exit_code::usage;
            run.error = mask_secrets(to_string(s.errors));
        }
    }
    return runs;
}

or_exit_code<report::run_folder> make_suite_folder(const suite_options& options,
                                                   std::chrono::system_clock::time_point now) {
    auto taken = options.out.empty() ? report::take_new_folder(fs::path("reports") / report::folder_name("suite", now))
                                     : report::take_folder(options.out, "--out",
                                                           options.overwrite ? report::remove_old_suite : nullptr);
    if (taken) return std::move(*taken);
    print_problems(taken.error());
    return exit_code::setup;
}

exit_code refuse_suite(const problems& errors) {
    print_problems(errors);
    return exit_code::usage;
}

exit_code run_suite(const suite_options& options) {
    if (cluster::launched_by_mpi())
        return refuse_suite({"suite", "a launcher has started this as a rank; its runs are single processes"});
    if (options.rehearses && options.retry_invalid != 0)
        return refuse_suite({"--retry-invalid", "a rehearsal has no lag that could make it invalid; leave it out"});
    if (const auto wrong = check_run_names(options, run_tag_flag); !wrong.empty()) return refuse_suite(wrong);
    const auto files = files_of(options.paths);
    if (!files) return refuse_suite(files.error());
    std::vector<suite_scenario> scenarios;
    for (const auto& file : *files) {
        scenarios.push_back(read_suite_scenario(options.scenario, file));
        if (!scenarios.back().errors.empty()) print_file_problems(scenarios.back().errors);
    }
    if (const auto errors = select_by_tags(options.wanted_tags, scenarios); !errors.empty())
        return refuse_suite(errors);
    const auto started = std::chrono::system_clock::now();
    const auto taken = make_suite_folder(options, started);
    if (!taken) return taken.error();
    const auto& folder = taken->path;
    auto runs = planned_runs(scenarios, started);
    run_processes processes;
    run_all(options, folder, processes, runs);
    auto code = report::suite_code(runs);
    code = with_stop_signal(code, processes);
    if (!write_suite_files(folder, runs, started)) code = verdict::worse(code, exit_code::setup);
    if (!options.quiet)
        print_without_masking(fmt::format("\n{}\nreport    {}\n", report::suite_table(runs),
                                          (folder / report::suite_page_file_name).string()));
    return code;
}

} // namespace

command suite_command() {
    auto options = std::make_shared<suite_options>();
    std::vector<flag> flags{
        {.name = "scenarios",
         .into = &options->paths,
         .help = "Scenario files, names of shipped scenarios, and folders: their *.yaml, without files that others "
                 "include and that have no name",
         .required = true,
         .names_scenario = true},
        {.name = "--out",
         .into = &options->out,
         .help = "Folder for the reports, index.html and junit.xml (default: reports/suite-TIME)"},
        {.name = "--tag",
         .into = &options->wanted_tags,
         .help = "Runs only scenarios with this one of their `tags`; of several, with one of them"},
        {.name = "--fail-fast",
         .into = &options->fail_fast,
         .help = "Ends the suite after the first scenario that does not pass"},
        {.name = "--retry-invalid",
         .into = &options->retry_invalid,
         .help = "How often each run that is invalid because of the generator is repeated",
         .limits = flag::range{1, 100}},
        {.name = "--rehearse", .into = &options->rehearses, .help = "Rehearses the scenarios: nothing is connected"}};
    std::ranges::move(job_flags_of(*options, "--out", run_tag_flag), std::back_inserter(flags));
    std::ranges::move(change_flags_of(options->scenario), std::back_inserter(flags));
    flags.push_back({.name = "--quiet",
                     .into = &options->quiet,
                     .help = "No line for each run and no table: only what is wrong, and the exit code"});
    return {.name = "suite",
            .description = "Runs several scenarios one after another, with one table, page, junit.xml and exit code",
            .flags = std::move(flags),
            .run =
                [options] {
                    options->scenario.needs_secrets = !options->rehearses;
                    return run_suite(*options);
                },
            .footer =
                "Exit code: that of the worst run; from the worst: 1, 2 (also a file that is no valid scenario),\n"
                "3, 99, 4, 5, 0; 130 after Ctrl-C."};
}

} // namespace loadsim::app
