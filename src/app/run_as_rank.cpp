#include "complain.hpp"
#include "log.hpp"
#include "run_ranks.hpp"
#include "run_report.hpp"
#include "undertaking.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace loadsim::app {
namespace {

using verdict::exit_code;

/// Under a launcher our output is a pipe, or a terminal that is none: --ranks hands on what it sees itself.
report::terminal terminal_of_launcher() {
    report::terminal to;
    const char* told = std::getenv(terminal_columns_variable);
    if (told == nullptr) return to;
    const std::string_view text(told);
    unsigned columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc{} && columns != 0) to = {.takes_escape_codes = true, .columns = columns};
    return to;
}

/// `wall_us`: of the moment when all ranks were there.
cluster::hello hello_of(const result<scenario::document>& scenario, std::int64_t wall_us) {
    cluster::hello said;
    said.wall_us = wall_us;
    said.version = LOADSIM_VERSION;
    if (scenario)
        said.scenario = scenario::write(*scenario);
    else
        said.trouble = to_string(scenario.error());
    return said;
}

/// The end of every run of the first rank. Leaving in good order takes all of them: MPI would wait for one that is stuck.
exit_code dismiss_and_end(cluster::channel& channel, exit_code code) {
    if (run::dismiss(channel)) return code;
    std::fflush(nullptr);
    std::_Exit(static_cast<int>(code));
}

exit_code refuse(cluster::channel& channel, const problems& wrong, exit_code code) {
    complain(wrong);
    return dismiss_and_end(channel, code);
}

exit_code lead(cluster::channel& channel, const run_options& options, std::int64_t wall_us) {
    const auto scenario = load_scenario(options.scenario);
    const auto agreed = run::muster(channel, hello_of(scenario, wall_us)); // everybody is heard, whatever is wrong here
    if (!scenario) return refuse(channel, scenario.error(), exit_code::usage);
    if (!agreed) return refuse(channel, agreed.error(), exit_code::setup);
    const auto folder = new_folder(options.report, scenario->name);
    if (!folder) return dismiss_and_end(channel, folder.error());
    if (!log_in(*folder)) return dismiss_and_end(channel, exit_code::setup);

    const auto shards = options.shards != 0 ? options.shards : run::default_shards(channel.where().count > 1);
    run::welcome(channel, {.folder = folder->string(), .shards = shards});
    run_report report(*scenario, *folder, {.quiet = options.quiet, .terminal = terminal_of_launcher()});
    bool cut_off = false;
    auto listener = report.listener();
    listener.said(run::describe(channel, shards));
    listener.finished = [&](const measure::run_facts& facts) {
        report.finish(facts);
        cut_off = facts.ended == measure::run_facts::ending::cut_off;
        // The others may be gone: leaving in good order would wait for them.
        if (cut_off) {
            std::fflush(nullptr);
            std::_Exit(static_cast<int>(report.code()));
        }
    };
    const auto done = run::execute(*scenario, {.folder = *folder, .shards = shards, .ranks = &channel}, listener);
    if (!done) report.give_up(done.error());
    return dismiss_and_end(channel, done ? report.code() : exit_code::setup);
}

exit_code follow(cluster::channel& channel, const run_options& options, std::int64_t wall_us) {
    const auto scenario = load_scenario(options.scenario);
    const auto how = run::report_for_duty(channel, hello_of(scenario, wall_us));
    if (how && scenario) { // else the first rank tells why not
        const auto folder = cluster::spool_folder(how->folder, channel.where().index);
        std::error_code ignored; // the log says so
        std::filesystem::create_directories(folder, ignored);
        if (const auto logging = log_to_file(folder / "loadsim.log"); !logging) complain(logging.error());
        const run::options wanted{.folder = how->folder, .shards = how->shards, .ranks = &channel};
        if (const auto done = run::follow(*scenario, wanted); !done) {
            complain(done.error());
            return exit_code::setup;
        }
    }
    run::say_goodbye(channel);
    return exit_code::pass;
}

} // namespace

exit_code run_as_rank(const run_options& options) {
    // The launcher's "drain" may come before there is anything to drain; it comes again, and is taken then.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
    auto channel = cluster::channel::join();
    if (!channel) {
        complain(channel.error());
        return exit_code::setup;
    }
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const auto wall_us = std::chrono::duration_cast<std::chrono::microseconds>(wall).count();
    return (*channel)->where().index == 0 ? lead(**channel, options, wall_us) : follow(**channel, options, wall_us);
}

} // namespace loadsim::app
