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

struct rehearse_options : job_flags {
    scenario_flags scenario;
    std::string report;
    std::string baseline;
    display_flags display;
    ui_flags ui;
};

exit_code rehearse(const rehearse_options& options) {
    if (const auto wrong = check_run_names(options); !wrong.empty()) {
        print_problems(wrong);
        return exit_code::usage;
    }
    const auto labels = report::parse_run_labels(options.labels).value();
    const auto live = live_page::start(options.ui);
    if (!live) return live.error();
    const auto setup = prepare_run(options.scenario, options.report, options.overwrite, options.baseline);
    if (!setup) return setup.error();
    const auto& [scenario, folder, baseline] = *setup;
    run_report report(scenario, folder.path,
                      {.quiet = options.display.quiet,
                       .strict = options.strict,
                       .terminal = report::terminal_of(stdout),
                       .colour = options.display.colour_choice(),
                       .verbose = options.display.verbose,
                       .mode = measure::run_mode::rehearsal,
                       .labels = labels,
                       .tags = report::parse_run_tags(options.tags, labels).value(),
                       .informs_github = true,
                       .baseline = baseline ? &*baseline : nullptr,
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
    flags.push_back(baseline_flag_of(options->baseline));
    std::ranges::move(job_flags_of(*options, "--report"), std::back_inserter(flags));
    std::ranges::move(display_flags_of(options->display), std::back_inserter(flags));
    std::ranges::move(ui_flags_of(options->ui), std::back_inserter(flags));
    return {.name = "rehearse",
            .description = "Runs a scenario in simulated time against a model of the platform: nothing is connected",
            .flags = std::move(flags),
            .run = [options] { return rehearse(*options); }};
}

} // namespace loadsim::app
