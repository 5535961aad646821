#include "commands.hpp"
#include "run_setup.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/scenario/run_estimate.hpp>
#include <loadsim/target/machine_resources.hpp>

#include <memory>

namespace loadsim::app {

command validate_command() {
    auto options = std::make_shared<scenario_flags>();
    options->checks_environments = true;
    return {
        .name = "validate",
        .description =
            "Checks a scenario with each of its environments, and prints its phases and the resources that it needs",
        .flags = scenario_flags_of(*options),
        .run = [options] {
            const auto scenario = read_scenario(*options);
            if (!scenario) return scenario.error();
            target::raise_open_file_limit();
            print_output(scenario::to_string(scenario::estimate_run(*scenario, target::inspect_machine())));
            return exit_code::pass;
        }};
}

} // namespace loadsim::app
