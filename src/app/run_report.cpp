#include "run_report.hpp"

#include "command_line.hpp"
#include "live_page.hpp"
#include "request_sink.hpp"
#include "run_metrics.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/github.hpp>
#include <loadsim/report/summary_markdown.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace loadsim::app {
namespace {

constexpr nanoseconds sink_flush_time = std::chrono::seconds{5}; ///< longest wait for Kafka's delivery reports

/// Writes the resolved scenario, so that the folder documents the run. Returns an error sentence, empty on success.
std::string write_resolved(const std::filesystem::path& file, const scenario::scenario_config& scenario) {
    std::ofstream out(file);
    out << scenario::write(scenario);
    out.close();
    return out ? std::string{} : fmt::format("{}: cannot be written; is the disk full?", file.string());
}

/// Empty: not set.
std::string environment_value(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : value;
}

std::string host_name() {
    char name[HOST_NAME_MAX + 1] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

/// "embedded", or the addresses of broker and API; "simulated" in a rehearsal.
std::string target_text(const scenario::target& target, measure::run_mode mode) {
    if (mode == measure::run_mode::rehearsal) return "simulated";
    std::vector<std::string> parts;
    for (const auto& endpoints : {scenario::brokers_of(target), scenario::apis_of(target)})
        for (const auto& endpoint : endpoints) parts.push_back(to_string(endpoint));
    if (target.embedded) parts.emplace_back("embedded"); // all, or the backend alone
    return fmt::format("{}", fmt::join(parts, " "));
}

measure::run_origin origin_of(const scenario::scenario_config& scenario, const report_options& options) {
    measure::run_origin origin{.version = LOADSIM_VERSION,
                               .host = host_name(),
                               .target = mask_secrets(target_text(scenario.target, options.mode)),
                               .labels = options.labels,
                               .tags = options.tags};
    for (auto* texts : {&origin.labels, &origin.tags})
        for (auto& [name, value] : *texts) value = mask_secrets(value);
    return origin;
}

/// Interval of plain progress lines, in run time; longer for a rehearsal, whose simulated time passes quickly.
std::chrono::seconds plain_line_interval(measure::run_mode mode) {
    return mode == measure::run_mode::rehearsal ? std::chrono::minutes(10) : std::chrono::seconds(10);
}

report::run_header header_of(const scenario::scenario_config& scenario, measure::run_mode mode,
                             const run::run_start& started, const measure::run_origin& origin) {
    return {.mode = mode, .scenario = scenario.name, .seed = scenario.seed, .started = started.utc, .origin = origin};
}

problems not_found(const std::string& flag, const std::filesystem::path& folder, const report::report_contents& all) {
    const auto folder_text = folder.string();
    if (all.recorded == 0)
        return {flag, fmt::format("{} holds no request at all; is it the run that you mean?", folder_text)};
    return {flag,
            fmt::format("is not among the {} requests in {}; `{} explain {}` lists those that were unexpected, and "
                        "`record: all` in the scenario records every one",
                        all.recorded, folder_text, command_name(), shell_quote(folder_text))};
}

/// False: the file is another one of the report, or has something else than lines of EMF in it.
bool takes_emf(const std::filesystem::path& file, const std::filesystem::path& folder) {
    std::error_code unknown; // a failure to open it is reported by the first write
    if (!std::filesystem::exists(file, unknown)) return true;
    if (std::filesystem::equivalent(file.parent_path(), folder, unknown)) return false;
    constexpr std::string_view begin_of_line = "{\"_aws\"";
    std::string begin(begin_of_line.size(), '\0');
    std::ifstream in(file, std::ios::binary);
    in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    return in.gcount() == 0 || begin == begin_of_line;
}

/// VIN of a vehicle that is named in another way, by the scenario of the run.
result<std::string> find_vin(const std::filesystem::path& folder, const std::string& text) {
    const auto unknown = [](const problems& why) {
        return problems{"",
                        "is the VIN of no recorded request; indexes and values of fleet.data are found by the folder's "
                        "scenario, which cannot be used: " +
                            to_string(why)};
    };
    const auto file = (folder / report::scenario_file_name).string();
    const auto yaml = read_file(file, scenario::size_limit);
    if (!yaml) return unknown(yaml.error());
    const auto vehicles = scenario::read_vehicles(*yaml, file);
    if (!vehicles) return unknown(vehicles.error());
    const auto vehicle = vehicles->find(text);
    if (!vehicle) return vehicle.error();
    return vehicles->vin_of(*vehicle);
}

} // namespace

run_report::run_report(const scenario::scenario_config& scenario, std::filesystem::path folder,
                       const report_options& options)
    : scenario_(scenario), folder_(std::move(folder)), options_(options), labels_(scenario::labels_of(scenario)),
      origin_(origin_of(scenario, options)), header_(header_of(scenario, options.mode, started_, origin_)),
      console_(stdout, !shows_progress(), options.terminal, plain_line_interval(options.mode)),
      events_(header_, labels_, folder_),
      writer_(folder_, header_, labels_, options.existing_files, scenario.report.requests_csv),
      scenario_file_error_(write_resolved(folder_ / report::scenario_file_name, scenario)) {
    log_info(fmt::format("loadsim {}: {} with seed {} ({})", LOADSIM_VERSION, scenario.name, scenario.seed,
                         to_string(options.mode)));
    if (options.baseline != nullptr) comparer_.emplace(*options.baseline);
    const bool is_first = options.existing_files == report::report_writer::existing_files::none; // else a rank was
    if (options.json && !options.quiet && is_first) forward_output(events_.started());
    if (options_.live != nullptr) begin_live_page();
    if (!options.writes_emf || !is_first || !scenario.report.emf) return;
    const auto& emf = *scenario.report.emf;
    emf_.emplace(report::emf_options{.metric_namespace = emf.metric_namespace, .interval = emf.interval}, header_,
                 labels_);
    if (emf.to == scenario::emf_options::standard_output) return;
    emf_path_ = folder_ / emf.to;
    if (!takes_emf(emf_path_, folder_)) {
        emf_error_ =
            fmt::format("{}: is a file of something else, and stays as it is; name another one in report.emf.to",
                        emf_path_.string());
        emf_.reset();
        return;
    }
    emf_file_.open(emf_path_, std::ios::app | std::ios::binary);
}

void run_report::print_sentence(const std::string& masked) {
    if (options_.quiet) return;
    if (options_.json)
        forward_output(events_.notice(masked, std::chrono::system_clock::now()));
    else
        console_.print_wrapped(escape_for_terminal(masked, "\n") + '\n');
}

/// The address has a token: it is for the user, not for the log.
void run_report::begin_live_page() {
    log_info("the live page is at " + options_.live->url());
    if (options_.quiet)
        print_problems({"", options_.live->notice()});
    else
        print_sentence(options_.live->notice());
    options_.live->begin({.version = LOADSIM_VERSION,
                          .folder = folder_.filename().string(),
                          .run_json = report::run_json(header_),
                          .scenario = scenario::write(scenario_)},
                         labels_);
}

run::listener run_report::listener() {
    return {.on_notice =
                [this](const std::string& text) {
                    log_info(text);
                    print_sentence(mask_secrets(text));
                },
            .on_progress =
                [this](const measure::progress& p) {
                    console_.show(p, labels_);
                    if (options_.json && !options_.quiet) forward_output(events_.progress(p));
                    if (comparer_) comparer_->add(p.interval);
                    writer_.write(p);
                    if (options_.requests != nullptr) options_.requests->write(p);
                    publish_metrics(p);
                    if (options_.live != nullptr) options_.live->publish(p);
                    // Printed at once, so that the run can be stopped early; the summary repeats it.
                    for (const auto& [sentence, shards] : p.interval.unmatched_fields) {
                        log_warning(sentence);
                        print_sentence(sentence);
                    }
                },
            .on_finished = [this](const measure::run_result& result) { finish(result); },
            .started = started_};
}

void run_report::publish_metrics(const measure::progress& p) {
    last_gauges_ = report::gauges_of(p);
    if (options_.metrics != nullptr)
        print_warning(options_.metrics->publish(header_, last_gauges_, *p.cumulative, labels_));
    if (emf_) write_emf(emf_->write(p));
}

void run_report::write_emf(const std::string& lines) {
    if (lines.empty()) return;
    if (emf_path_.empty()) return options_.json ? forward_output(lines) : console_.print(lines);
    emf_file_ << lines << std::flush;
    if (!emf_file_ && emf_error_.empty())
        emf_error_ =
            fmt::format("{}: cannot be written; check report.emf.to and the room on the disk", emf_path_.string());
}

void run_report::print_warning(const std::string& sentence) {
    if (sentence.empty()) return;
    log_warning(sentence);
    if (options_.quiet)
        print_problems({"", sentence});
    else
        print_sentence(sentence);
}

void run_report::finish(const measure::run_result& measured) {
    auto result = measured;
    result.origin = origin_;
    const auto budgets =
        options_.mode == measure::run_mode::replay ? std::vector<verdict::budget>{} : scenario_.budgets;
    auto evaluation = verdict::evaluate(result, budgets, labels_, options_.strict);
    for (auto& reason : evaluation.reasons) reason = mask_secrets(reason); // may be that of a launcher
    if (evaluation.code == verdict::exit_code::pass && !lost_output().empty())
        evaluation.code = verdict::exit_code::setup; // the command ends with it, and says why
    code_ = evaluation.code;
    compare_with_baseline(result, evaluation);
    const bool has_summary = writer_.finish(result, evaluation, compared_ ? compared_->markdown : std::string_view{});
    if (options_.live != nullptr) options_.live->finish(report::summary_json(result, evaluation, labels_));
    if (shows_progress())
        console_.print(report::summary_text(result, evaluation, labels_, folder_,
                                            {.colour = report::wants_colour(options_.terminal, options_.colour),
                                             .verbose = options_.verbose,
                                             .columns = console_.columns(),
                                             .has_unicode_glyphs = options_.terminal.has_unicode_glyphs},
                                            compared_ ? &*compared_ : nullptr));
    if (!scenario_file_error_.empty()) print_problems({"", scenario_file_error_});
    for (const auto& error : writer_.errors()) print_problems({"", error});
    const bool has_no_verdict = options_.mode == measure::run_mode::replay && code_ == verdict::exit_code::pass;
    if (options_.quiet && !has_no_verdict)
        for (const auto& reason : evaluation.reasons) print_problems({"", reason});
    if (!has_summary && code_ == verdict::exit_code::pass) { // what reads the folder would find no result
        code_ = verdict::exit_code::setup;
        print_problems(
            {"", "without summary.json the exit code is 3; make room, or name another folder with --report"});
    }
    if (emf_) write_emf(emf_->finish());
    if (!emf_error_.empty()) print_problems({"", emf_error_});
    const bool aborted = result.ended == measure::run_result::end_reason::aborted; // and no time for a collector
    if (options_.metrics != nullptr && !aborted)
        print_warning(options_.metrics->finish(header_, report::gauges_of(result, last_gauges_), result.sum, labels_,
                                               evaluation));
    if (options_.requests != nullptr)
        print_warning(options_.requests->finish(aborted ? nanoseconds{0} : sink_flush_time));
    if (options_.informs_github) inform_github(result, evaluation);
    if (options_.json) forward_output(events_.finished(result, evaluation, code_));
    log_info(fmt::format("verdict: {}, exit code {}", verdict::to_string(evaluation.verdict), static_cast<int>(code_)));
    // Last: after a second signal there may be no time for it.
    if (!writer_.write_page(compared_ ? compared_->page : std::string{})) print_problems({"", writer_.errors().back()});
}

void run_report::compare_with_baseline(const measure::run_result& result, const verdict::evaluation& evaluation) {
    if (!comparer_ || result.ended == measure::run_result::end_reason::aborted) return; // memory may have run out
    compared_ = comparer_->compare({.path = folder_,
                                    .result = result,
                                    .version = origin_.version,
                                    .verdict = std::string(to_string(evaluation.verdict))},
                                   labels_);
    log_info(fmt::format("compared with {}: {}", compared_->name, report::overall_verdict(compared_->changes)));
}

void run_report::inform_github(const measure::run_result& result, const verdict::evaluation& evaluation) const {
    if (environment_value("GITHUB_ACTIONS") == "true") {
        std::error_code error; // without working folder absolute paths only
        const auto working_folder = std::filesystem::current_path(error);
        std::vector<report::budget_line> lines;
        for (std::size_t i = 0; i < std::min(scenario_.budgets.size(), scenario_.budget_places.list.size()); ++i) {
            const auto& [file, line] = scenario_.budget_places.list[i];
            const auto path =
                file.empty() ? file
                             : report::path_in_checkout(file, working_folder, environment_value("GITHUB_WORKSPACE"));
            lines.push_back({scenario_.budgets[i].expression, path, line});
        }
        print_error(report::github_annotations(evaluation, lines)); // stdout may be read by another program
    }
    if (const auto file = environment_value("GITHUB_STEP_SUMMARY"); !file.empty())
        if (const auto error = report::append_step_summary(
                file, report::summary_markdown(result, evaluation, labels_,
                                               compared_ ? compared_->markdown : std::string_view{}));
            !error.empty())
            print_problems({"", error});
}

void run_report::report_failure(const problems& errors) {
    if (shows_progress()) console_.print("");
    print_problems(errors);
    std::vector<std::string> reasons;
    for (const auto& error : errors.list) {
        log_error(to_string(error));
        reasons.push_back(mask_secrets(to_string(error)));
    }
    if (options_.json)
        forward_output(events_.failed(reasons, verdict::exit_code::setup, std::chrono::system_clock::now()));
}

result<report::report_contents> open_report(const std::filesystem::path& folder, const report::request_filter& filter) {
    auto all = report::read_report(folder, filter, LOADSIM_VERSION);
    if (!all) return all;
    if (all->requests.empty() && filter.vin) {
        const auto vin = find_vin(folder, *filter.vin);
        if (!vin) return problems{"--vehicle " + *filter.vin, to_string(vin.error())};
        if (*vin != *filter.vin) {
            auto by_vin = filter;
            by_vin.vin = *vin;
            return open_report(folder, by_vin);
        }
    }
    for (const auto& warning : all->warnings) print_problems({"", warning});
    if (all->requests.empty() && filter.request_id) return not_found("--request " + *filter.request_id, folder, *all);
    if (auto& ids = all->ambiguous_ids; !ids.empty()) {
        if (ids.size() > report::max_ambiguous_ids) ids.back() = "...";
        return problems{"--request " + *filter.request_id,
                        fmt::format("begins the ids of several requests: {}; give more of it", fmt::join(ids, ", "))};
    }
    if (all->requests.empty() && filter.vin) return not_found("--vehicle " + *filter.vin, folder, *all);
    return all;
}

} // namespace loadsim::app
