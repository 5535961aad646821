#include "file_names.hpp"

#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/report/report.hpp>

#include <fmt/chrono.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;

bool belongs_in_a_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

constexpr auto timeline_name = "timeline.jsonl";
constexpr auto hlog_name = "latency.hlog";

template <class Record>
std::string lines_of(const std::vector<Record>& told, std::string (*line)(const Record&)) {
    std::string text;
    for (const auto& record : told) text += line(record);
    return text;
}

} // namespace

std::string folder_name(std::string_view scenario, std::chrono::system_clock::time_point start) {
    std::string name;
    for (const char c : scenario.substr(0, 100)) { // file systems take 255 bytes
        if (belongs_in_a_name(c) && (c != '.' || !name.empty()))
            name += c; // no hidden folder, no ".."
        else if (!name.empty() && name.back() != '-')
            name += '-';
    }
    while (name.ends_with('-')) name.pop_back();
    if (name.empty()) name = "run";
    return fmt::format("{}-{:%Y%m%dT%H%M%SZ}", name, fmt::gmtime(std::chrono::system_clock::to_time_t(start)));
}

result<fs::path> make_folder(const fs::path& path) {
    const auto refuse = [&](const std::string& why) { return problems(path.string(), why); };
    std::error_code error;
    if (fs::exists(path, error)) {
        if (!fs::is_directory(path, error)) return refuse("is a file; the report needs a folder of its own");
        const bool empty = fs::is_empty(path, error);
        if (error) return refuse("cannot be read: " + error.message());
        if (!empty) return refuse("is not empty; name a new folder with --report, so that no run overwrites another");
        return path;
    }
    fs::create_directories(path, error);
    if (error) return refuse("cannot be made: " + error.message() + "; choose another place with --report");
    return path;
}

folder_writer::folder_writer(fs::path folder, const run_header& header, measure::legend names, files there)
    : folder_(std::move(folder)), legend_(std::move(names)) {
    const auto open = [&](std::ofstream& file, const char* name) {
        errno = 0;
        file.open(folder_ / name, (there == files::begun ? std::ios::app : std::ios::trunc) | std::ios::binary);
        if (!file.is_open()) give_up(file, name);
    };
    open(timeline_, timeline_name);
    open(requests_, requests_name);
    open(anomalies_, anomalies_name);
    open(sessions_, sessions_name);
    open(hlog_, hlog_name);
    if (there == files::begun) return;
    put_whole(run_name, run_json(header));
    put(hlog_, hlog_name, measure::hdr_log_header(header.started));
}

void folder_writer::write(const measure::progress& p) {
    put(timeline_, timeline_name, timeline_line(p, legend_));

    put(requests_, requests_name, lines_of(p.interval.requests_told, request_line));
    put(anomalies_, anomalies_name, lines_of(p.interval.anomalies_told, anomaly_line));
    put(sessions_, sessions_name, lines_of(p.interval.sessions_told, session_line));

    std::string lines;
    const auto length = std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(p.interval_s));
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i) {
        const auto samples = p.interval.latencies.select(static_cast<measure::hop>(i));
        if (samples.empty()) continue;
        const auto start = std::max(nanoseconds(0), p.elapsed - length);
        lines += measure::hdr_log_line(measure::hop_names[i], start, length, samples);
    }
    put(hlog_, hlog_name, lines);
}

void folder_writer::finish(const measure::run_facts& run, const verdict::conclusion& end) {
    put_whole(summary_name, summary_json(run, end, legend_));
}

void folder_writer::put_whole(std::string_view name, std::string_view text) {
    // Under its name only when it is whole: who finds it may rely on it.
    const auto unfinished = folder_ / (std::string(name) + ".part");
    errno = 0;
    std::ofstream file(unfinished, std::ios::trunc | std::ios::binary);
    if (!file.is_open()) return give_up(file, name);
    put(file, name, text);
    std::error_code error;
    if (!file.is_open()) { // given up
        fs::remove(unfinished, error);
        return;
    }
    file.close();
    fs::rename(unfinished, folder_ / name, error);
    if (error) give_up(file, name);
}

void folder_writer::put(std::ofstream& file, std::string_view name, std::string_view text) {
    if (text.empty() || !file.is_open()) return;
    errno = 0;
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.flush(); // a full disk shows itself here and not before
    if (!file) give_up(file, name);
}

void folder_writer::give_up(std::ofstream& file, std::string_view name) {
    const std::string why = errno != 0 ? ": " + std::generic_category().message(errno) : "";
    troubles_.push_back((folder_ / name).string() + " could not be written" + why);
    file.close();
}

} // namespace loadsim::report
