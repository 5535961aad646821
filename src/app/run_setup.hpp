// Preparation shared by all commands that run a scenario: flags that name and change it, report folder, log.
#pragma once

#include "command_line.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/report/baseline_comparison.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/report/run_folder.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::app {

/// Scenario given on the command line: a file, and flags that override its values.
struct scenario_flags {
    std::string file;                   ///< or the name of a shipped scenario
    std::vector<std::string> overrides; ///< --set PATH=VALUE
    std::string broker;                 ///< --broker URL
    std::string api;                    ///< --api URL
    std::optional<std::uint64_t> seed;  ///< --seed N
    bool needs_secrets = false;         ///< a masked secret, as in the scenario of a report's folder, is a problem
    std::string environment;            ///< --env NAME
    bool checks_environments = false;   ///< problems with the other environments are problems, too
};

/// Flags of a scenario: file, --env, --set, --broker, --api and --seed. The argument must outlive the parsing.
std::vector<flag> scenario_flags_of(scenario_flags&);
/// The same without the file.
std::vector<flag> change_flags_of(scenario_flags&);
/// The subset --set, --broker and --api.
std::vector<flag> target_flags_of(scenario_flags&);

/// Appends the flags of change_flags_of(), with the values given, for another process of the program.
void append_changes(const scenario_flags&, std::vector<std::string>& command);

/// Errors: all problems of the file, the overrides and the URLs. `warnings`: see scenario::read().
result<scenario::scenario_config> load_scenario(const scenario_flags&, problems* warnings = nullptr);

/// A scenario, the new folder of its report, and what the run is compared with.
struct run_setup {
    scenario::scenario_config scenario;
    report::run_folder folder;
    std::optional<report::run_baseline> baseline; ///< nullopt: nothing
};

/// A value, or the exit code of a failure that has already been printed.
template <class T>
using or_exit_code = boost::system::result<T, verdict::exit_code>;

/// Reads the scenario; prints its problems and warnings.
or_exit_code<scenario::scenario_config> read_scenario(const scenario_flags&);

/// Creates the folder `report_path`; when that is empty, a new one: reports/NAME-TIME. `overwrite`: removes a report that is there.
or_exit_code<report::run_folder> make_report_folder(const std::string& report_path, const std::string& name,
                                                    bool overwrite = false);
/// Points reports/latest to the folder, unless it was named by the user. A failure is only a warning.
void link_latest_report(const std::string& report_path, const std::filesystem::path& folder);

/// --baseline PATH; nullopt: the path is empty. Prints warnings. Error: exit code 3, printed: it cannot be read, or is of another load.
or_exit_code<std::optional<report::run_baseline>> read_baseline(const std::string& path,
                                                                const scenario::scenario_config&);

/// Reads the scenario and the baseline, creates the folder and opens the log in it.
or_exit_code<run_setup> prepare_run(const scenario_flags&, const std::string& folder, bool overwrite = false,
                                    const std::string& baseline = {});

/// The flag --baseline.
flag baseline_flag_of(std::string& path);

/// What commands that show progress print on the terminal.
struct display_flags {
    bool quiet = false;
    bool verbose = false;
    std::string colour = "auto";

    report::colour_choice colour_choice() const;
};
/// The flags --quiet, --verbose and --color.
std::vector<flag> display_flags_of(display_flags&);

/// What a CI job asks of a run, a rehearsal or a suite.
struct job_flags {
    std::vector<std::string> labels{}; ///< --label NAME=VALUE
    std::vector<std::string> tags{};   ///< --tag KEY=VALUE; of a suite, where --tag selects scenarios, --run-tag
    bool overwrite = false;
    bool strict =
        false; ///< of a budget: a limit within the interval is a miss, a percentile that is not carried no data
};
/// The flags --overwrite, --label, that of tags, and --strict. `folder_flag`, which is before them, names the folder that is replaced.
std::vector<flag> job_flags_of(job_flags&, const std::string& folder_flag, const std::string& tag_flag = "--tag");
/// Problems of the labels and the tags.
problems check_run_names(const job_flags&, const std::string& tag_flag = "--tag");
/// Appends --label, --tag and --strict, with the values given, for another process of the program.
void append_job_flags(const job_flags&, std::vector<std::string>& command);

/// Directs the log to a file in the folder. False: the file cannot be written; the reason has been printed.
bool log_to_folder(const std::filesystem::path& folder);

} // namespace loadsim::app
