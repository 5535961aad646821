#include "variant_runner.hpp"

#include "tune_setup.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

constexpr std::uint32_t max_repetitions = 1; ///< of an invalid run

/// Last line with text of what a command has printed; empty: none.
std::string last_line_of(const std::filesystem::path& file) {
    constexpr std::streamoff tail = 4096;
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) return {};
    in.seekg(std::max<std::streamoff>(0, in.tellg() - tail));
    std::string last;
    for (std::string line; std::getline(in, line);)
        if (!trimmed(line).empty()) last = trimmed(line);
    return last;
}

/// Predicate of a sentence about a command that failed.
std::string how_it_failed(const run_processes::ended_command& ended, const scenario::variant& v,
                          const std::filesystem::path& output) {
    constexpr int killed_by_signal = 128;
    constexpr std::size_t line_length = 200;
    const auto line = last_line_of(output);
    const auto said =
        line.empty() ? std::string("printed nothing") : fmt::format("printed last: '{}'", excerpt(line, line_length));
    if (ended.how == run_processes::command_end::timed_out)
        return fmt::format("did not end within {} and {}; correct it, or raise the variant's 'timeout'",
                           format_duration(v.timeout), said);
    const auto how = ended.exit_code > killed_by_signal
                         ? fmt::format("was ended by signal {}", ended.exit_code - killed_by_signal)
                         : fmt::format("ended with exit code {}", ended.exit_code);
    return fmt::format("{} and {}; correct it, and run tune again", how, said);
}

} // namespace

variant_runner::variant_runner(options o, std::filesystem::path folder, run_processes& processes)
    : options_(std::move(o)), folder_(std::move(folder)), processes_(processes) {}

bool variant_runner::execute(command_key which, const std::string& text, const scenario::variant& v,
                             std::uint32_t round, problems& failed) {
    if (text.empty()) return true;
    const auto key = which == command_key::command ? "command" : which == command_key::before ? "before" : "after";
    const auto output = folder_ / v.name / fmt::format("round-{}-{}.txt", round, key);
    const auto ended =
        processes_.run_shell({.text = text,
                              .environment = {{"LOADSIM_VARIANT", v.name}, {"LOADSIM_ROUND", std::to_string(round)}},
                              .output = output,
                              .timeout = v.timeout,
                              .outlasts_first_signal = which == command_key::after});
    using enum run_processes::command_end;
    if (ended && ended->how == exited && ended->exit_code == 0) return true;
    if (!ended) {
        failed.add(ended.error());
    } else if (ended->how == stopped && which == command_key::after) {
        failed.add(v.location, fmt::format("'after' of variant '{}' was ended by the stop signal; check what it should "
                                           "have taken down (its output: {})",
                                           v.name, output.string()));
    } else if (ended->how != stopped) {
        failed.add(v.location, fmt::format("'{}' of variant '{}' {} (round {}; all of its output: {})", key, v.name,
                                           how_it_failed(*ended, v, output), round, output.string()));
    }
    return false;
}

variant_runner::ended_round variant_runner::run(const scenario::variant& v, std::uint32_t round) {
    ended_round made{.run = {.name = fmt::format("round-{}", round),
                             .file = options_.scenario.file,
                             .started = std::chrono::system_clock::now()}};
    const auto folder = folder_ / v.name;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        made.failed_commands.add(folder.string(), "cannot be created: " + error.message());
        return made;
    }
    const auto goes_on = [&] { return processes_.stop_signal() == 0; };
    if (execute(command_key::command, v.command, v, round, made.failed_commands) && goes_on() &&
        execute(command_key::before, v.before, v, round, made.failed_commands) && goes_on()) {
        std::vector<std::string> arguments{options_.rehearses ? "rehearse" : "run", options_.scenario.file, "--report",
                                           (folder / made.run.name).string(), "--quiet"};
        append_changes(flags_of_variant(options_.scenario, v), arguments);
        if (!options_.rehearses)
            arguments.insert(arguments.end(), {"--retry-invalid", std::to_string(max_repetitions)});
        const auto begin = std::chrono::steady_clock::now();
        // A variant that misses the budgets is no error of a job.
        const auto process =
            processes_.run(std::move(arguments), {{"GITHUB_ACTIONS", "false"}, {"GITHUB_STEP_SUMMARY", ""}});
        made.run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        made.messages = take_result(process, folder, max_repetitions, made.run);
    }
    execute(command_key::after, v.after, v, round, made.failed_commands);
    return made;
}

} // namespace loadsim::app
