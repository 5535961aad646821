#include "commands.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/base/spelling.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/run/probe.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

constexpr nanoseconds max_linger = std::chrono::hours(24);

struct probe_options {
    scenario_flags scenario;
    std::optional<std::string> service, behaviour, vehicle;
    std::string linger = "0s";
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
                            escape_for_terminal(mask_secrets(message.head)));
    if (!message.body.empty()) text += fmt::format("{:30}{}\n", "", escape_for_terminal(mask_secrets(message.body)));
    return text;
}

/// Adds a problem if the name is none of the list's.
void check_name(const char* flag, const char* what, const std::optional<std::string>& name, const auto& all,
                problems& errors) {
    std::vector<std::string_view> known;
    for (const auto& one : all) known.emplace_back(one.name);
    if (name && std::ranges::count(known, *name) == 0) errors.add(flag, unknown_name(what, *name, known));
}

/// The request of the flags. Errors: an unknown service, behaviour or vehicle.
result<run::probe_request> request_of(const probe_options& options, const scenario::scenario_config& scenario) {
    problems errors;
    check_name("--service", "service of the load", options.service, scenario.load.services, errors);
    check_name("--behaviour", "behaviour", options.behaviour, scenario.behaviours, errors);
    run::probe_request request{
        .service = options.service.value_or(""), .behaviour = options.behaviour.value_or(""), .vehicle = {}};
    if (options.vehicle) {
        const auto compiled = scenario::compile(scenario);
        if (!compiled) return compiled.error();
        const auto vehicle = compiled->registry.find(*options.vehicle);
        if (vehicle)
            request.vehicle = *vehicle;
        else
            errors.add("--vehicle", to_string(vehicle.error()));
    }
    if (!errors.empty()) return errors;
    return request;
}

const char* mark_of(run::contract_finding::kind result) {
    switch (result) {
    case run::contract_finding::kind::passed: return "✓";
    case run::contract_finding::kind::failed: return "✗";
    case run::contract_finding::kind::not_tested: break;
    }
    return "-";
}

/// Anomalies and the outcome as text. False: an unexpected one.
bool print_result(const std::vector<measure::request_record>& requests,
                  const std::vector<measure::anomaly_record>& anomalies) {
    bool as_expected = !requests.empty();
    for (const auto& r : requests) {
        print_without_masking(fmt::format("\nrequest   {} {}, expected {}{}\n", to_string(r.outcome),
                                          r.unexpected ? "(unexpected)" : "(as it should be)",
                                          to_string(r.expected_outcomes),
                                          r.reason.empty() ? "" : ": " + escape_for_terminal(r.reason)));
        as_expected = as_expected && !r.unexpected;
    }
    for (const auto& a : anomalies) {
        print_without_masking(fmt::format("anomaly   {}{}: {}\n", to_string(a.kind), a.expected ? " (expected)" : "",
                                          escape_for_terminal(a.evidence)));
        as_expected = as_expected && a.expected;
    }
    return as_expected;
}

exit_code probe(const probe_options& options) {
    const auto linger = parse_duration(options.linger);
    if (!linger) {
        print_problems({"--linger", linger.error().list.front().text});
        return exit_code::usage;
    }
    if (*linger > max_linger) {
        print_problems(
            {"--linger", fmt::format("'{}' is too long; {} is the most", options.linger, format_duration(max_linger))});
        return exit_code::usage;
    }
    const auto full_scenario = read_scenario(options.scenario);
    if (!full_scenario) return full_scenario.error();
    const auto request = request_of(options, *full_scenario);
    if (!request) {
        print_problems(request.error());
        return exit_code::usage;
    }
    const auto scenario = run::probe_scenario(*full_scenario, *request);
    if (const auto wrong = scenario::check(scenario); options.behaviour && !wrong.empty()) {
        for (const auto& p : wrong.list)
            print_problems({"--behaviour " + *options.behaviour, fmt::format("{}: {}", p.location, p.text)});
        return exit_code::usage;
    }
    const auto folder = make_report_folder(options.report, scenario.name + "-probe");
    if (!folder) return folder.error();
    if (!log_to_folder(folder->path)) return exit_code::setup;

    run_report report(scenario, folder->path, {.quiet = true, .terminal = report::terminal_of(stdout)});
    std::vector<measure::request_record> records;
    std::vector<measure::anomaly_record> anomalies;
    auto listener = report.listener();
    listener.on_notice = [](const std::string& text) { print_output(text + '\n'); };
    listener.on_progress = [&, forward = listener.on_progress](const measure::progress& p) {
        forward(p);
        std::ranges::copy(p.interval.request_records, std::back_inserter(records));
        std::ranges::copy(p.interval.anomaly_records, std::back_inserter(anomalies));
    };
    bool cut_short = false;
    listener.on_finished = [&, forward = listener.on_finished](const measure::run_result& result) {
        using end_reason = measure::run_result::end_reason;
        cut_short = result.ended == end_reason::terminated || result.ended == end_reason::aborted;
        forward(result);
    };
    const auto start = std::chrono::steady_clock::now();
    const auto print_message = [&](const run::traced_message& message) {
        const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start;
        print_without_masking(message_text(message, scenario, since.count()));
        flush_output(stdout);
    };
    const auto findings = run::probe(
        scenario, {.folder = folder->path, .vehicle = request->vehicle.value_or(vehicle_id{0}), .linger = *linger},
        listener, print_message);
    if (!findings) {
        report.report_failure(findings.error());
        return exit_code::setup;
    }
    print_without_masking("\ncontract\n");
    const bool has_unicode_glyphs = report::terminal_of(stdout).has_unicode_glyphs;
    for (const auto& finding : *findings) {
        const std::string mark = mark_of(finding.result);
        print_without_masking(fmt::format("    {} {}\n", has_unicode_glyphs ? mark : report::with_ascii_glyphs(mark),
                                          escape_for_terminal(mask_secrets(finding.text))));
    }
    const bool as_expected = print_result(records, anomalies);
    const bool contract_matches =
        std::ranges::count(*findings, run::contract_finding::kind::failed, &run::contract_finding::result) == 0;
    print_output(fmt::format("report    {}\n", (folder->path / report::page_file_name).string()));
    if (report.code() == exit_code::interrupted || report.code() == exit_code::setup) return report.code();
    if (cut_short) return exit_code::invalid; // part of a probe says nothing about the contract
    return as_expected && contract_matches ? exit_code::pass : exit_code::missed;
}

} // namespace

command probe_command() {
    auto options = std::make_shared<probe_options>();
    options->scenario.needs_secrets = true;
    auto flags = scenario_flags_of(options->scenario);
    flags.push_back({.name = "--service",
                     .into = &options->service,
                     .help = "Requested service (default: the first of load.services)"});
    flags.push_back({.name = "--behaviour",
                     .into = &options->behaviour,
                     .help = "Behaviour of the vehicle (default: that of its segment)"});
    flags.push_back({.name = "--vehicle",
                     .into = &options->vehicle,
                     .help = "The vehicle: its VIN, its index, or its value in a column of fleet.data"});
    flags.push_back({.name = "--linger",
                     .into = &options->linger,
                     .help =
                         "How long to wait for late messages after the request has ended, such as 15s; longer for an "
                         "observer that has not announced the end, at most load.drain",
                     .shows_default = true});
    flags.push_back({.name = "--report",
                     .into = &options->report,
                     .help = "Folder for the report (default: reports/NAME-probe-TIME)"});
    return {.name = "probe",
            .description = "Sends one request to one vehicle, shows all messages, and checks the contract against them",
            .flags = std::move(flags),
            .run = [options] { return probe(*options); },
            .footer = "Exit codes: 0 the contract matches, the outcome was the expected one, and there was no\n"
                      "unexpected anomaly; 99 not so; else as of `run`."};
}

} // namespace loadsim::app
