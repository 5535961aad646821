#include "commands.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/run/replay.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
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
    bool quiet = false;
};

/// Secrets that the scenario needs. A report folder contains none, so they must be given by --set.
problems check_secrets(const scenario::scenario_config& scenario) {
    constexpr auto hidden = "***";
    problems missing;
    const auto need = [&missing](const std::string& path) {
        missing.add(path, fmt::format("the run's folder does not hold this secret; give it with --set {}=...", path));
    };
    if (scenario.fleet.mqtt.password == hidden) need("fleet.mqtt.password");
    if (scenario.target.embedded_password == hidden) need("target.embedded.password");
    if (scenario.target.broker && scenario.target.broker->password == hidden) need("target.password");
    const auto& auth = scenario.target.auth;
    if (auth.bearer == hidden) need("target.auth.bearer");
    if (auth.basic.password == hidden) need("target.auth.basic.password");
    if (auth.api_key.value == hidden) need("target.auth.apiKey.value");
    if (auth.oauth2.client_secret == hidden) need("target.auth.oauth2.clientSecret");
    if (auth.sigv4.secret_key == hidden) need("target.auth.sigv4.secretKey");
    if (auth.sigv4.session_token == hidden) need("target.auth.sigv4.sessionToken");
    for (std::size_t i = 0; i < scenario.load.observers.size(); ++i)
        if (const auto* webhook = std::get_if<observer::webhook_options>(&scenario.load.observers[i])) {
            const auto path = fmt::format("load.observers[{}].webhook.", i);
            if (webhook->secret && webhook->secret->value == hidden) need(path + "secret.value");
            if (webhook->hmac && webhook->hmac->key == hidden) need(path + "hmac.key");
        }
    return missing;
}

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

/// Replays the requests and prints whether they had the same outcome.
exit_code replay_requests(const replay_options& options, const run_setup& setup, vehicle_id vehicle,
                          const std::vector<request_record>& original) {
    run::replay_options selection{
        .folder = setup.folder, .vehicle = vehicle, .arrivals = {}, .capture_file = options.packets};
    for (const auto& r : original) selection.arrivals.push_back(arrival_id{r.arrival});

    run_report report(
        setup.scenario, setup.folder,
        {.quiet = options.quiet, .terminal = report::terminal_of(stdout), .mode = measure::run_mode::replay});
    std::vector<request_record> replayed;
    auto listener = report.listener();
    listener.on_progress = [&replayed, forward = listener.on_progress](const measure::progress& p) {
        forward(p);
        std::ranges::copy(p.interval.request_records, std::back_inserter(replayed));
    };
    if (const auto done = run::replay(setup.scenario, selection, listener); !done) {
        report.report_failure(done.error());
        return exit_code::setup;
    }
    const auto comparison = report::compare_replay(original, replayed);
    if (!options.quiet || !comparison.reproduced) (options.quiet ? print_error : print_output)('\n' + comparison.text);
    if (report.code() != exit_code::pass) return report.code();
    return comparison.reproduced ? exit_code::pass : exit_code::missed;
}

exit_code replay(const replay_options& options) {
    auto all = open_report(options.folder, {.request_id = options.request, .vin = options.vin});
    if (!all) return refuse(all.error());
    const auto original = requests_of_first_vehicle(std::move(all->requests));
    auto flags = options.scenario;
    flags.file = (std::filesystem::path(options.folder) / report::scenario_file_name).string();
    const auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    if (const auto missing = check_secrets(*scenario); !missing.empty()) return refuse(missing);
    const auto compiled = scenario::compile(*scenario);
    if (!compiled) return refuse(compiled.error());
    const auto vehicle = compiled->registry.vehicle_of(original.front().vin);
    if (!vehicle)
        return refuse(
            {flags.file, fmt::format("names no vehicle {}; is it the scenario of that run?", original.front().vin)});
    const auto folder = make_report_folder(options.report, scenario->name + "-replay");
    if (!folder) return folder.error();
    if (!log_to_folder(*folder)) return exit_code::setup;
    return replay_requests(options, {*scenario, *folder}, *vehicle, original);
}

} // namespace

command replay_command() {
    auto options = std::make_shared<replay_options>();
    std::vector<flag> flags{
        {.name = "run", .into = &options->folder, .help = "The run's report folder", .required = true},
        {.name = "--request",
         .into = &options->request,
         .help = "The request with this id of the platform's",
         .group = "One of them"},
        {.name = "--vehicle",
         .into = &options->vin,
         .help = "All requests of the vehicle with this VIN that are written down",
         .group = "One of them"}};
    std::ranges::move(target_flags_of(options->scenario), std::back_inserter(flags));
    flags.push_back(
        {.name = "--packets", .into = &options->packets, .help = "File for its MQTT bytes, for Wireshark (pcap)"});
    flags.push_back({.name = "--report",
                     .into = &options->report,
                     .help = "Folder for the report (default: reports/NAME-replay-TIME)"});
    flags.push_back(quiet_flag(options->quiet));
    return {.name = "replay",
            .description = "Repeats requests of a run, with their vehicle alone, and compares the outcomes",
            .flags = std::move(flags),
            .run = [options] { return replay(*options); },
            .footer = "Exit codes: 0 all had the same outcome, 99 not all had; else as of `run`.",
            .needs_one_of_group = true};
}

} // namespace loadsim::app
