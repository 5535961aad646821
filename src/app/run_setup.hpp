// Preparation shared by all commands that run a scenario: flags that name and change it, report folder, log.
#pragma once

#include "command_line.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::app {

/// Scenario given on the command line: a file, and flags that override its values.
struct scenario_flags {
    std::string file;
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

/// A scenario and the new folder of its report.
struct run_setup {
    scenario::scenario_config scenario;
    std::filesystem::path folder;
};

/// A value, or the exit code of a failure that has already been printed.
template <class T>
using or_exit_code = boost::system::result<T, verdict::exit_code>;

/// Reads the scenario; prints its problems and warnings.
or_exit_code<scenario::scenario_config> read_scenario(const scenario_flags&);

/// Creates the folder `report_path`; when that is empty, a new one: reports/NAME-TIME. `overwrite`: removes a report that is there.
or_exit_code<std::filesystem::path> make_report_folder(const std::string& report_path, const std::string& name,
                                                       bool overwrite = false);
/// Points reports/latest to the folder, unless it was named by the user. A failure is only a warning.
void link_latest_report(const std::string& report_path, const std::filesystem::path& folder);

/// Reads the scenario, creates the folder and opens the log in it.
or_exit_code<run_setup> prepare_run(const scenario_flags&, const std::string& folder, bool overwrite = false);

/// What commands that show progress print on the terminal.
struct display_flags {
    bool quiet = false;
    bool verbose = false;
    std::string colour = "auto";

    report::colour_choice colour_choice() const;
};
/// The flags --quiet, --verbose and --color.
std::vector<flag> display_flags_of(display_flags&);

/// Directs the log to a file in the folder. False: the file cannot be written; the reason has been printed.
bool log_to_folder(const std::filesystem::path& folder);

} // namespace loadsim::app
