// Report folder of a run: files written during the run and at its end.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/metrics.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// Result of the run; exists only after the run has ended and been evaluated.
inline constexpr const char* summary_file_name = "summary.json";
/// The resolved scenario, with all defaults.
inline constexpr const char* scenario_file_name = "scenario.yaml";

/// Start of the load by the system clock; nullopt: unknown.
using load_start = std::optional<std::chrono::system_clock::time_point>;

/// Contents of run.json, written at the start and when the load begins, so that the report of a killed run is readable.
struct run_header {
    measure::run_mode mode = measure::run_mode::run;
    std::string scenario; ///< name
    std::uint64_t seed = 0;
    std::chrono::system_clock::time_point started;
    load_start load_started{}; ///< nullopt: not yet
    measure::run_origin origin{};
};

/// Folder name of a run: "<name>-20261120T101500Z"; characters outside [A-Za-z0-9._] become '-'.
std::string folder_name(std::string_view scenario, std::chrono::system_clock::time_point start);

/// The path in its normal form and without a final '/', behind which a symbolic link would be followed: its filename() is the name.
std::filesystem::path without_final_separator(const std::filesystem::path&);

/// Creates the folder and its parents. `flag`: names the folder. Errors: the path exists and is not an empty folder, or creation failed.
result<std::filesystem::path> make_folder(const std::filesystem::path&, std::string_view flag = "--report");

/// Empties the folder of an earlier run; nothing if there is none, or an empty one. Nothing is removed unless it is a folder with a run.json of loadsim, of any version, without
/// foreign folders in it. Symbolic links are not followed: one to a folder is refused, those inside are removed.
/// Errors: it is something else, or cannot be emptied.
problems remove_old_report(const std::filesystem::path&);

/// Why remove_old_report() would remove nothing. `flag`: names the folder.
problems check_old_report(const std::filesystem::path&, std::string_view flag = "--report");

/// The same for the folder of an earlier suite: reports, each as above and of a run that has ended, index.html of a suite, and junit.xml.
problems remove_old_suite(const std::filesystem::path&);

/// Name of the symbolic link beside the folders, to the newest one.
inline constexpr const char* latest_link_name = "latest";
/// Points that link to the folder, in one step. Errors: it is no link, or cannot be made.
problems link_latest(const std::filesystem::path& folder);

/// Creates a folder that did not exist, and its parents: `path`, or if that exists `path`-2, -3 ... Two runs of one second get
/// two folders. Errors: creation failed.
result<std::filesystem::path> make_new_folder(const std::filesystem::path& path);

/// Text of run.json (schema loadsim.run/2).
std::string run_json(const run_header&);

/// Text of summary.json (schema loadsim.summary/2). Latencies are numbers in milliseconds, null without samples. The expectation of
/// a request is an array of accepted outcomes.
std::string summary_json(const measure::run_result&, const verdict::evaluation&, const measure::labels&);

/// A summary.json with another exit code. Empty: it has none.
std::string with_exit_code(std::string_view summary, verdict::exit_code);
/// Replaces the exit code in a folder's summary.json: the process that wrote it did not know the final one. False: there is no
/// summary.json, or it cannot be written.
bool replace_exit_code(const std::filesystem::path& folder, verdict::exit_code);

/// One line of timeline.jsonl, with its newline.
std::string timeline_line(const measure::progress&, const measure::labels&);

/// One line of requests.jsonl, anomalies.jsonl or sessions.jsonl, with its newline. Beside each offset `at_ms` is its instant `at` in
/// UTC, by the start of the load. Instants that did not occur are null.
std::string request_line(const measure::request_record&, const load_start& = {});
std::string anomaly_line(const measure::anomaly_record&, const load_start& = {});
std::string session_line(const measure::session_record&, const load_start& = {});
/// One line of telemetry-findings.jsonl, of a run with taps, in the same way.
std::string finding_line(const measure::telemetry_finding&, const load_start& = {});

class requests_csv;

/// Writer of a report folder: run.json at construction, then timeline.jsonl, timeline.csv, requests.jsonl, anomalies.jsonl, sessions.jsonl and
/// latency.hlog (each write is flushed), summary.json, histograms.jsonl, metrics.prom, junit.xml and summary.md at the end.
/// latency.hlog: one interval line per progress for each hop with samples, tagged with the hop's name, and of e2e one without a tag.
/// Errors: a failed write (full disk) closes that file and adds one entry to errors(); nothing throws.
class report_writer {
public:
    /// Files already in the folder: none, or those of a run whose process has died; then only those of its end are still to be written.
    enum class existing_files : std::uint8_t { none, partial };

    /// `requests_csv_rows`: most rows of requests.csv.gz; 0: no such file.
    report_writer(std::filesystem::path folder, const run_header&, measure::labels,
                  existing_files = existing_files::none, std::uint64_t requests_csv_rows = 0);
    ~report_writer();

    void write(const measure::progress&);
    /// `comparison`: of summary_markdown(). False: summary.json could not be written.
    bool finish(const measure::run_result&, const verdict::evaluation&, std::string_view comparison = {});

    /// Writes report.html from the files of the folder: once all others are there. False: it could not be written.
    /// `baseline`: of page_baseline(), as baseline_comparison has it; empty: none.
    bool write_page(const std::string& baseline = {});

    /// Sentences about files that could not be written or are cut off at a limit, one per file; empty: all written.
    const std::vector<std::string>& errors() const noexcept { return errors_; }

private:
    /// Writes a file under a temporary name and renames it when complete. False: it could not be written.
    bool write_atomically(std::string_view name, std::string_view text);
    void append(std::ofstream& file, std::string_view name, std::string_view text);
    void close_failed(std::ofstream& file, std::string_view name); ///< records errno's text and closes the file

    std::filesystem::path folder_;
    run_header header_;
    measure::labels labels_;
    metric_gauges last_; ///< of the latest progress
    std::ofstream timeline_, timeline_csv_, requests_, anomalies_, sessions_, findings_, hdr_log_, requests_csv_file_;
    std::unique_ptr<requests_csv> requests_csv_; ///< null: not wanted
    std::vector<std::string> errors_;
};

} // namespace loadsim::report
