#include "commands.hpp"
#include "run_setup.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/scenario/run_estimate.hpp>
#include <loadsim/target/preflight.hpp>

#include <fmt/format.h>

#include <algorithm>
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

/// Command line of the run with additional flags, for copying. Secrets are masked before a text is quoted.
std::string run_command_line(const doctor_options& options, const std::string& flags) {
    std::string line = command_name() + " run " + shell_quote(options.scenario.file);
    if (!options.scenario.environment.empty()) line += " --env " + shell_quote(options.scenario.environment);
    for (const auto& text : options.scenario.overrides) line += " --set " + shell_quote(mask_secrets(text));
    if (!options.scenario.broker.empty()) line += " --broker " + shell_quote(options.scenario.broker);
    if (!options.scenario.api.empty()) line += " --api " + shell_quote(options.scenario.api);
    if (options.scenario.seed) line += fmt::format(" --seed {}", *options.scenario.seed);
    if (options.ranks != 1 && flags.find("--ranks") == std::string::npos)
        line += fmt::format(" --ranks {}", options.ranks);
    return flags.empty() ? line : line + ' ' + flags;
}

std::string check_table(const std::vector<target::check>& checks) {
    std::string text = fmt::format("{:<15}  {:>10}  {:>10}  {}\n", "check", "needs", "has", "verdict");
    for (const auto& c : checks)
        text += fmt::format("{:<15}  {:>10}  {:>10}  {:<10}  {}\n", c.name, c.needed, c.available,
                            target::to_string(c.status), c.scope);
    return text;
}

std::string remedies_text(const doctor_options& options, const target::check& c) {
    auto text = fmt::format("\n{}: {}\n", c.name, target::to_string(c.status));
    const char* prefix = "  ";
    for (const auto& r : c.remedies) {
        text += prefix + r.description + '\n';
        if (!r.command.empty()) text += "      " + r.command + '\n';
        if (!r.flags.empty()) text += "      " + run_command_line(options, r.flags) + '\n';
        prefix = "  or ";
    }
    return text;
}

/// One command line with the first remedy of each failed check; empty: fewer than two different ones.
std::string combined_command(const doctor_options& options, const std::vector<target::check>& checks) {
    std::vector<std::string> flags;
    for (const auto& c : checks) {
        if (c.status != target::check_status::not_enough || c.remedies.empty()) continue;
        const auto& remedy_flags = c.remedies.front().flags;
        if (!remedy_flags.empty() && std::ranges::find(flags, remedy_flags) == flags.end())
            flags.push_back(remedy_flags);
    }
    if (flags.size() < 2) return {};
    std::string all;
    for (const auto& f : flags) all += (all.empty() ? "" : " ") + f;
    return fmt::format("\nall at once:\n      {}\n", run_command_line(options, all));
}

exit_code check_resources(const doctor_options& options) {
    const auto scenario = read_scenario(options.scenario);
    if (!scenario) return scenario.error();
    target::raise_open_file_limit();
    const auto machine = target::inspect_machine();
    const auto checks = target::assess(scenario::requirements_of(*scenario, {options.ranks, options.ranks}), machine);

    std::string text =
        fmt::format("{}, {} vehicles, {} on this machine with {} cores\n\n", scenario->name, scenario->fleet.vehicles,
                    options.ranks == 1 ? "one process" : fmt::format("{} processes", options.ranks),
                    machine.cores == 0 ? "an unknown number of" : std::to_string(machine.cores));
    text += check_table(checks);
    for (const auto& c : checks)
        if (c.status != target::check_status::enough && !c.remedies.empty()) text += remedies_text(options, c);
    text += combined_command(options, checks);
    const bool enough =
        std::ranges::none_of(checks, [](const auto& c) { return c.status == target::check_status::not_enough; });
    text += enough ? "\nthe machine can carry this run\n" : "\nthe machine cannot carry this run as it is\n";
    print_output(text);
    return enough ? exit_code::pass : exit_code::setup;
}

} // namespace

command doctor_command() {
    auto options = std::make_shared<doctor_options>();
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back({.name = "--ranks",
                     .into = &options->ranks,
                     .help = "Processes that the run is spread over, all on this machine",
                     .limits = flag::range{1, 65'536}});
    return {.name = "doctor",
            .description =
                "Says what a scenario needs, what this machine has, and what closes the difference; opens nothing",
            .flags = std::move(flags),
            .run = [options] { return check_resources(*options); }};
}

} // namespace loadsim::app
