// A run's folder, read again: for those who want to know how it came to something.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/run_facts.hpp>

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

/// Which requests are wanted; what is empty does not narrow it down.
struct archive_filter {
    std::optional<std::string> request; ///< the platform's id
    std::optional<std::string> vin;
    bool unexpected = false; ///< only those, and those with an anomaly that nobody meant
    std::size_t limit =
        std::numeric_limits<std::size_t>::max(); ///< how many are kept at most, in the order of the file
};

/// What a folder has of them.
struct archive {
    std::string scenario; ///< name
    std::string version;  ///< of the program that wrote it; empty: it does not say
    measure::mode how = measure::mode::run;
    std::vector<measure::request_record> requests; ///< in order of their due times
    std::vector<measure::anomaly_record>
        anomalies; ///< of these requests and vehicles; and with `unexpected` some others
    std::vector<measure::session_record> sessions; ///< of their vehicles
    std::vector<std::string>
        remarks; ///< sentences: files that are missing or cut off, lines that cannot be read, another version

    // Of the whole folder, as far as it can be read, whatever the filter.
    std::uint64_t written = 0;    ///< requests
    std::uint64_t unexpected = 0; ///< of them
    std::uint64_t unremarkable =
        0;                    ///< of them: neither unexpected nor with an anomaly; not 0 only when all were recorded
    std::uint64_t wanted = 0; ///< of them: those that fit the filter; `requests` has the first `limit`
    std::array<std::uint64_t, anomaly_count> anomalies_by_kind{}; ///< but for those on purpose
    std::array<std::uint64_t, anomaly_count> provoked_by_kind{};
    std::uint64_t not_recorded = 0; ///< anomalies and session events that were counted, and not written down
};

/// Reads as far as it goes, and says in `remarks` where that was not to the end. Files are read line by line, and only what the
/// filter wants is kept, whatever their size. `version`: of this program. Errors: no folder, or nothing in it that a run has
/// written.
result<archive> read_archive(const std::filesystem::path& folder, const archive_filter&, std::string_view version);

/// What was wrong in a run, and the commands that tell more of it. Wants an archive of what was unexpected.
std::string overview(const archive&, const std::filesystem::path& folder);

/// Whether requests came to the same end when they were done again.
struct repetition {
    bool came_again = true; ///< the outcome of each of them; anomalies are told, and do not decide
    std::string text;       ///< a line for each, and one about its anomalies where they differ
};
/// By arrival; what is in `now` only is not looked at.
repetition compare(const std::vector<measure::request_record>& then, const std::vector<measure::request_record>& now);

/// A request's timeline, as a person reads it: instants, hops, messages in and out, what happened to the session around it.
/// What came from outside is made harmless for a terminal.
std::string explain(const archive&, const measure::request_record&);

} // namespace loadsim::report
