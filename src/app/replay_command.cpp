#include "commands.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/run/replay.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

using measure::request_record;

struct replay_options {
    std::string folder; ///< of the run
    std::optional<std::string> request, vin;
    scenario_flags scenario; ///< `file` is scenario.yaml of the folder
    std::string packets;
    std::string report;
    std::uint32_t repeat = 1;
    display_flags display;
};

/// Requests of the first request's vehicle. An id can occur at several vehicles, and a replay runs one vehicle.
std::vector<request_record> requests_of_first_vehicle(std::vector<request_record> all) {
    const auto vin = all.front().vin;
    std::erase_if(all, [&vin](const request_record& r) { return r.vin != vin; });
    return all;
}

exit_code refuse(const problems& errors) {
    print_problems(errors);
    return exit_code::usage;
}

/// With --quiet only what was not reproduced, on standard error.
void print_comparison(bool quiet, bool reproduced, const std::string& text) {
    if (!quiet || !reproduced) (quiet ? print_error : print_without_masking)('\n' + text);
}

/// Replays the requests once and compares them. Errors: the exit code of a run that did not pass.
or_exit_code<report::replay_comparison> replay_once(const scenario::scenario_config& scenario,
                                                    const run::replay_options& selection, const display_flags& display,
                                                    const std::vector<request_record>& original,
                                                    const std::function<void(const report::replay_comparison&)>& show) {
    run_report report(scenario, selection.folder,
                      {.quiet = display.quiet,
                       .terminal = report::terminal_of(stdout),
                       .colour = display.colour_choice(),
                       .verbose = display.verbose,
                       .mode = measure::run_mode::replay});
    std::vector<request_record> replayed;
    auto listener = report.listener();
    listener.on_progress = [&replayed, forward = listener.on_progress](const measure::progress& p) {
        forward(p);
        std::ranges::copy(p.interval.request_records, std::back_inserter(replayed));
    };
    if (const auto done = run::replay(scenario, selection, listener); !done) {
        report.report_failure(done.error());
        return exit_code::setup;
    }
    auto comparison = report::compare_replay(original, replayed);
    show(comparison);
    if (report.code() != exit_code::pass) return report.code();
    return comparison;
}

/// The file name with the repetition's number before its extension; an empty name stays empty.
std::filesystem::path numbered(const std::filesystem::path& file, std::uint32_t repetition) {
    if (file.empty()) return file;
    auto name = file;
    return name.replace_filename(fmt::format("{}-{}{}", file.stem().string(), repetition, file.extension().string()));
}

/// Replays the requests several times, each with a folder of its own, and prints how often they were reproduced.
exit_code replay_repeatedly(const replay_options& options, const run_setup& setup, run::replay_options selection,
                            const std::vector<request_record>& original) {
    std::vector<report::replay_comparison> all;
    auto code = exit_code::pass;
    for (std::uint32_t i = 1; i <= options.repeat && code == exit_code::pass; ++i) {
        const auto folder = report::make_folder(setup.folder.path / fmt::format("repetition-{}", i));
        if (!folder) {
            print_problems(folder.error());
            return exit_code::setup;
        }
        selection.folder = *folder;
        selection.capture_file = numbered(options.packets, i);
        auto comparison = replay_once(setup.scenario, selection, {.quiet = true}, original, [&](const auto& one) {
            if (!options.display.quiet)
                print_without_masking(fmt::format("\nrepetition {} of {}\n{}", i, options.repeat, one.text));
        });
        if (comparison)
            all.push_back(std::move(*comparison));
        else
            code = comparison.error();
    }
    if (all.empty()) return code; // the first one did not start
    const auto combined = report::combine_replays(original, all);
    print_comparison(options.display.quiet, combined.reproduced, combined.text);
    if (code != exit_code::pass) return code;
    return combined.reproduced ? exit_code::pass : exit_code::missed;
}

/// Replays the requests and prints whether they had the same outcome.
exit_code replay_requests(const replay_options& options, const run_setup& setup, vehicle_id vehicle,
                          const std::vector<request_record>& original) {
    run::replay_options selection{
        .folder = setup.folder.path, .vehicle = vehicle, .arrivals = {}, .capture_file = options.packets};
    for (const auto& r : original) selection.arrivals.push_back(arrival_id{r.arrival});
    if (options.repeat > 1) return replay_repeatedly(options, setup, std::move(selection), original);
    const auto comparison = replay_once(setup.scenario, selection, options.display, original, [&](const auto& one) {
        print_comparison(options.display.quiet, one.reproduced, one.text);
    });
    if (!comparison) return comparison.error();
    return comparison->reproduced ? exit_code::pass : exit_code::missed;
}

exit_code replay(const replay_options& options) {
    auto all = open_report(options.folder, {.request_id = options.request, .vin = options.vin});
    if (!all) return refuse(all.error());
    const auto original = requests_of_first_vehicle(std::move(all->requests));
    auto flags = options.scenario;
    flags.file = (std::filesystem::path(options.folder) / report::scenario_file_name).string();
    const auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    const auto compiled = scenario::compile(*scenario);
    if (!compiled) return refuse(compiled.error());
    const auto vehicle = compiled->registry.vehicle_of(original.front().vin);
    if (!vehicle)
        return refuse(
            {flags.file, fmt::format("names no vehicle {}; is it the scenario of that run?", original.front().vin)});
    auto folder = make_report_folder(options.report, scenario->name + "-replay");
    if (!folder) return folder.error();
    if (!log_to_folder(folder->path)) return exit_code::setup;
    return replay_requests(options, {*scenario, std::move(*folder), {}}, *vehicle, original);
}

} // namespace

command replay_command() {
    auto options = std::make_shared<replay_options>();
    options->scenario.needs_secrets = true;
    std::vector<flag> flags{
        {.name = "run", .into = &options->folder, .help = "The run's report folder", .required = true},
        {.name = "--request",
         .into = &options->request,
         .help = "The request with this id of the platform's or this trace id, or the beginning of one",
         .group = "One of them"},
        {.name = "--vehicle",
         .into = &options->vin,
         .help = "All recorded requests of a vehicle: its VIN, its index, or its value in a column of fleet.data",
         .group = "One of them"}};
    std::ranges::move(target_flags_of(options->scenario), std::back_inserter(flags));
    flags.push_back({.name = "--packets",
                     .into = &options->packets,
                     .help = "File for its MQTT and HTTP bytes, for Wireshark (pcap)"});
    flags.push_back(
        {.name = "--repeat",
         .into = &options->repeat,
         .help = "How many times; says how often each request was reproduced. Each time has a folder, and a file "
                 "of --packets, of its own",
         .shows_default = true,
         .limits = flag::range{1, 10'000}});
    flags.push_back({.name = "--report",
                     .into = &options->report,
                     .help = "Folder for the report (default: reports/NAME-replay-TIME)"});
    std::ranges::move(display_flags_of(options->display), std::back_inserter(flags));
    return {.name = "replay",
            .description = "Repeats requests of a run, with their vehicle alone, and compares the outcomes",
            .flags = std::move(flags),
            .run = [options] { return replay(*options); },
            .footer = "Exit codes: 0 all had the same outcome (with --repeat: each at least once), 99 not all had;\n"
                      "else as of `run`.",
            .needs_one_of_group = true};
}

} // namespace loadsim::app
