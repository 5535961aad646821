// Reader of report folders, and the texts made from them: request timeline, run overview, replay comparison.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/report_folder.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// Selection of requests; an empty field selects all.
struct request_filter {
    /// The platform's id or the trace id, or the beginning of one of them; whole ones go before beginnings.
    std::optional<std::string> request_id;
    std::optional<std::string> vin;
    bool unexpected = false; ///< only unexpected requests and those with an unexpected anomaly
    std::size_t limit =
        std::numeric_limits<std::size_t>::max(); ///< maximum number of requests kept: those that are due first
};

inline constexpr std::size_t max_ambiguous_ids = 5; ///< to name in a sentence

/// Contents of a report folder: selected records, counts of the whole folder, warnings.
struct report_contents {
    std::string scenario;                                           ///< name
    std::optional<std::chrono::system_clock::time_point> started{}; ///< to the second; nullopt: unknown
    load_start load_started{};
    std::string version; ///< of the program that wrote the folder; empty: unknown
    measure::run_mode mode = measure::run_mode::run;
    std::vector<measure::request_record> requests; ///< sorted by due time
    std::vector<measure::anomaly_record>
        anomalies; ///< of these requests and vehicles; with `unexpected` up to `limit` others too
    std::vector<measure::session_record> sessions; ///< of their vehicles
    std::vector<std::string>
        ambiguous_ids; ///< first ids of several that begin with the filter's, at most one above max_ambiguous_ids
    std::vector<std::string> warnings; ///< sentences: missing or truncated files, unreadable lines, different version

    // Counts of all readable records of the folder, independent of the filter.
    std::uint64_t recorded = 0;   ///< recorded requests
    std::uint64_t unexpected = 0; ///< of them
    std::uint64_t matching = 0;   ///< of them: match the filter; `requests` has the first `limit`
    std::array<std::uint64_t, anomaly_count> anomalies_by_kind{}; ///< unexpected ones
    std::array<std::uint64_t, anomaly_count> expected_anomalies_by_kind{};
    std::uint64_t omitted_records = 0; ///< anomalies and session events counted beyond the record limit
};

/// Errors: no folder, or no file of a run in it.
problems check_report_folder(const std::filesystem::path&);

/// Reads all readable lines of a report folder; `warnings` names what was skipped. Files are read line by line and only matching
/// records are kept, so memory does not depend on file size. `version`: of this program.
/// Errors: no folder, no file of a run in it, or files of another format (schema).
result<report_contents> read_report(const std::filesystem::path& folder, const request_filter&,
                                    std::string_view version);

/// One-page overview of unexpected requests and anomalies, with commands for details. Expects a report read with `unexpected`.
std::string run_overview(const report_contents&, const std::filesystem::path& folder);

/// The contents as a JSON document (schema loadsim.explain/1), with the hops of each request.
std::string explain_json(const report_contents&);

/// Comparison of replayed requests with the original ones.
struct replay_comparison {
    bool reproduced = true;         ///< same outcome and at least the original anomalies for each request
    std::vector<bool> by_request{}; ///< the same for each original request
    std::string text;               ///< a line per request, and a line about its anomalies if they differ
};
/// Matches by arrival number; requests that are only in the replay are ignored.
replay_comparison compare_replay(const std::vector<measure::request_record>& original,
                                 const std::vector<measure::request_record>& replayed);

/// Several replays of the same requests: how often each was reproduced, a line per request. Reproduced: each at least once.
replay_comparison combine_replays(const std::vector<measure::request_record>& original,
                                  const std::vector<replay_comparison>&);

/// Timeline of a request as text: instants, hops, messages in both directions, session events around it.
/// Control characters in external text are escaped for the terminal.
std::string explain(const report_contents&, const measure::request_record&);

} // namespace loadsim::report
