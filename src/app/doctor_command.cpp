#include "commands.hpp"
#include "complain.hpp"
#include "scenario_file.hpp"

#include <loadsim/scenario/needs.hpp>
#include <loadsim/target/preflight.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::app {
namespace {

struct doctor_options {
    scenario_flags scenario;
    std::uint32_t ranks = 1;
};

/// As a shell reads it back.
std::string quoted(const std::string& word) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_./:=@%+,-").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::ranges::all_of(word, plain)) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

/// The run that was asked about, to be copied with what is added to it. What may hold a password is not repeated.
std::string run_with(const doctor_options& asked, const std::string& flags) {
    std::string line = "loadsim run " + quoted(asked.scenario.file);
    for (const auto& setting : asked.scenario.settings)
        line += " --set " + (setting.find("password") == std::string::npos ? quoted(setting) : "...");
    if (!asked.scenario.broker.empty()) line += " --broker " + quoted(asked.scenario.broker);
    if (!asked.scenario.api.empty()) line += " --api " + quoted(asked.scenario.api);
    if (asked.scenario.seed) line += fmt::format(" --seed {}", *asked.scenario.seed);
    if (asked.ranks != 1 && flags.find("--ranks") == std::string::npos) line += fmt::format(" --ranks {}", asked.ranks);
    return flags.empty() ? line : line + ' ' + flags;
}

std::string table(const std::vector<target::check>& checks) {
    std::string text = fmt::format("{:<15}  {:>10}  {:>10}  {}\n", "check", "needs", "has", "verdict");
    for (const auto& c : checks)
        fmt::format_to(std::back_inserter(text), "{:<15}  {:>10}  {:>10}  {:<10}  {}\n", c.name, c.needs, c.has,
                       target::to_string(c.verdict), c.of);
    return text;
}

std::string remedies(const doctor_options& asked, const target::check& c) {
    auto text = fmt::format("\n{}: {}\n", c.name, target::to_string(c.verdict));
    const char* before = "  ";
    for (const auto& r : c.remedies) {
        text += before + r.what + '\n';
        if (!r.command.empty()) text += "      " + r.command + '\n';
        if (!r.flags.empty()) text += "      " + run_with(asked, r.flags) + '\n';
        before = "  or ";
    }
    return text;
}

/// The first remedy of each check that is not enough, in one command line; empty: one is enough, and has been said.
std::string all_at_once(const doctor_options& asked, const std::vector<target::check>& checks) {
    std::vector<std::string> flags;
    for (const auto& c : checks) {
        if (c.verdict != target::fit::not_enough || c.remedies.empty()) continue;
        const auto& wanted = c.remedies.front().flags;
        if (!wanted.empty() && std::ranges::find(flags, wanted) == flags.end()) flags.push_back(wanted);
    }
    if (flags.size() < 2) return {};
    std::string all;
    for (const auto& f : flags) all += (all.empty() ? "" : " ") + f;
    return fmt::format("\nall at once:\n      {}\n", run_with(asked, all));
}

exit_code examine(const doctor_options& asked) {
    const auto scenario = load_scenario(asked.scenario);
    if (!scenario) {
        complain_of_file(scenario.error());
        return exit_code::usage;
    }
    target::raise_open_file_limit();
    const auto here = target::look_at_machine();
    const auto checks = target::assess(scenario::needs_of(*scenario, {asked.ranks, asked.ranks}), here);

    std::string text =
        fmt::format("{}, {} vehicles, {} on this machine with {} cores\n\n", scenario->name, scenario->fleet.vehicles,
                    asked.ranks == 1 ? "one process" : fmt::format("{} processes", asked.ranks),
                    here.cores == 0 ? "an unknown number of" : std::to_string(here.cores));
    text += table(checks);
    for (const auto& c : checks)
        if (c.verdict != target::fit::enough && !c.remedies.empty()) text += remedies(asked, c);
    text += all_at_once(asked, checks);
    const bool enough =
        std::ranges::none_of(checks, [](const auto& c) { return c.verdict == target::fit::not_enough; });
    text += enough ? "\nthe machine can carry this run\n" : "\nthe machine cannot carry this run as it is\n";
    fmt::print("{}", text);
    return enough ? exit_code::pass : exit_code::setup;
}

} // namespace

void set_up_doctor(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<doctor_options>();
    auto* command =
        app.add_subcommand("doctor", "Says what a scenario needs, what this machine has, and what closes the "
                                     "difference; opens nothing");
    add_scenario_flags(*command, options->scenario);
    command->add_option("--ranks", options->ranks, "Processes that the run is spread over, all on this machine")
        ->check(CLI::Range(1, 65'536));
    command->callback([options, &code] { code = examine(*options); });
}

} // namespace loadsim::app
