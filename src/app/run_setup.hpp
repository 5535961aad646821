// Preparation shared by all commands that run a scenario: read the file, make the report folder, open the log.
#pragma once

#include "scenario_file.hpp"

#include <loadsim/verdict/verdict.hpp>

#include <filesystem>
#include <string>

namespace loadsim::app {

/// A scenario and the new folder of its report.
struct run_setup {
    scenario::scenario_config scenario;
    std::filesystem::path folder;
};

/// A value, or the exit code of a failure that has already been printed.
template <class T>
using or_exit_code = boost::system::result<T, verdict::exit_code>;

/// Reads the scenario; prints its problems.
or_exit_code<scenario::scenario_config> read_scenario(const scenario_flags&);

/// Creates the folder `asked`; when that is empty, reports/NAME-TIME.
or_exit_code<std::filesystem::path> make_report_folder(const std::string& report_path, const std::string& name);

/// Reads the scenario, creates the folder and opens the log in it.
or_exit_code<run_setup> prepare_run(const scenario_flags&, const std::string& folder);

/// The flag --quiet of commands that show progress.
flag quiet_flag(bool& quiet);

/// Directs the log to a file in the folder. False: the file cannot be written; the reason has been printed.
bool log_to_folder(const std::filesystem::path& folder);

} // namespace loadsim::app
