#include "commands.hpp"
#include "run_setup.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/run/plan_listing.hpp>
#include <loadsim/scenario/builtin_behaviours.hpp>

#include <memory>
#include <string>
#include <vector>

namespace loadsim::app {
namespace {

exit_code show_behaviours(const std::vector<std::string>& names) {
    const auto text = scenario::builtin_behaviours_yaml(names);
    if (!text) {
        print_problems(text.error());
        return exit_code::usage;
    }
    print_without_masking(*text);
    return exit_code::pass;
}

exit_code show_plan(const scenario_flags& flags) {
    const auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    const auto print = [](auto, const std::string& line) { print_without_masking(line + '\n'); };
    print_without_masking(run::plan_header() + '\n');
    run::write_plan(*scenario, {}, print);
    if (!scenario->conditions.empty()) {
        print_without_masking('\n' + run::condition_windows_header() + '\n');
        run::write_condition_windows(*scenario, {}, print);
    }
    const auto& telemetry = scenario->fleet.telemetry;
    if (telemetry.groups.empty() && telemetry.alarms.empty()) return exit_code::pass;
    print_without_masking('\n' + run::telemetry_header() + '\n');
    run::write_telemetry(*scenario, [](const std::string& line) { print_without_masking(line + '\n'); });
    return exit_code::pass;
}

command show_behaviours_command() {
    auto names = std::make_shared<std::vector<std::string>>();
    return {.name = "behaviours",
            .description = "Prints the built-in behaviours, as a scenario defines them",
            .flags = {{.name = "names", .into = names.get(), .help = "Only these (default: all)"}},
            .run = [names] { return show_behaviours(*names); }};
}

command show_plan_command() {
    auto options = std::make_shared<scenario_flags>();
    return {.name = "plan",
            .description =
                "Prints which vehicle gets which request and when, the steps that each vehicle will take, the "
                "condition windows, and the telemetry groups with their messages per second",
            .flags = scenario_flags_of(*options),
            .run = [options] { return show_plan(*options); }};
}

} // namespace

command show_command() {
    return {.name = "show",
            .description = "Prints built-in behaviours, or the plan of a scenario",
            .subcommands = {show_behaviours_command(), show_plan_command()}};
}

} // namespace loadsim::app
