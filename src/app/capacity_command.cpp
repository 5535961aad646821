#include "capacity_scenario.hpp"
#include "capacity_steps.hpp"
#include "commands.hpp"
#include "run_report.hpp"
#include "run_setup.hpp"

#include <loadsim/base/log.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/experiment/capacity_search.hpp>
#include <loadsim/measure/quantile_interval.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/report/experiment_report.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/run/load_sequence.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

using experiment::load_metric;

struct capacity_flags {
    scenario_flags scenario;
    std::string metric = "rate";
    std::string start, at_most, at_least;
    std::string precision = "5%";
    std::string warm_up = "5s";
    std::string step_at_least = "10s";
    std::string step_at_most = "2m";
    std::string total_at_most = "30m";
    std::uint32_t repetitions = 3;
    bool rehearses = false;
    std::string report;
    std::uint32_t shards = 0;
    bool quiet = false;
};

template <class T>
T value_of(const char* flag, const result<T>& parsed, T otherwise, problems& errors) {
    if (parsed) return *parsed;
    for (const auto& p : parsed.error().list) errors.add(flag, p.text);
    return otherwise;
}

result<double> parse_load(load_metric metric, std::string_view text) {
    if (metric != load_metric::vehicles) {
        const auto parsed = parse_rate(text);
        if (!parsed) return parsed.error();
        return parsed->per_second;
    }
    std::uint32_t vehicles = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), vehicles);
    if (error != std::errc{} || end != text.data() + text.size() || vehicles == 0)
        return problems{"", fmt::format("'{}' is not a number of vehicles", text)};
    return static_cast<double>(vehicles);
}

/// First load, unless --start gives it; 0: the scenario has none.
double default_start(load_metric metric, const scenario::scenario_config& scenario) {
    switch (metric) {
    case load_metric::rate: return highest_rate(scenario).per_second;
    case load_metric::vehicles: return std::max(1U, scenario.fleet.vehicles / 10);
    case load_metric::connect_rate: break;
    }
    return scenario.fleet.connect_rate.per_second;
}

result<experiment::capacity_options> options_of(const capacity_flags& flags, load_metric metric,
                                                const scenario::scenario_config& scenario) {
    constexpr double highest_factor = 1024;
    problems errors;
    experiment::capacity_options o{.metric = metric};
    const auto load_of = [&](const char* flag, const std::string& text, double otherwise) {
        return text.empty() ? otherwise : value_of(flag, parse_load(metric, text), otherwise, errors);
    };
    o.start = load_of("--start", flags.start, default_start(metric, scenario));
    if (flags.start.empty() && o.start == 0)
        errors.add("load.phases", "the scenario has no requests to begin with; give the first rate with --start");
    o.at_most = load_of("--at-most", flags.at_most,
                        metric == load_metric::vehicles ? std::max<double>(scenario.fleet.vehicles, o.start)
                                                        : o.start * highest_factor);
    if (!flags.at_least.empty()) o.at_least = load_of("--at-least", flags.at_least, o.start);
    o.precision = value_of("--precision", parse_fraction(flags.precision), {o.precision}, errors).value;
    const auto duration = [&](const char* flag, const std::string& text, nanoseconds otherwise) {
        return value_of(flag, parse_duration(text), otherwise, errors);
    };
    o.warm_up = duration("--warm-up", flags.warm_up, o.warm_up);
    o.step_at_least = duration("--step-at-least", flags.step_at_least, o.step_at_least);
    o.step_at_most = duration("--step-at-most", flags.step_at_most, o.step_at_most);
    o.total_at_most = duration("--total-at-most", flags.total_at_most, o.total_at_most);
    o.repetitions_max = flags.repetitions;
    o.sample_rates = sample_rates_of(scenario, metric);
    if (metric == load_metric::connect_rate) o.warm_up = nanoseconds{0}; // each step begins without sessions
    if (!errors.empty()) return errors;
    return o;
}

/// "e2e p50 123.4ms, p99 210ms"; empty: no samples, or too few.
std::string latency_text(const experiment::step_result& step, std::string_view name) {
    const auto found = std::ranges::find(step.latencies, name, &experiment::step_latency::name);
    if (found == step.latencies.end()) return {};
    std::string text;
    for (const auto percentile : {50, 99})
        if (measure::is_carried(found->samples, percentile))
            text += fmt::format("{} p{} {:.4g}ms", text.empty() ? "" : ",", percentile,
                                milliseconds(found->samples.percentile(percentile)));
    return text.empty() ? text : fmt::format("{}{}", name, text);
}

/// What the steps of a search print, and the files of its report.
class capacity_report {
public:
    capacity_report(const scenario::scenario_config& scenario, const experiment::capacity_search& search,
                    std::filesystem::path folder, bool quiet, bool rehearses)
        : search_(search), folder_(std::move(folder)), quiet_(quiet), terminal_(report::terminal_of(stdout)),
          labels_(scenario::labels_of(scenario)),
          console_(stdout, quiet, terminal_), origin_{.version = LOADSIM_VERSION,
                                                      .scenario = scenario.name,
                                                      .target = mask_secrets(target_text(
                                                          scenario.target, rehearses ? measure::run_mode::rehearsal
                                                                                     : measure::run_mode::run)),
                                                      .seed = scenario.seed,
                                                      .started = started_.utc} {
        if (const auto error = write_scenario(folder_ / report::scenario_file_name, scenario); !error.empty())
            fail(error);
    }

    run::listener listener() {
        return {.on_notice = [this](const std::string& text) { print(text); },
                .on_progress =
                    [this](const measure::progress& p) {
                        if (terminal_.takes_escape_codes) console_.show(p, labels_);
                    },
                .on_finished = {},
                .started = started_};
    }
    void begin_step() {
        const auto step = *search_.next();
        load_ = step.load;
        const auto warm_up =
            step.warm_up.count() > 0 ? fmt::format("{} of warm-up, then ", format_duration(step.warm_up)) : "";
        print(fmt::format("{}, {}: {}{} are measured", experiment::load_text(search_.result().metric, step.load),
                          step.why, warm_up, format_duration(step.measured)));
    }
    /// After each step, so that a search that is killed leaves what was measured until then.
    void end_step() {
        const auto found = search_.result();
        const auto step = std::ranges::find(found.steps, load_, &experiment::step_result::load);
        if (step != found.steps.end()) {
            const auto latency = latency_text(*step, found.curve);
            print(fmt::format("    {}{}{}{}{}", end_text(step->end), latency.empty() ? "" : ": ", latency,
                              step->reason.empty() ? ""
                              : latency.empty()    ? ": "
                                                   : "; ",
                              step->reason));
        }
        write(found, experiment::code_of(found));
    }
    /// Returns the exit code.
    exit_code finish(exit_code code) {
        const auto found = search_.result();
        write(found, code);
        if (!quiet_) {
            console_.print(report::capacity_summary(found, origin_));
            console_.print(fmt::format("\nreport    {}\n", (folder_ / report::capacity_page_file_name).string()));
        } else if (code != exit_code::pass) {
            print_problems({"", experiment::capacity_sentence(found)});
        }
        log_info(fmt::format("{}; exit code {}", experiment::capacity_sentence(found), static_cast<int>(code)));
        return code == exit_code::pass && has_failed_ ? exit_code::setup : code;
    }

private:
    static std::string_view end_text(experiment::step_end end) {
        using enum experiment::step_end;
        switch (end) {
        case holds: return "holds";
        case broken: return "broken";
        case unclear: return "unclear";
        case generator_limit: return "the generator was the limit";
        case no_data: return "no data";
        case stopped: break;
        }
        return "stopped";
    }
    void print(const std::string& text) {
        log_info(text);
        if (!quiet_) console_.print_wrapped(mask_secrets(text) + '\n');
    }
    void fail(const std::string& sentence) {
        if (!std::exchange(has_failed_, true))
            print_problems({"", sentence}); // once: every step writes the files again
    }
    void write(const experiment::capacity_result& found, exit_code code) {
        origin_.code = code;
        origin_.elapsed = steady_time{}.now() - started_.at;
        const auto document = report::capacity_json(found, origin_);
        write_file(report::capacity_file_name, document);
        write_file(report::capacity_page_file_name, report::experiment_page(document));
    }
    /// By a file beside it, so that a reader never sees half of one.
    void write_file(const char* name, const std::string& text) {
        const auto file = folder_ / name;
        const auto part = folder_ / (std::string(name) + ".part");
        std::ofstream out(part, std::ios::binary);
        out << text;
        out.close();
        std::error_code error;
        if (out) std::filesystem::rename(part, file, error);
        if (!out || error) fail(fmt::format("{}: cannot be written; is the disk full?", file.string()));
    }

    const experiment::capacity_search& search_;
    std::filesystem::path folder_;
    bool quiet_;
    report::terminal terminal_;
    run::run_start started_;
    measure::labels labels_;
    report::console console_;
    report::experiment_origin origin_;
    double load_ = 0; ///< of the current step
    bool has_failed_ = false;
};

exit_code code_of(const experiment::capacity_result& found, measure::run_result::end_reason ended) {
    using enum measure::run_result::end_reason;
    if (ended == interrupted) return exit_code::interrupted;
    if (ended == terminated || ended == aborted) return exit_code::invalid;
    return experiment::code_of(found);
}

exit_code search_capacity(const capacity_flags& flags) {
    if (cluster::launched_by_mpi()) {
        print_problems({"", "a capacity search runs in one process; start it without mpirun"});
        return exit_code::usage;
    }
    const auto scenario = read_scenario(flags.scenario);
    if (!scenario) return scenario.error();
    const auto metric = experiment::parse_load_metric(flags.metric).value(); // one of the flag's values
    auto errors = check_for_steps(*scenario, metric, flags.rehearses);
    auto options = options_of(flags, metric, *scenario);
    if (!options) errors.add(options.error());
    if (!errors.empty()) {
        print_problems(errors);
        return exit_code::usage;
    }
    step_execution how{.metric = metric,
                       .rehearses = flags.rehearses,
                       .shards = flags.shards,
                       .total_at_most = options->total_at_most};
    auto search =
        experiment::capacity_search::plan(std::move(*options), scenario->budgets,
                                          scenario::labels_of(run::scenario_of_sequence(*scenario, how.total_at_most)));
    if (!search) {
        print_problems(search.error());
        return exit_code::usage;
    }
    const auto folder = make_report_folder(flags.report, scenario->name + "-capacity");
    if (!folder) return folder.error();
    if (!log_to_folder(folder->path)) return exit_code::setup;
    how.folder = folder->path;
    capacity_report report(*scenario, *search, folder->path, flags.quiet, flags.rehearses);
    how.on_begin = [&report] { report.begin_step(); };
    how.on_result = [&report] { report.end_step(); };
    const auto ended = execute_steps(*scenario, how, report.listener(), *search);
    if (!ended) {
        print_problems(ended.error());
        for (const auto& error : ended.error().list) log_error(to_string(error));
        return exit_code::setup;
    }
    return report.finish(code_of(search->result(), *ended));
}

std::vector<flag> search_flags_of(capacity_flags& flags) {
    return {{.name = "--metric",
             .into = &flags.metric,
             .help = "The load: rate (requests a second), vehicles, or connectRate (connects a second)",
             .shows_default = true,
             .one_of = {"rate", "vehicles", "connectRate"}},
            {.name = "--start",
             .into = &flags.start,
             .help = "First load, such as 100/s or 500 (default: the scenario's highest rate, a tenth of its vehicles, "
                     "its connectRate)"},
            {.name = "--at-most",
             .into = &flags.at_most,
             .help = "Highest load (default: 1024 times the first one; of vehicles: those of the scenario)"},
            {.name = "--at-least",
             .into = &flags.at_least,
             .help = "Load that must hold, such as 500/s: exit code 99 if it does not"},
            {.name = "--precision",
             .into = &flags.precision,
             .help = "Ends when the lowest broken load is so little above the highest that holds",
             .shows_default = true},
            {.name = "--warm-up",
             .into = &flags.warm_up,
             .help = "Begin of each step that is not measured",
             .shows_default = true},
            {.name = "--step-at-least",
             .into = &flags.step_at_least,
             .help = "Shortest measured time of a step",
             .shows_default = true},
            {.name = "--step-at-most",
             .into = &flags.step_at_most,
             .help = "Longest one: the budgets' percentiles need samples",
             .shows_default = true},
            {.name = "--total-at-most",
             .into = &flags.total_at_most,
             .help = "Time of all steps together",
             .shows_default = true},
            {.name = "--repetitions",
             .into = &flags.repetitions,
             .help = "Of a step at most, while a limit is within the interval of its percentile",
             .shows_default = true,
             .limits = flag::range{1, 100}},
            {.name = "--rehearse", .into = &flags.rehearses, .help = "In simulated time, as `rehearse` does"},
            {.name = "--report",
             .into = &flags.report,
             .help = "New folder for the report (default: reports/NAME-capacity-TIME)"},
            {.name = "--shards",
             .into = &flags.shards,
             .help = "Threads of the generator (default: one for two cores)",
             .limits = flag::range{1, 256}},
            {.name = "--quiet",
             .into = &flags.quiet,
             .help = "No progress and no summary: only what is wrong, and the exit code"}};
}

} // namespace

command capacity_command() {
    auto options = std::make_shared<capacity_flags>();
    options->scenario.needs_secrets = true;
    auto flags = scenario_flags_of(options->scenario);
    std::ranges::move(search_flags_of(*options), std::back_inserter(flags));
    return {.name = "capacity",
            .description = "Finds the highest load at which all budgets of a scenario hold",
            .flags = std::move(flags),
            .run = [options] { return search_capacity(*options); },
            .footer =
                "Exit codes: 0 a load holds, and --at-least does; 99 it does not; 4 the generator or the time was "
                "the\nlimit before that was known; 5 a budget had no data; 2 and 3 as of `run`."};
}

} // namespace loadsim::app
