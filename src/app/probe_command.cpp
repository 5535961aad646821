#include "commands.hpp"
#include "complain.hpp"
#include "run_report.hpp"
#include "undertaking.hpp"

#include <loadsim/report/console.hpp>
#include <loadsim/run/probe.hpp>

#include <CLI/CLI.hpp>
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

std::string side_of(const run::utterance& u, const scenario::document& d) {
    using enum run::utterance::way;
    switch (u.what) {
    case to_api: return "to the API";
    case from_api: return "from the API";
    case to_vehicle: return "to the vehicle";
    case from_vehicle: return "from the vehicle";
    case to_observer: return fmt::format("to {}", observe::kind_of(d.load.observers[u.observer]));
    case of_session: return "session";
    }
    return {};
}

/// As a person reads it: one line, and what it carries below it.
std::string text_of(const run::utterance& u, const scenario::document& d, double seconds) {
    auto text = fmt::format("{:8.3f} s  {:<18}{}\n", seconds, side_of(u, d), report::printable(u.head));
    if (!u.body.empty()) text += fmt::format("{:30}{}\n", "", report::printable(u.body));
    return text;
}

exit_code probe(const probe_options& options) {
    const auto whole = read_scenario(options.scenario);
    if (!whole) return whole.error();
    const auto& services = whole->load.services;
    if (!options.service.empty() && std::ranges::count(services, options.service, &load::service_weight::name) == 0) {
        complain({"--service", fmt::format("the scenario's load asks for no '{}'", options.service)});
        return exit_code::usage;
    }
    const auto scenario = run::for_a_probe(*whole, options.service);
    const auto folder = new_folder(options.report, scenario.name + "-probe");
    if (!folder) return folder.error();
    if (!log_in(*folder)) return exit_code::setup;

    run_report report(scenario, *folder, {.quiet = true, .terminal = report::terminal_of(stdout)});
    std::vector<measure::request_record> told;
    auto listener = report.listener();
    listener.said = [](const std::string& text) { fmt::print("{}\n", text); };
    listener.progressed = [&told, tell = listener.progressed](const measure::progress& p) {
        tell(p);
        std::ranges::copy(p.interval.requests_told, std::back_inserter(told));
    };
    const auto begun = std::chrono::steady_clock::now();
    const auto heard = [&](const run::utterance& u) {
        const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begun;
        fmt::print("{}", text_of(u, scenario, since.count()));
        std::fflush(stdout);
    };
    const auto fits = run::probe(scenario, {.folder = *folder}, listener, heard);
    if (!fits) {
        report.give_up(fits.error());
        return exit_code::setup;
    }
    fmt::print("\ncontract\n");
    for (const auto& one : *fits) fmt::print("    {} {}\n", one.fits ? "✓" : "✗", report::printable(one.text));
    bool as_expected = !told.empty();
    for (const auto& r : told) {
        fmt::print("\nrequest   {} {}, expected {}{}\n", to_string(r.observed),
                   r.unexpected ? "(unexpected)" : "(as it should be)", to_string(r.expected),
                   r.why.empty() ? "" : ": " + report::printable(r.why));
        as_expected = as_expected && !r.unexpected;
    }
    const bool all_fit = std::ranges::all_of(*fits, &run::fitting::fits);
    fmt::print("report    {}\n", folder->string());
    return as_expected && all_fit ? exit_code::pass : exit_code::missed;
}

} // namespace

void set_up_probe(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<probe_options>();
    auto* command = app.add_subcommand("probe", "Sends one request to one vehicle, shows what each side says, and "
                                                "whether the contract fits it");
    add_scenario_flags(*command, options->scenario);
    command->add_option("--service", options->service, "What is asked for (default: the first of load.services)");
    command->add_option("--report", options->report, "Folder for the report (default: reports/NAME-probe-TIME)");
    command->footer("Exit codes: 0 the contract fits and the request came to the end that was expected, 99 not so;\n"
                    "else as of `run`.");
    command->callback([options, &code] { code = probe(*options); });
}

} // namespace loadsim::app
