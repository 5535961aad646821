#include "run_setup.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::app {
namespace {

/// Adds the override for a URL flag. Checks the URL here, so that the problem names the flag; `valid` takes the place of a wrong
/// one, so that the scenario has no further problems for lack of it.
void add_url(std::string_view flag, std::string path, const std::string& text, const char* valid,
             result<net::endpoint> (*parse)(std::string_view), std::vector<scenario::value_override>& overrides,
             problems& errors) {
    if (text.empty()) return;
    const auto url = parse(text);
    if (!url)
        for (const auto& p : url.error().list) errors.add(std::string(flag), p.text);
    overrides.push_back({std::move(path), url ? text : valid});
}

} // namespace

std::vector<flag> target_flags_of(scenario_flags& flags) {
    return {{.name = "--set",
             .into = &flags.overrides,
             .help = "Sets a value of the scenario: 'PATH=VALUE', in quotes for the shell, such as "
                     "'load.phases[2].duration=60s'; a text that YAML would read otherwise in quotes of its own: "
                     "'fleet.mqtt.clientId=\"{vin}\"'"},
            {.name = "--broker", .into = &flags.broker, .help = "The broker to test against: mqtt://host:1883"},
            {.name = "--api", .into = &flags.api, .help = "The platform's API to test: http://host:8080"}};
}

std::vector<flag> change_flags_of(scenario_flags& flags) {
    auto all = target_flags_of(flags);
    all.insert(all.begin(),
               {.name = "--env", .into = &flags.environment, .help = "One of the scenario's `environments`"});
    all.push_back({.name = "--seed", .into = &flags.seed, .help = "Replaces the scenario's seed"});
    return all;
}

std::vector<flag> scenario_flags_of(scenario_flags& flags) {
    auto all = change_flags_of(flags);
    all.insert(all.begin(),
               {.name = "scenario", .into = &flags.file, .help = "Scenario file (YAML)", .required = true});
    return all;
}

void append_changes(const scenario_flags& flags, std::vector<std::string>& command) {
    const auto add = [&command](const char* flag, const std::string& value) {
        if (!value.empty()) command.insert(command.end(), {flag, value});
    };
    add("--env", flags.environment);
    for (const auto& text : flags.overrides) add("--set", text);
    add("--broker", flags.broker);
    add("--api", flags.api);
    if (flags.seed) add("--seed", std::to_string(*flags.seed));
}

result<scenario::scenario_config> load_scenario(const scenario_flags& flags, problems* warnings) {
    const auto text = read_file(flags.file, scenario::size_limit);
    if (!text) return text.error();
    problems errors;
    std::vector<scenario::value_override> overrides;
    for (const auto& s : flags.overrides) {
        auto parsed = scenario::parse_override(s);
        if (parsed)
            overrides.push_back(std::move(*parsed));
        else
            errors.add(parsed.error());
    }
    add_url("--broker", "target.broker", flags.broker, "mqtt://127.0.0.1", net::parse_broker_url, overrides, errors);
    add_url("--api", "target.api", flags.api, "http://127.0.0.1", net::parse_api_url, overrides, errors);
    if (flags.seed) overrides.push_back({"seed", std::to_string(*flags.seed)});
    if (flags.needs_secrets) errors.add(scenario::find_masked_secrets(*text, flags.file, overrides, flags.environment));
    auto config = scenario::read(*text, flags.file, overrides, warnings, flags.environment);
    if (!config) errors.add(config.error());
    if (flags.checks_environments)
        errors.add(scenario::check_other_environments(*text, flags.file, overrides, flags.environment));
    if (!errors.empty()) return errors;
    return config;
}

or_exit_code<scenario::scenario_config> read_scenario(const scenario_flags& flags) {
    problems warnings;
    auto scenario = load_scenario(flags, &warnings);
    for (const auto& warning : warnings.list)
        print_error(fmt::format("{}: warning: {}\n", warning.location, warning.text));
    if (scenario) return std::move(*scenario);
    print_file_problems(scenario.error());
    return exit_code::usage;
}

or_exit_code<std::filesystem::path> make_report_folder(const std::string& report_path, const std::string& name,
                                                       bool overwrite) {
    if (overwrite)
        if (const auto kept = report::remove_old_report(report_path); !kept.empty()) {
            print_problems(kept);
            return exit_code::setup;
        }
    const auto new_folder = [&] {
        return std::filesystem::path("reports") / report::folder_name(name, std::chrono::system_clock::now());
    };
    auto made = report_path.empty() ? report::make_new_folder(new_folder()) : report::make_folder(report_path);
    if (made) return std::move(*made);
    print_problems(made.error());
    return exit_code::setup;
}

void link_latest_report(const std::string& report_path, const std::filesystem::path& folder) {
    if (!report_path.empty()) return;
    for (const auto& [place, text] : report::link_latest(folder).list) print_problems({place, "warning: " + text});
}

or_exit_code<run_setup> prepare_run(const scenario_flags& flags, const std::string& report_path, bool overwrite) {
    auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    auto folder = make_report_folder(report_path, scenario->name, overwrite);
    if (!folder) return folder.error();
    if (!log_to_folder(*folder)) return exit_code::setup;
    link_latest_report(report_path, *folder);
    return run_setup{std::move(*scenario), std::move(*folder)};
}

report::colour_choice display_flags::colour_choice() const {
    using enum report::colour_choice;
    return colour == "always" ? always : colour == "never" ? never : automatic;
}

std::vector<flag> display_flags_of(display_flags& flags) {
    return {{.name = "--quiet",
             .into = &flags.quiet,
             .help = "No progress and no summary: only what is wrong, and the exit code"},
            {.name = "--verbose",
             .into = &flags.verbose,
             .help = "All sections of the summary, also those about what went as it should",
             .excludes = "--quiet"},
            {.name = "--color",
             .into = &flags.colour,
             .help = "Colours in the summary; auto: on a terminal, unless NO_COLOR is set",
             .shows_default = true,
             .one_of = {"auto", "always", "never"}}};
}

bool log_to_folder(const std::filesystem::path& folder) {
    const auto logging = log_to_file(folder / "loadsim.log");
    if (!logging) print_problems(logging.error());
    return logging.has_value();
}

} // namespace loadsim::app
