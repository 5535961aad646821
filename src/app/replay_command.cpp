#include "commands.hpp"
#include "complain.hpp"
#include "run_folder.hpp"
#include "run_report.hpp"
#include "undertaking.hpp"

#include <loadsim/run/replay.hpp>
#include <loadsim/scenario/vocabulary.hpp>

#include <CLI/CLI.hpp>
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
    scenario_flags scenario; ///< its file is the folder's
    std::string packets;
    std::string report;
    bool quiet = false;
};

/// The run's folder does not tell passwords.
problems check_secrets(const scenario::document& scenario) {
    constexpr auto hidden = "***";
    problems missing;
    const auto need = [&missing](const std::string& path) {
        missing.add(path, fmt::format("the run's folder does not hold this secret; give it with --set {}=...", path));
    };
    if (scenario.fleet.mqtt.password == hidden) need("fleet.mqtt.password");
    if (scenario.target.broker && scenario.target.broker->password == hidden) need("target.password");
    const auto& auth = scenario.target.auth;
    if (auth.bearer == hidden) need("target.auth.bearer");
    if (auth.basic.password == hidden) need("target.auth.basic.password");
    if (auth.api_key.value == hidden) need("target.auth.apiKey.value");
    if (auth.oauth2.client_secret == hidden) need("target.auth.oauth2.clientSecret");
    if (auth.sigv4.secret_key == hidden) need("target.auth.sigv4.secretKey");
    if (auth.sigv4.session_token == hidden) need("target.auth.sigv4.sessionToken");
    for (std::size_t i = 0; i < scenario.load.observers.size(); ++i)
        if (const auto* webhook = std::get_if<observe::webhook_options>(&scenario.load.observers[i])) {
            const auto place = fmt::format("load.observers[{}].webhook.", i);
            if (webhook->secret && webhook->secret->value == hidden) need(place + "secret.value");
            if (webhook->hmac && webhook->hmac->key == hidden) need(place + "hmac.key");
        }
    return missing;
}

/// An id may have come twice: one vehicle at a time is done again.
std::vector<request_record> of_one_vehicle(std::vector<request_record> all) {
    const auto vin = all.front().vin;
    std::erase_if(all, [&vin](const request_record& r) { return r.vin != vin; });
    return all;
}

exit_code refuse(const problems& wrong) {
    complain(wrong);
    return exit_code::usage;
}

/// Does the requests again, and says whether they came to the same end.
exit_code repeat(const replay_options& options, const undertaking& it, vehicle_id vehicle,
                 const std::vector<request_record>& then) {
    run::replay_options wanted{.folder = it.folder, .vehicle = vehicle, .arrivals = {}, .packets = options.packets};
    for (const auto& r : then) wanted.arrivals.push_back(arrival_id{r.arrival});

    run_report report(it.scenario, it.folder,
                      {.quiet = options.quiet, .terminal = report::terminal_of(stdout), .how = measure::mode::replay});
    std::vector<request_record> now;
    auto listener = report.listener();
    listener.progressed = [&now, tell = listener.progressed](const measure::progress& p) {
        tell(p);
        std::ranges::copy(p.interval.requests_told, std::back_inserter(now));
    };
    if (const auto done = run::replay(it.scenario, wanted, listener); !done) {
        report.give_up(done.error());
        return exit_code::setup;
    }
    const auto found = report::compare(then, now);
    if (!options.quiet || !found.came_again) fmt::print(options.quiet ? stderr : stdout, "\n{}", found.text);
    if (report.code() != exit_code::pass) return report.code();
    return found.came_again ? exit_code::pass : exit_code::missed;
}

exit_code replay(const replay_options& options) {
    auto all = look_into(options.folder, {.request = options.request, .vin = options.vin});
    if (!all) return refuse(all.error());
    const auto then = of_one_vehicle(std::move(all->requests));
    auto flags = options.scenario;
    flags.file = (std::filesystem::path(options.folder) / report::scenario_name).string();
    const auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    if (const auto missing = check_secrets(*scenario); !missing.empty()) return refuse(missing);
    const auto words = scenario::learn(*scenario);
    if (!words) return refuse(words.error());
    const auto vehicle = words->cars.vehicle_of(then.front().vin);
    if (!vehicle)
        return refuse(
            {flags.file, fmt::format("names no vehicle {}; is it the scenario of that run?", then.front().vin)});
    const auto folder = new_folder(options.report, scenario->name + "-replay");
    if (!folder) return folder.error();
    if (!log_in(*folder)) return exit_code::setup;
    return repeat(options, {*scenario, *folder}, *vehicle, then);
}

} // namespace

void set_up_replay(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<replay_options>();
    auto* command =
        app.add_subcommand("replay", "Does requests of a run again, their vehicle alone, and says whether they "
                                     "come to the same end");
    command->add_option("run", options->folder, "The run's report folder")->required();
    auto* which = command->add_option_group("which", "One of them");
    which->add_option("--request", options->request, "The request with this id of the platform's");
    which->add_option("--vehicle", options->vin, "All requests of the vehicle with this VIN that are written down");
    which->require_option(1);
    add_target_flags(*command, options->scenario);
    command->add_option("--packets", options->packets, "File for its MQTT bytes, for Wireshark (pcap)");
    command->add_option("--report", options->report, "Folder for the report (default: reports/NAME-replay-TIME)");
    command->add_flag("--quiet", options->quiet, "No progress and no summary: only what is wrong, and the exit code");
    command->footer("Exit codes: 0 all came to the same end, 99 not all did; else as of `run`.");
    command->callback([options, &code] { code = replay(*options); });
}

} // namespace loadsim::app
