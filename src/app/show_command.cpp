#include "commands.hpp"
#include "complain.hpp"
#include "undertaking.hpp"

#include <loadsim/run/planned.hpp>
#include <loadsim/scenario/show.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::app {
namespace {

exit_code show_behaviours(const std::vector<std::string>& names) {
    const auto text = scenario::show_behaviours(names);
    if (!text) {
        complain(text.error());
        return exit_code::usage;
    }
    fmt::print("{}", *text);
    return exit_code::pass;
}

void set_up_behaviours(CLI::App& show, exit_code& code) {
    auto names = std::make_shared<std::vector<std::string>>();
    auto* command = show.add_subcommand("behaviours",
                                        "Prints the behaviours that loadsim brings along, as a scenario defines them");
    command->add_option("names", *names, "Only these (default: all)");
    command->callback([names, &code] { code = show_behaviours(*names); });
}

exit_code show_plan(const scenario_flags& flags) {
    const auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    const auto print = [](auto, const std::string& line) { fmt::print("{}\n", line); };
    fmt::print("{}\n", run::plan_header());
    run::write_plan(*scenario, {}, print);
    if (scenario->conditions.empty()) return exit_code::pass;
    fmt::print("\n{}\n", run::strikes_header());
    run::write_strikes(*scenario, {}, print);
    return exit_code::pass;
}

void set_up_plan(CLI::App& show, exit_code& code) {
    auto flags = std::make_shared<scenario_flags>();
    auto* command = show.add_subcommand(
        "plan", "Prints who is asked for what and when, what each vehicle will choose, and what befalls whom");
    add_scenario_flags(*command, *flags);
    command->callback([flags, &code] { code = show_plan(*flags); });
}

} // namespace

void set_up_show(CLI::App& app, exit_code& code) {
    auto* command = app.add_subcommand("show", "Prints what loadsim knows");
    command->require_subcommand(1);
    set_up_behaviours(*command, code);
    set_up_plan(*command, code);
}

} // namespace loadsim::app
