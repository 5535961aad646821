#include "run_setup.hpp"

#include "shipped_scenarios.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/run_labels.hpp>
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
               {.name = "scenario",
                .into = &flags.file,
                .help = "Scenario: a file (YAML), or the name of one that comes with loadsim (see `loadsim scenarios`)",
                .required = true,
                .names_scenario = true});
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
    const auto file = find_scenario(flags.file, shipped_scenarios_folder());
    if (!file) return file.error();
    const auto text = read_file(*file, scenario::size_limit);
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
    if (flags.needs_secrets) errors.add(scenario::find_masked_secrets(*text, *file, overrides, flags.environment));
    auto config = scenario::read(*text, *file, overrides, warnings, flags.environment);
    if (!config) errors.add(config.error());
    if (flags.checks_environments)
        errors.add(scenario::check_other_environments(*text, *file, overrides, flags.environment));
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

or_exit_code<report::run_folder> make_report_folder(const std::string& report_path, const std::string& name,
                                                    bool overwrite) {
    const auto new_folder = [&] {
        return std::filesystem::path("reports") / report::folder_name(name, std::chrono::system_clock::now());
    };
    auto taken = report_path.empty()
                     ? report::take_new_folder(new_folder())
                     : report::take_folder(report_path, "--report", overwrite ? report::remove_old_report : nullptr);
    if (taken) return std::move(*taken);
    print_problems(taken.error());
    return exit_code::setup;
}

void link_latest_report(const std::string& report_path, const std::filesystem::path& folder) {
    if (!report_path.empty()) return;
    for (const auto& [place, text] : report::link_latest(folder).list) print_problems({place, "warning: " + text});
}

or_exit_code<std::optional<report::run_baseline>> read_baseline(const std::string& path,
                                                                const scenario::scenario_config& scenario) {
    if (path.empty()) return std::optional<report::run_baseline>{};
    auto baseline = report::read_run_baseline(path, scenario::write(scenario));
    if (!baseline) {
        print_problems(baseline.error());
        return exit_code::setup;
    }
    for (const auto& warning : baseline->run.warnings) print_problems({path, warning});
    return std::optional(std::move(*baseline));
}

flag baseline_flag_of(std::string& path) {
    return {
        .name = "--baseline",
        .into = &path,
        .help =
            "Report folder of an earlier run, or a file of `baseline`: what has changed since is in the summary, and "
            "does not decide the exit code"};
}

or_exit_code<run_setup> prepare_run(const scenario_flags& flags, const std::string& report_path, bool overwrite,
                                    const std::string& baseline_path) {
    auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    auto baseline = read_baseline(baseline_path, *scenario); // before --overwrite removes it
    if (!baseline) return baseline.error();
    auto folder = make_report_folder(report_path, scenario->name, overwrite);
    if (!folder) return folder.error();
    if (!log_to_folder(folder->path)) return exit_code::setup;
    link_latest_report(report_path, folder->path);
    return run_setup{std::move(*scenario), std::move(*folder), std::move(*baseline)};
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

std::vector<flag> job_flags_of(job_flags& flags, const std::string& folder_flag, const std::string& tag_flag) {
    return {
        {.name = "--overwrite",
         .into = &flags.overwrite,
         .help = "Replaces the report that is in the folder of " + folder_flag,
         .needs = folder_flag},
        {.name = "--label",
         .into = &flags.labels,
         .help = "NAME=VALUE for the report's files, such as commit=4f3c2a1; may be given several times"},
        {.name = tag_flag,
         .into = &flags.tags,
         .help =
             "KEY=VALUE for the report's files and the metrics, as a dimension of EMF and an attribute of OTLP, such "
             "as team=body: by it the cost of the platform is told apart; may be given several times"},
        {.name = "--strict",
         .into = &flags.strict,
         .help = "Fails a budget whose limit is within the 95 % interval of what was seen; a percentile of too few "
                 "samples is no data"}};
}

problems check_run_names(const job_flags& flags, const std::string& tag_flag) {
    const auto labels = report::parse_run_labels(flags.labels);
    if (!labels) return labels.error();
    const auto tags = report::parse_run_tags(flags.tags, *labels, tag_flag);
    return tags ? problems{} : tags.error();
}

void append_job_flags(const job_flags& flags, std::vector<std::string>& command) {
    for (const auto& text : flags.labels) command.insert(command.end(), {"--label", text});
    for (const auto& text : flags.tags) command.insert(command.end(), {"--tag", text});
    if (flags.strict) command.emplace_back("--strict");
}

bool log_to_folder(const std::filesystem::path& folder) {
    const auto logging = log_to_file(folder / "loadsim.log");
    if (!logging) print_problems(logging.error());
    return logging.has_value();
}

} // namespace loadsim::app
