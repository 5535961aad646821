#include "commands.hpp"
#include "complain.hpp"
#include "scenario_file.hpp"
#include "stop_signals.hpp"

#include <loadsim/run/broker_api_alone.hpp>
#include <loadsim/scenario/read.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

struct broker_api_flags {
    scenario_flags scenario;
    std::string listen;
    std::string inbound;
    std::optional<std::uint32_t> vehicles;
};

/// Without a scenario: cars that all succeed.
constexpr auto plain = "name: broker-api\n"
                       "fleet: {vehicles: 1000, link: broker-api}\n"
                       "load: {phases: [{duration: 1s, arrivalRate: 1}]}\n";

/// The flags are settings of the scenario, so that they are checked as it is.
result<scenario::document> document_of(const broker_api_flags& flags) {
    auto wanted = flags.scenario;
    auto& all = wanted.settings;
    all.emplace_back("fleet.link=broker-api");
    if (!flags.listen.empty()) all.push_back("fleet.brokerApi.listen=" + flags.listen);
    if (!flags.inbound.empty()) all.push_back("fleet.brokerApi.inbound.url=" + flags.inbound);
    if (flags.vehicles) all.push_back(fmt::format("fleet.vehicles={}", *flags.vehicles));
    if (!wanted.file.empty()) return load_scenario(wanted);
    std::vector<scenario::setting> settings;
    for (const auto& text : all) {
        auto one = scenario::parse_setting(text);
        if (!one) return one.error();
        settings.push_back(std::move(*one));
    }
    return scenario::read(plain, "broker-api", settings);
}

void tell(const fleet::broker_api_counts& all) {
    fmt::print("{} commands taken, {} words posted\n", all.accepted, all.posted);
    if (all.refused + all.reset + all.slowed + all.duplicated > 0)
        fmt::print("on purpose: {} refused, {} reset, {} late, {} words twice\n", all.refused, all.reset, all.slowed,
                   all.duplicated);
    for (const auto& [why, times] : all.reasons) fmt::print("{} x {}\n", times, why);
}

exit_code stand_in(const broker_api_flags& flags) {
    const auto scenario = document_of(flags);
    if (!scenario) {
        complain(scenario.error());
        return exit_code::usage;
    }
    const stop_signals stop;

    auto running = run::broker_api_alone::start(
        *scenario, [](const std::string& text) { fmt::print(stderr, "loadsim: {}\n", text); });
    if (!running) {
        complain(running.error());
        return exit_code::setup;
    }
    const auto& inbound = scenario->fleet.broker_api.inbound.url;
    fmt::print("commands to {}{}, words of {} vehicles to {}; Ctrl-C stops it\n", running->url(), running->path(),
               scenario->fleet.vehicles, inbound.empty() ? "nobody (see --inbound)" : inbound);
    std::fflush(stdout);
    stop.wait();
    tell(running->stop());
    return exit_code::pass;
}

} // namespace

void set_up_broker_api(CLI::App& app, exit_code& code) {
    auto flags = std::make_shared<broker_api_flags>();
    auto* command = app.add_subcommand(
        "broker-api", "Plays a broker's HTTP API with vehicles behind it, until it is stopped: for your own tests");
    command->add_option("SCENARIO", flags->scenario.file, "Whose vehicles (default: all of them succeed)");
    command->add_option("--listen", flags->listen, "Where it listens: host:port (default: any free port of 127.0.0.1)");
    command->add_option("--inbound", flags->inbound,
                        "The platform's endpoint for vehicles' words: http://host:port[/base]");
    command->add_option("--vehicles", flags->vehicles, "How many (default: the scenario's, else 1000)");
    command->add_option("--set", flags->scenario.settings, "PATH=VALUE: a value of the scenario");
    command->callback([flags, &code] { code = stand_in(*flags); });
}

} // namespace loadsim::app
