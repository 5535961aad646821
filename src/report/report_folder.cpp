#include "histogram_lines.hpp"
#include "records.hpp"
#include "requests_csv.hpp"
#include "timeline.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/report/junit.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/summary_markdown.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;

bool is_allowed_in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

constexpr auto timeline_csv_file_name = "timeline.csv";
constexpr auto requests_csv_file_name = "requests.csv.gz";
constexpr auto metrics_file_name = "metrics.prom";

/// With secrets in the scenario, only the owner may see what the run writes: other processes than this one write, too.
problems close_to_others(const fs::path& folder) {
    std::error_code error;
    if (has_secrets()) fs::permissions(folder, fs::perms::owner_all, error);
    if (!error) return {};
    return {folder.string(), "cannot be closed to other users (" + error.message() +
                                 "), which a report of a scenario with secrets needs; name a folder of your own with "
                                 "--report"};
}

problems creation_failed(const fs::path& path, const std::error_code& error, std::string_view flag) {
    return {path.string(), "cannot be made: " + error.message() + "; choose another place with " + std::string(flag)};
}

template <class Record>
std::string lines_of(const std::vector<Record>& records, std::string (*format)(const Record&, const load_start&),
                     const load_start& start) {
    std::string text;
    for (const auto& record : records) text += format(record, start);
    return text;
}

} // namespace

fs::path without_final_separator(const fs::path& path) {
    auto folder = path.lexically_normal();
    return folder.has_filename() ? folder : folder.parent_path();
}

std::string folder_name(std::string_view scenario, std::chrono::system_clock::time_point start) {
    std::string name;
    for (const char c : scenario.substr(0, 100)) { // file systems limit names to 255 bytes
        if (is_allowed_in_name(c) && (c != '.' || !name.empty()))
            name += c; // no hidden folder, no ".."
        else if (!name.empty() && name.back() != '-')
            name += '-';
    }
    while (name.ends_with('-')) name.pop_back();
    if (name.empty()) name = "run";
    return name + '-' + iso_time(start, iso_format::basic);
}

result<fs::path> make_folder(const fs::path& path, std::string_view flag) {
    const auto refuse = [&](const std::string& reason) { return problems(path.string(), reason); };
    std::error_code error;
    const auto existed = fs::exists(path, error);
    if (existed) {
        if (!fs::is_directory(path, error)) return refuse("is a file; the report needs a folder of its own");
        const bool empty = fs::is_empty(path, error);
        if (error) return refuse("cannot be read: " + error.message());
        if (!empty)
            return refuse("is not empty; name a new folder with " + std::string(flag) +
                          ", so that no run overwrites another");
    }
    if (!existed) fs::create_directories(path, error);
    if (error) return creation_failed(path, error, flag);
    if (auto open = close_to_others(path); !open.empty()) return open;
    return path;
}

result<fs::path> make_new_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    auto candidate = path;
    for (int i = 2; !error; ++i) {
        if (fs::create_directory(candidate, error)) { // false without an error: somebody else's
            if (auto open = close_to_others(candidate); !open.empty()) return open;
            return candidate;
        }
        candidate = path.string() + '-' + std::to_string(i);
    }
    return creation_failed(path, error, "--report");
}

bool replace_exit_code(const fs::path& folder, verdict::exit_code code) {
    constexpr std::size_t size_limit = std::size_t{64} << 20;
    const auto file = folder / summary_file_name;
    const auto text = read_file(file.string(), size_limit);
    const auto replaced = text ? with_exit_code(*text, code) : std::string{};
    const auto unfinished = file.string() + ".part";
    std::ofstream out;
    if (!replaced.empty()) out.open(unfinished, std::ios::trunc | std::ios::binary);
    if (!out.is_open()) return false;
    out << replaced;
    out.close();
    std::error_code error;
    if (out) fs::rename(unfinished, file, error);
    const bool done = out && !error;
    if (!done) fs::remove(unfinished, error);
    return done;
}

report_writer::report_writer(fs::path folder, const run_header& header, measure::labels labels, existing_files existing,
                             std::uint64_t requests_csv_rows)
    : folder_(std::move(folder)), header_(header), labels_(std::move(labels)) {
    const auto open = [&](std::ofstream& file, const char* name) {
        errno = 0;
        file.open(folder_ / name,
                  (existing == existing_files::partial ? std::ios::app : std::ios::trunc) | std::ios::binary);
        if (!file.is_open()) close_failed(file, name);
    };
    open(timeline_, timeline_file_name);
    open(timeline_csv_, timeline_csv_file_name);
    open(requests_, requests_file_name);
    open(anomalies_, anomalies_file_name);
    open(sessions_, sessions_file_name);
    if (!labels_.taps.empty()) open(findings_, findings_file_name);
    open(hdr_log_, hdr_log_file_name);
    if (existing == existing_files::partial) return;
    write_atomically(run_file_name, run_json(header));
    append(hdr_log_, hdr_log_file_name, measure::hdr_log_header(header.started));
    append(timeline_csv_, timeline_csv_file_name, timeline_csv_header());
    if (requests_csv_rows == 0) return;
    open(requests_csv_file_, requests_csv_file_name);
    requests_csv_ = std::make_unique<requests_csv>(requests_csv_rows);
}

report_writer::~report_writer() = default;

void report_writer::write(const measure::progress& p) {
    last_ = gauges_of(p);
    if (p.load_started && !header_.load_started) {
        header_.load_started = p.load_started;
        write_atomically(run_file_name, run_json(header_));
    }
    append(timeline_, timeline_file_name, timeline_line(p, labels_));
    append(timeline_csv_, timeline_csv_file_name, timeline_csv_row(p, labels_));

    append(requests_, requests_file_name, lines_of(p.interval.request_records, request_line, p.load_started));
    if (requests_csv_)
        append(requests_csv_file_, requests_csv_file_name,
               requests_csv_->write(p.interval.request_records, p.load_started));
    append(anomalies_, anomalies_file_name, lines_of(p.interval.anomaly_records, anomaly_line, p.load_started));
    append(sessions_, sessions_file_name, lines_of(p.interval.session_records, session_line, p.load_started));
    append(findings_, findings_file_name, lines_of(p.interval.telemetry_findings, finding_line, p.load_started));

    const auto length = std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(p.interval_s));
    const auto start = std::max(nanoseconds(0), p.elapsed - length);
    append(hdr_log_, hdr_log_file_name, hdr_log_lines(start, length, p.interval.latencies));
}

bool report_writer::finish(const measure::run_result& run, const verdict::evaluation& evaluation,
                           std::string_view comparison) {
    // The summary first, for which there may be room on a disk that the others would fill.
    const bool has_summary = write_atomically(summary_file_name, summary_json(run, evaluation, labels_));
    if (requests_csv_) {
        append(requests_csv_file_, requests_csv_file_name, requests_csv_->finish());
        if (const auto omitted = requests_csv_->omitted_rows(); omitted != 0)
            errors_.push_back(fmt::format(
                "{} has the first {} of {} recorded requests: report.requestsCsv is its limit",
                (folder_ / requests_csv_file_name).string(), requests_csv_->rows(), requests_csv_->rows() + omitted));
    }
    write_atomically(histograms_file_name, histogram_lines(run.sum, labels_));
    auto header = header_;
    header.started = run.started; // of a process that has died: its own start
    write_atomically(metrics_file_name,
                     prometheus_text(metrics_of(header, gauges_of(run, last_), run.sum, labels_, &evaluation)));
    write_atomically(junit_file_name, junit_xml({junit_of(run, evaluation, labels_)}));
    write_atomically(markdown_file_name, summary_markdown(run, evaluation, labels_, comparison));
    return has_summary;
}

bool report_writer::write_page(const std::string& baseline) {
    constexpr std::uint64_t requests_bytes_max = std::uint64_t{512} << 20; // half a second: the command ends after this
    const auto file = (folder_ / page_file_name).string();
    try {
        const auto data = page_data(
            {folder_},
            {.version = header_.origin.version, .requests_bytes_max = requests_bytes_max, .baseline = baseline});
        if (data) return write_atomically(page_file_name, page_html(*data));
        errors_.push_back(fmt::format("{} could not be written: {}", file, to_string(data.error())));
    } catch (const std::exception& error) { // no memory: the verdict is written, and stays
        errors_.push_back(fmt::format("{} could not be written: {}", file, error.what()));
    }
    return false;
}

bool report_writer::write_atomically(std::string_view name, std::string_view text) {
    // Renamed when complete, so that readers never see a partial file.
    const auto unfinished = folder_ / (std::string(name) + ".part");
    errno = 0;
    std::ofstream file(unfinished, std::ios::trunc | std::ios::binary);
    if (!file.is_open()) {
        close_failed(file, name);
        return false;
    }
    append(file, name, text);
    std::error_code error;
    if (!file.is_open()) { // closed by the failed write
        fs::remove(unfinished, error);
        return false;
    }
    file.close();
    fs::rename(unfinished, folder_ / name, error);
    if (!error) return true;
    close_failed(file, name);
    fs::remove(unfinished, error);
    return false;
}

void report_writer::append(std::ofstream& file, std::string_view name, std::string_view text) {
    if (text.empty() || !file.is_open()) return;
    errno = 0;
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.flush(); // a full disk is reported by the flush
    if (!file) close_failed(file, name);
}

void report_writer::close_failed(std::ofstream& file, std::string_view name) {
    const std::string reason = errno != 0 ? ": " + std::generic_category().message(errno) : "";
    auto error = (folder_ / name).string() + " could not be written" + reason;
    if (std::ranges::count(errors_, error) == 0) errors_.push_back(std::move(error));
    file.close();
}

} // namespace loadsim::report
