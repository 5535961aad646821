#include "run_ranks.hpp"

#include "complain.hpp"
#include "run_report.hpp"
#include "undertaking.hpp"

#include <loadsim/cluster/launch.hpp>
#include <loadsim/cluster/place.hpp>
#include <loadsim/run/ranks.hpp>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fstream>

namespace loadsim::app {
namespace {

using verdict::exit_code;

/// What each rank is started with: our own command line, less --ranks, and with the folder decided.
std::vector<std::string> command_of(const run_options& options, const std::filesystem::path& folder) {
    std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string(), "run",
                                     options.scenario.file, "--report", folder.string()};
    const auto add = [&command](const char* flag, const std::string& value) {
        if (value.empty()) return;
        command.emplace_back(flag);
        command.push_back(value);
    };
    for (const auto& setting : options.scenario.settings) add("--set", setting);
    add("--broker", options.scenario.broker);
    add("--api", options.scenario.api);
    if (options.scenario.seed) add("--seed", std::to_string(*options.scenario.seed));
    if (options.shards != 0) add("--shards", std::to_string(options.shards));
    if (options.quiet) command.emplace_back("--quiet");
    return command;
}

std::vector<std::pair<std::string, std::string>> environment_of_ranks() {
    winsize size{};
    if (!report::terminal_of(stdout).takes_escape_codes || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
    return {{terminal_columns_variable, std::to_string(size.ws_col)}};
}

/// What mpirun said besides what our ranks did. Kept for who wants to look; failing to keep it changes nothing.
void keep_words(const std::filesystem::path& folder, const std::string& words) {
    if (words.empty()) return;
    std::ofstream(folder / "mpirun.log") << words;
}

} // namespace

exit_code run_ranks(const run_options& options) {
    if (cluster::launched()) {
        complain({"--ranks", "a launcher has started this as a rank already; leave --ranks out"});
        return exit_code::usage;
    }
    const auto scenario = read_scenario(options.scenario);
    if (!scenario) return scenario.error();
    const auto folder = new_folder(options.report, scenario->name);
    if (!folder) return folder.error();
    const auto ended = cluster::launch({.ranks = options.ranks,
                                        .hostfile = options.hostfile,
                                        .command = command_of(options, *folder),
                                        .environment = environment_of_ranks()});
    if (!ended) {
        complain(ended.error());
        return exit_code::setup;
    }
    keep_words(*folder, ended->words);
    if (ended->trouble.empty()) return static_cast<exit_code>(ended->exit_code);
    complain({"", ended->trouble});
    if (exists(*folder / report::summary_name)) { // the first rank has had time to report
        const auto code = static_cast<exit_code>(ended->exit_code);
        return code == exit_code::interrupted ? code : exit_code::invalid;
    }
    const auto facts = run::salvage(*scenario, *folder, options.ranks, ended->trouble);
    if (!facts) return ended->started ? exit_code::invalid : exit_code::setup; // the ranks' files are on other hosts
    log_in(*folder); // without one the report is worth having too
    run_report report(*scenario, *folder,
                      {.quiet = options.quiet,
                       .terminal = report::terminal_of(stdout),
                       .there = report::folder_writer::files::begun});
    report.finish(*facts);
    return report.code();
}

} // namespace loadsim::app
