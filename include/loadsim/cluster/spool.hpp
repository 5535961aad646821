// On-disk journal of a rank's status reports: if a rank dies, the launcher terminates all, and the results come from here.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/cluster/rank_messages.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::cluster {

/// Spool folder of a rank: run_folder/rank-0003. The file in it is snapshots.jsonl.
std::filesystem::path spool_folder(const std::filesystem::path& run_folder, std::uint32_t rank);

/// Appends one line per status report. write() returns after the kernel has the data, so a line is kept if the
/// process is killed.
///
/// Errors:  the first failed write sets error(), truncates the file to its last complete line and stops further writing: a
///          spool with a gap would give wrong totals. Does not throw.
/// Threads: one.
class spool_writer {
public:
    /// Creates the folder if missing, and an empty snapshots.jsonl in it.
    explicit spool_writer(const std::filesystem::path& folder);
    ~spool_writer();
    spool_writer(const spool_writer&) = delete;
    spool_writer& operator=(const spool_writer&) = delete;

    void write(const status_report&, nanoseconds since_start);
    /// Deletes the file; call after the report has been written. Later writes are ignored.
    void remove();
    /// Error sentence; empty: everything has been written.
    const std::string& error() const noexcept { return error_; }

private:
    void fail(std::string_view what, int error);

    std::filesystem::path file_;
    int descriptor_ = -1;
    std::int64_t length_ = 0; ///< bytes of complete lines
    std::string error_;
};

/// Line of a spool.
struct spool_entry {
    nanoseconds since_start{0};
    status_report status;
};
BOOST_DESCRIBE_STRUCT(spool_entry, (), (since_start, status))

struct spool {
    std::vector<spool_entry> entries;
    bool truncated = false; ///< the last line was incomplete and is not in entries
};

/// Errors: the file cannot be read; a line before the last one is not a status report.
result<spool> read_spool(const std::filesystem::path& file);

/// Totals of a rank's spool.
struct spool_totals {
    std::uint32_t rank = 0;
    measure::snapshot sum; ///< totals and records summed over all lines; other fields from the last line
    std::uint32_t sessions_peak = 0;
    std::uint64_t rss_peak = 0;
    nanoseconds since_start{0}; ///< of the last line
    std::uint32_t commands_executed = 0;
    bool interrupted = false;
    bool terminated = false;
    bool truncated = false;
    std::string error; ///< reason for which the spool was not read completely; empty: no error
};

/// Totals of all ranks with a spool folder, ordered by rank. A damaged spool counts up to the damage.
std::vector<spool_totals> read_spools(const std::filesystem::path& run_folder);

} // namespace loadsim::cluster
