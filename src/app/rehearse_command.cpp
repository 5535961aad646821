#include "commands.hpp"
#include "live_page.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/run/rehearsal.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>

namespace loadsim::app {
namespace {

struct rehearse_options {
    scenario_flags scenario;
    std::string report;
    display_flags display;
    ui_flags ui;
};

exit_code rehearse(const rehearse_options& options) {
    const auto live = live_page::start(options.ui);
    if (!live) return live.error();
    const auto setup = prepare_run(options.scenario, options.report);
    if (!setup) return setup.error();
    const auto& [scenario, folder] = *setup;
    run_report report(scenario, folder,
                      {.quiet = options.display.quiet,
                       .terminal = report::terminal_of(stdout),
                       .colour = options.display.colour_choice(),
                       .verbose = options.display.verbose,
                       .mode = measure::run_mode::rehearsal,
                       .informs_github = true,
                       .live = live->get()});
    if (const auto done = run::rehearse(scenario, {}, report.listener()); !done) {
        report.report_failure(done.error());
        return exit_code::setup;
    }
    return report.code();
}

} // namespace

command rehearse_command() {
    auto options = std::make_shared<rehearse_options>();
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back(
        {.name = "--report", .into = &options->report, .help = "Folder for the report (default: reports/NAME-TIME)"});
    std::ranges::move(display_flags_of(options->display), std::back_inserter(flags));
    std::ranges::move(ui_flags_of(options->ui), std::back_inserter(flags));
    return {.name = "rehearse",
            .description = "Runs a scenario in simulated time against a model of the platform: nothing is connected",
            .flags = std::move(flags),
            .run = [options] { return rehearse(*options); }};
}

} // namespace loadsim::app
