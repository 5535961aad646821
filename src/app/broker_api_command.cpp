#include "blocked_stop_signals.hpp"
#include "commands.hpp"
#include "run_setup.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/run/broker_api_service.hpp>
#include <loadsim/scenario/read.hpp>

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

/// Scenario used when none is given: all vehicles succeed.
constexpr auto default_scenario = "name: broker-api\n"
                                  "fleet: {vehicles: 1000, link: broker-api}\n"
                                  "load: {phases: [{duration: 1s, arrivalRate: 1}]}\n";

/// Applies the flags as overrides of the scenario, so that both are checked together.
result<scenario::scenario_config> scenario_of(const broker_api_flags& flags) {
    auto adjusted = flags.scenario;
    auto& all = adjusted.overrides;
    all.emplace_back("fleet.link=broker-api");
    if (!flags.listen.empty()) all.push_back("fleet.brokerApi.listen=" + flags.listen);
    if (!flags.inbound.empty()) all.push_back("fleet.brokerApi.inbound.url=" + flags.inbound);
    if (flags.vehicles) all.push_back(fmt::format("fleet.vehicles={}", *flags.vehicles));
    if (!adjusted.file.empty()) return load_scenario(adjusted);
    std::vector<scenario::value_override> overrides;
    for (const auto& text : all) {
        auto one = scenario::parse_override(text);
        if (!one) return one.error();
        overrides.push_back(std::move(*one));
    }
    return scenario::read(default_scenario, "broker-api", overrides, nullptr, adjusted.environment);
}

void print_counts(const measure::broker_api_counts& all) {
    print_output(fmt::format("{} commands accepted, {} responses posted\n", all.accepted, all.posted));
    if (all.refused + all.reset + all.delayed + all.duplicated > 0)
        print_output(
            fmt::format("by injected faults: {} commands rejected, {} reset, {} delayed, {} responses posted twice\n",
                        all.refused, all.reset, all.delayed, all.duplicated));
    for (const auto& [why, times] : all.reasons) print_output(fmt::format("{} x {}\n", times, why));
}

exit_code serve(const broker_api_flags& flags) {
    const auto scenario = scenario_of(flags);
    if (!scenario) {
        print_problems(scenario.error());
        return exit_code::usage;
    }
    const blocked_stop_signals stop;

    auto service = run::broker_api_service::start(
        *scenario, [](const std::string& text) { print_error("loadsim: " + text + '\n'); });
    if (!service) {
        print_problems(service.error());
        return exit_code::setup;
    }
    const auto& inbound = scenario->fleet.broker_api.inbound.url;
    print_output(fmt::format("commands to {}{}, responses of {} vehicles to {}; Ctrl-C stops it\n", service->url(),
                             service->path(), scenario->fleet.vehicles,
                             inbound.empty() ? "nobody (see --inbound)" : inbound));
    flush_output(stdout);
    stop.wait();
    print_counts(service->stop());
    return exit_code::pass;
}

} // namespace

command broker_api_command() {
    auto flags = std::make_shared<broker_api_flags>();
    return {
        .name = "broker-api",
        .description = "Simulates a broker's HTTP API with vehicles behind it, until it is stopped: for your own tests",
        .flags =
            {{.name = "SCENARIO",
              .into = &flags->scenario.file,
              .help = "Whose vehicles (default: all of them succeed)",
              .names_scenario = true},
             {.name = "--listen",
              .into = &flags->listen,
              .help = "Where it listens: host:port (default: any free port of 127.0.0.1)"},
             {.name = "--inbound",
              .into = &flags->inbound,
              .help = "The platform's endpoint for vehicles' responses: http://host:port[/base]"},
             {.name = "--vehicles", .into = &flags->vehicles, .help = "How many (default: the scenario's, else 1000)"},
             {.name = "--env", .into = &flags->scenario.environment, .help = "One of the scenario's `environments`"},
             {.name = "--set", .into = &flags->scenario.overrides, .help = "PATH=VALUE: a value of the scenario"}},
        .run = [flags] { return serve(*flags); }};
}

} // namespace loadsim::app
