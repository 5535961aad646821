#include "commands.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/run/probe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

struct probe_options {
    scenario_flags scenario;
    std::string service;
    std::string report;
};

std::string direction_text(const run::traced_message& message, const scenario::scenario_config& scenario) {
    using enum run::traced_message::direction;
    switch (message.kind) {
    case to_api: return "to the API";
    case from_api: return "from the API";
    case to_vehicle: return "to the vehicle";
    case from_vehicle: return "from the vehicle";
    case to_observer: return fmt::format("to {}", observer::kind_of(scenario.load.observers[message.observer]));
    case session_event: return "session";
    }
    return {};
}

/// One line for the message, and its body below.
std::string message_text(const run::traced_message& message, const scenario::scenario_config& scenario,
                         double seconds) {
    auto text = fmt::format("{:8.3f} s  {:<18}{}\n", seconds, direction_text(message, scenario),
                            escape_for_terminal(message.head));
    if (!message.body.empty()) text += fmt::format("{:30}{}\n", "", escape_for_terminal(message.body));
    return text;
}

exit_code probe(const probe_options& options) {
    const auto full_scenario = read_scenario(options.scenario);
    if (!full_scenario) return full_scenario.error();
    const auto& services = full_scenario->load.services;
    if (!options.service.empty() && std::ranges::count(services, options.service, &scenario::service::name) == 0) {
        print_problems({"--service", fmt::format("the scenario's load does not request '{}'", options.service)});
        return exit_code::usage;
    }
    const auto scenario = run::probe_scenario(*full_scenario, options.service);
    const auto folder = make_report_folder(options.report, scenario.name + "-probe");
    if (!folder) return folder.error();
    if (!log_to_folder(*folder)) return exit_code::setup;

    run_report report(scenario, *folder, {.quiet = true, .terminal = report::terminal_of(stdout)});
    std::vector<measure::request_record> records;
    auto listener = report.listener();
    listener.on_notice = [](const std::string& text) { print_output(text + '\n'); };
    listener.on_progress = [&records, forward = listener.on_progress](const measure::progress& p) {
        forward(p);
        std::ranges::copy(p.interval.request_records, std::back_inserter(records));
    };
    const auto start = std::chrono::steady_clock::now();
    const auto print_message = [&](const run::traced_message& message) {
        const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start;
        print_output(message_text(message, scenario, since.count()));
        std::fflush(stdout);
    };
    const auto findings = run::probe(scenario, {.folder = *folder}, listener, print_message);
    if (!findings) {
        report.report_failure(findings.error());
        return exit_code::setup;
    }
    print_output("\ncontract\n");
    for (const auto& finding : *findings)
        print_output(fmt::format("    {} {}\n", finding.passed ? "✓" : "✗", escape_for_terminal(finding.text)));
    bool as_expected = !records.empty();
    for (const auto& r : records) {
        print_output(fmt::format("\nrequest   {} {}, expected {}{}\n", to_string(r.outcome),
                                 r.unexpected ? "(unexpected)" : "(as it should be)", to_string(r.expected_outcomes),
                                 r.reason.empty() ? "" : ": " + escape_for_terminal(r.reason)));
        as_expected = as_expected && !r.unexpected;
    }
    const bool contract_matches = std::ranges::all_of(*findings, &run::contract_finding::passed);
    print_output(fmt::format("report    {}\n", folder->string()));
    if (report.code() == exit_code::interrupted || report.code() == exit_code::setup) return report.code();
    return as_expected && contract_matches ? exit_code::pass : exit_code::missed;
}

} // namespace

command probe_command() {
    auto options = std::make_shared<probe_options>();
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back({.name = "--service",
                     .into = &options->service,
                     .help = "Requested service (default: the first of load.services)"});
    flags.push_back({.name = "--report",
                     .into = &options->report,
                     .help = "Folder for the report (default: reports/NAME-probe-TIME)"});
    return {.name = "probe",
            .description = "Sends one request to one vehicle, shows all messages, and checks the contract against them",
            .flags = std::move(flags),
            .run = [options] { return probe(*options); },
            .footer = "Exit codes: 0 the contract matches and the outcome was the expected one, 99 not so;\n"
                      "else as of `run`."};
}

} // namespace loadsim::app
