#include <loadsim/report/report_reader.hpp>

#include "line_reader.hpp"
#include "record_lines.hpp"
#include "records.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/report_folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <unordered_set>
#include <utility>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;
using string_set = std::unordered_set<std::string>;

constexpr std::string_view traceparent_version = "00-";

/// The trace id in "00-<trace id>-<parent id>-01" (W3C Trace Context).
std::string_view trace_id_of(std::string_view traceparent) {
    constexpr std::size_t digits = 32;
    traceparent.remove_prefix(std::min(traceparent.size(), traceparent_version.size()));
    return traceparent.substr(0, digits);
}

/// Hex digits are equal in both cases: tools print trace ids in either.
std::string lower_case(std::string_view text) {
    std::string made(text);
    std::ranges::transform(made, made.begin(), ascii_lower);
    return made;
}

/// Sort key of an instant; a missing one sorts last.
double sort_key(double ms) { return std::isnan(ms) ? std::numeric_limits<double>::infinity() : ms; }

bool is_due_before(const measure::request_record& a, const measure::request_record& b) {
    return std::pair(sort_key(a.due_at_ms), a.arrival) < std::pair(sort_key(b.due_at_ms), b.arrival);
}

class report_reader {
public:
    report_reader(fs::path folder, const request_filter& filter) : folder_(std::move(folder)), filter_(filter) {}

    result<report_contents> read(std::string_view version) {
        if (auto error = read_metadata(version); !error.empty()) return problems{folder_.string(), std::move(error)};
        count_anomalies();
        read_requests();
        read_anomalies();
        read_sessions();
        if (contents_.ambiguous_ids.size() == 1) contents_.ambiguous_ids.clear();
        std::ranges::stable_sort(contents_.requests, is_due_before);
        std::ranges::stable_sort(contents_.anomalies, {}, [](const auto& a) { return sort_key(a.at_ms); });
        std::ranges::stable_sort(contents_.sessions, {}, [](const auto& s) { return sort_key(s.at_ms); });
        return std::move(contents_);
    }

private:
    void add_warning(std::string text) { contents_.warnings.push_back(std::move(text)); }

    /// Metadata from run.json or summary.json; nullopt with a warning if the file is missing or unreadable.
    std::optional<run_metadata> metadata_of(const char* name, std::string_view when_missing) {
        line_reader file(folder_ / name);
        if (!file.open_error().empty()) {
            std::error_code ignored;
            const auto error = exists(folder_ / name, ignored) ? file.open_error() : "is missing";
            add_warning(fmt::format("{} {}: {}", name, error, when_missing));
            return std::nullopt;
        }
        std::string text;
        for (std::string_view line; text.size() < 4 * max_line_length && file.next(line);) text += line;
        auto metadata = parse_run_metadata(text);
        if (metadata) return *metadata;
        add_warning(fmt::format("{} cannot be read ({})", name, metadata.error().list.front().text));
        return std::nullopt;
    }

    /// Returns the error of a folder in another format; empty: this one, or unknown because the files are missing.
    std::string read_metadata(std::string_view version) {
        const auto run = metadata_of(run_file_name, "not all files of the report are here");
        const auto summary = metadata_of(summary_file_name, "the run was killed, or is still running");
        for (const auto& [metadata, schema] : {std::pair(&run, run_schema), std::pair(&summary, summary_schema)})
            if (*metadata && (*metadata)->schema != schema)
                return fmt::format(
                    "was written in the format '{}', and this loadsim reads '{}': run the scenario again, or use the "
                    "loadsim that wrote it",
                    (*metadata)->schema, schema);
        if (run) {
            contents_.version = run->version;
            contents_.mode = run->mode;
            contents_.started = run->started;
            contents_.load_started = run->load_started;
            if (run->version != version)
                add_warning(fmt::format("loadsim {} wrote this folder, and this is {}: unknown fields are ignored",
                                        run->version.empty() ? "of an unknown version" : run->version, version));
        }
        if (summary) contents_.omitted_records = summary->omitted_records;
        if (run || summary) contents_.scenario = (run ? run : summary)->scenario;
        return {};
    }

    /// Warnings only on the first pass over the file.
    template <class Record, class Take>
    void for_each_record(const char* name, result<Record> (*parse)(std::string_view), bool first_time, Take&& handle) {
        report::for_each_record(folder_, name, parse, first_time ? &contents_.warnings : nullptr,
                                std::forward<Take>(handle));
    }

    void count_anomalies() {
        for_each_record(anomalies_file_name, parse_anomaly_record, true, [this](measure::anomaly_record a) {
            ++(a.expected ? contents_.expected_anomalies_by_kind
                          : contents_.anomalies_by_kind)[static_cast<std::size_t>(a.kind)];
            (a.expected ? with_expected_anomaly_ : with_unexpected_anomaly_).insert(std::move(a.request_id));
        });
        with_unexpected_anomaly_.erase("");
    }

    void read_requests() {
        for_each_record(requests_file_name, parse_request_record, true, [this](measure::request_record r) {
            ++contents_.recorded;
            if (r.unexpected) ++contents_.unexpected;
            const bool has_findings = r.unexpected || has_unexpected_anomaly(r);
            if ((filter_.unexpected && !has_findings) || (filter_.vin && r.vin != *filter_.vin) || !has_wanted_id(r))
                return;
            ++contents_.matching;
            keep(std::move(r));
        });
        for (const auto& r : contents_.requests) {
            requests_.insert(r.request_id);
            vehicles_.insert(r.vin);
        }
        requests_.erase("");
        vehicles_.erase("");
        if (filter_.vin) vehicles_.insert(*filter_.vin);
    }

    /// Keeps those that are due first: a file has them in the order in which they ended. The last of them is the heap's front.
    void keep(measure::request_record r) {
        auto& kept = contents_.requests;
        kept.push_back(std::move(r));
        std::ranges::push_heap(kept, is_due_before);
        if (kept.size() <= filter_.limit) return;
        std::ranges::pop_heap(kept, is_due_before);
        kept.pop_back();
    }

    /// Compares the ids of a request with the filter. The first whole match drops all that only begin so.
    bool has_wanted_id(const measure::request_record& r) {
        if (!filter_.request_id) return true;
        const std::string_view wanted = *filter_.request_id;
        const auto trace = trace_id_of(r.traceparent);
        // The whole header, or its beginning. Its parent id is not compared: each service of a platform sets and logs its own.
        const auto wanted_trace = lower_case(wanted.starts_with(traceparent_version) ? trace_id_of(wanted) : wanted);
        if (r.request_id == wanted || (!wanted_trace.empty() && trace == wanted_trace)) {
            if (std::exchange(found_whole_id_, true)) return true;
            contents_.requests.clear();
            contents_.ambiguous_ids.clear();
            contents_.matching = 0;
            return true;
        }
        const bool by_id = r.request_id.starts_with(wanted);
        if (found_whole_id_ || wanted_trace.empty() || !(by_id || trace.starts_with(wanted_trace))) return false;
        constexpr std::size_t max_ids = max_ambiguous_ids + 1;
        const auto id = by_id ? r.request_id : std::string(trace);
        auto& ids = contents_.ambiguous_ids;
        if (ids.size() < max_ids && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
        return true;
    }

    /// True with an unexpected anomaly. anomalies.jsonl may lack some of the request's anomalies (record limit).
    bool has_unexpected_anomaly(const measure::request_record& r) const {
        return with_unexpected_anomaly_.contains(r.request_id) ||
               (!r.anomalies.empty() && !with_expected_anomaly_.contains(r.request_id));
    }

    bool is_unfiltered() const { return !filter_.request_id && !filter_.vin && !filter_.unexpected; }

    void read_anomalies() {
        std::size_t other_count = 0;
        for_each_record(anomalies_file_name, parse_anomaly_record, false, [&](measure::anomaly_record a) {
            const bool is_related = requests_.contains(a.request_id) || vehicles_.contains(a.vin) || is_unfiltered();
            if (is_related || (filter_.unexpected && !a.expected && other_count++ < filter_.limit))
                contents_.anomalies.push_back(std::move(a));
        });
    }

    void read_sessions() {
        for_each_record(sessions_file_name, parse_session_record, true, [this](measure::session_record s) {
            if (vehicles_.contains(s.vin) || is_unfiltered()) contents_.sessions.push_back(std::move(s));
        });
    }

    fs::path folder_;
    const request_filter& filter_;
    report_contents contents_;
    string_set requests_, vehicles_; ///< of the kept records
    bool found_whole_id_ = false;
    string_set with_unexpected_anomaly_,
        with_expected_anomaly_; ///< ids of requests with an unexpected or an expected anomaly
};

} // namespace

problems check_report_folder(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return {folder.string(), "is no folder; name the report folder of a run, such as reports/NAME-TIME"};
    const auto report_files = {run_file_name, requests_file_name, anomalies_file_name, sessions_file_name,
                               summary_file_name};
    if (std::ranges::none_of(report_files, [&](const char* name) { return exists(folder / name, error); }))
        return {folder.string(), "has no file of a run; name the report folder of a run, such as reports/NAME-TIME"};
    return {};
}

result<report_contents> read_report(const fs::path& folder, const request_filter& filter, std::string_view version) {
    if (auto error = check_report_folder(folder); !error.empty()) return error;
    return report_reader(folder, filter).read(version);
}

} // namespace loadsim::report
