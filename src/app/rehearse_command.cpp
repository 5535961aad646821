#include "commands.hpp"
#include "run_report.hpp"
#include "undertaking.hpp"

#include <loadsim/run/rehearsal.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace loadsim::app {
namespace {

struct rehearse_options {
    scenario_flags scenario;
    std::string report;
    bool quiet = false;
};

exit_code rehearse(const rehearse_options& options) {
    const auto begun = undertake(options.scenario, options.report);
    if (!begun) return begun.error();
    const auto& [scenario, folder] = *begun;
    run_report report(
        scenario, folder,
        {.quiet = options.quiet, .terminal = report::terminal_of(stdout), .how = measure::mode::rehearsal});
    if (const auto done = run::rehearse(scenario, {}, report.listener()); !done) {
        report.give_up(done.error());
        return exit_code::setup;
    }
    return report.code();
}

} // namespace

void set_up_rehearse(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<rehearse_options>();
    auto* command = app.add_subcommand(
        "rehearse", "Runs a scenario in simulated time against a model of the platform: nothing is connected");
    add_scenario_flags(*command, options->scenario);
    command->add_option("--report", options->report, "Folder for the report (default: reports/NAME-TIME)");
    command->add_flag("--quiet", options->quiet, "No progress and no summary: only what is wrong, and the exit code");
    command->callback([options, &code] { code = rehearse(*options); });
}

} // namespace loadsim::app
