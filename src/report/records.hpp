// Record files of a report folder (run.json and *.jsonl): names, schemas, parsers. Missing fields keep the record's defaults, unknown
// ones are ignored.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {

inline constexpr const char* run_file_name = "run.json";
inline constexpr const char* timeline_file_name = "timeline.jsonl";
inline constexpr const char* requests_file_name = "requests.jsonl";
inline constexpr const char* anomalies_file_name = "anomalies.jsonl";
inline constexpr const char* sessions_file_name = "sessions.jsonl";
inline constexpr const char* findings_file_name = "telemetry-findings.jsonl";
inline constexpr const char* hdr_log_file_name = "latency.hlog";

inline constexpr const char* run_schema = "loadsim.run/2";
inline constexpr const char* summary_schema = "loadsim.summary/2";

/// Errors: not a JSON object, or an unknown outcome or anomaly; the text is part of a sentence.
result<measure::request_record> parse_request_record(std::string_view line);
result<measure::anomaly_record> parse_anomaly_record(std::string_view line);
result<measure::session_record> parse_session_record(std::string_view line);

/// Fields of run.json and summary.json. `version` and `load_started` are in run.json only, `omitted_records` in summary.json only.
struct run_metadata {
    std::string schema, version, scenario;
    measure::run_mode mode = measure::run_mode::run;
    std::optional<std::chrono::system_clock::time_point> started{};
    load_start load_started{};
    std::uint64_t omitted_records = 0;
};
result<run_metadata> parse_run_metadata(std::string_view text);

/// Hops of a request by name, in ms; NaN: not measured. Also the wait for a connection.
std::vector<std::pair<std::string_view, double>> hops_of(const measure::request_record&);

/// Records as objects of the page: the fields of their lines. Of a request only `due_at` is in UTC, and its hops are `hops_ms`.
boost::json::object page_object(const measure::request_record&, const load_start&);
boost::json::object page_object(const measure::anomaly_record&, const load_start&);
boost::json::object page_object(const measure::session_record&, const load_start&);

/// Line of requests.csv.gz, with its newline.
std::string request_csv_header();
std::string request_csv_row(const measure::request_record&, const load_start&);

/// Instant of an offset in ms from the start of the load, in UTC to the millisecond; empty if one of them is not known.
std::string utc_of(const load_start&, double ms);

} // namespace loadsim::report
