#include "run_setup.hpp"

#include "print_problems.hpp"

#include <loadsim/base/log.hpp>
#include <loadsim/report/report_folder.hpp>

#include <chrono>
#include <utility>

namespace loadsim::app {

using verdict::exit_code;

or_exit_code<scenario::scenario_config> read_scenario(const scenario_flags& flags) {
    auto scenario = load_scenario(flags);
    if (scenario) return std::move(*scenario);
    print_file_problems(scenario.error());
    return exit_code::usage;
}

or_exit_code<std::filesystem::path> make_report_folder(const std::string& report_path, const std::string& name) {
    const auto folder = report_path.empty() ? std::filesystem::path("reports") /
                                                  report::folder_name(name, std::chrono::system_clock::now())
                                            : std::filesystem::path(report_path);
    auto made = report::make_folder(folder);
    if (made) return std::move(*made);
    print_problems(made.error());
    return exit_code::setup;
}

or_exit_code<run_setup> prepare_run(const scenario_flags& flags, const std::string& report_path) {
    auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    auto folder = make_report_folder(report_path, scenario->name);
    if (!folder) return folder.error();
    if (!log_to_folder(*folder)) return exit_code::setup;
    return run_setup{std::move(*scenario), std::move(*folder)};
}

flag quiet_flag(bool& quiet) {
    return {
        .name = "--quiet", .into = &quiet, .help = "No progress and no summary: only what is wrong, and the exit code"};
}

bool log_to_folder(const std::filesystem::path& folder) {
    const auto logging = log_to_file(folder / "loadsim.log");
    if (!logging) print_problems(logging.error());
    return logging.has_value();
}

} // namespace loadsim::app
