#include "commands.hpp"
#include "complain.hpp"
#include "scenario_file.hpp"

#include <loadsim/scenario/plan.hpp>
#include <loadsim/target/machine.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace loadsim::app {

void set_up_validate(CLI::App& app, exit_code& code) {
    auto flags = std::make_shared<scenario_flags>();
    auto* command = app.add_subcommand("validate", "Checks a scenario, and prints what it would do and need");
    add_scenario_flags(*command, *flags);
    command->callback([flags, &code] {
        const auto scenario = load_scenario(*flags);
        if (!scenario) {
            complain_of_file(scenario.error());
            code = exit_code::usage;
            return;
        }
        target::raise_open_file_limit();
        fmt::print("{}", scenario::to_string(scenario::plan_of(*scenario, target::look_at_machine())));
    });
}

} // namespace loadsim::app
