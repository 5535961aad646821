// Report of a run, on terminal, in report folder and log; and report folders of earlier runs.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/report/baseline_comparison.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/report/emf.hpp>
#include <loadsim/report/events.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/report_reader.hpp>
#include <loadsim/report/run_labels.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace loadsim::app {

class live_page;
class request_sink;
class run_metrics;

struct report_options {
    bool quiet = false;
    bool strict = false; ///< see verdict::evaluate()
    report::terminal terminal;
    report::colour_choice colour = report::colour_choice::automatic;
    bool verbose = false; ///< all sections of the summary
    bool json =
        false; ///< events as JSON lines on standard output, instead of progress and summary; if quiet, only the last one
    measure::run_mode mode = measure::run_mode::run;
    /// Files already in the folder; `partial`: those of a run whose process has died.
    report::report_writer::existing_files existing_files = report::report_writer::existing_files::none;
    report::run_labels labels{}; ///< --label
    report::run_labels tags{};   ///< --tag
    bool informs_github = false; ///< in a job of GitHub Actions: annotations on standard error, and the step's summary
    bool writes_emf = false;     ///< as the scenario's report.emf says; not of rehearsals, replays and probes
    run_metrics* metrics = nullptr;                 ///< live metrics; must outlive the report. Null: none
    const report::run_baseline* baseline = nullptr; ///< --baseline; must outlive the report. Null: none
    request_sink* requests = nullptr;               ///< the same, for report.kafka
    live_page* live = nullptr;                      ///< the same for the page of --ui
};

/// Writer of the report during the run; evaluates the budgets at the end and prints the summary. A replay is not evaluated against
/// the scenario's budgets, which are for the whole fleet.
class run_report {
public:
    /// `folder` exists.
    run_report(const scenario::scenario_config&, std::filesystem::path folder, const report_options&);

    /// The callbacks for the run. This object must outlive the run.
    run::listener listener();
    void finish(const measure::run_result&);
    /// Prints and logs why the run could not be executed.
    void report_failure(const problems&);
    /// The exit code, once finish() has been called.
    verdict::exit_code code() const { return code_; }

private:
    void inform_github(const measure::run_result&, const verdict::evaluation&) const;
    void compare_with_baseline(const measure::run_result&, const verdict::evaluation&);
    bool shows_progress() const { return !options_.quiet && !options_.json; }
    /// What a person reads on the terminal, or the same as an event.
    void print_sentence(const std::string& masked);
    void begin_live_page();
    void publish_metrics(const measure::progress&);
    void write_emf(const std::string& lines);
    void print_warning(const std::string& sentence);

    const scenario::scenario_config& scenario_;
    std::filesystem::path folder_;
    report_options options_;
    measure::labels labels_;
    measure::run_origin origin_;
    run::run_start started_;
    report::run_header header_;
    report::metric_gauges last_gauges_; ///< of the latest progress
    report::console console_;
    report::event_lines events_;
    report::report_writer writer_;
    std::optional<report::baseline_comparer> comparer_;   ///< nullopt: no baseline
    std::optional<report::baseline_comparison> compared_; ///< with the baseline, at the end
    std::string scenario_file_error_;                     ///< sentence about scenario.yaml; empty: written
    std::optional<report::emf_writer> emf_;               ///< nullopt: report.emf is not set
    std::filesystem::path emf_path_;                      ///< empty: standard output
    std::ofstream emf_file_;
    std::string emf_error_; ///< sentence about that file; empty: written
    verdict::exit_code code_ = verdict::exit_code::internal_error;
};

/// For explain and replay: reads the matching records of a report folder. The filter's vehicle may be named as for
/// vehicle::registry::find(), by the scenario in the folder. Warnings are printed on standard error.
/// Errors: not a report folder; the filter names a request or vehicle and nothing matches; it begins the ids of several requests.
result<report::report_contents> open_report(const std::filesystem::path& folder, const report::request_filter&);

} // namespace loadsim::app
