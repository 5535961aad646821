// A rank's own record of what it has seen: when a rank dies, the launcher ends all of them, and this is what is left.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/cluster/letters.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::cluster {

/// Where a rank spools: run_folder/rank-0003. Its file there is snapshots.jsonl.
std::filesystem::path spool_folder(const std::filesystem::path& run_folder, std::uint32_t rank);

/// Appends a line for each report, in the kernel's hands when write() returns: a process killed a moment later has left it.
///
/// Errors:  the first write that fails is kept in trouble(), the file is cut back to its last whole line, and nothing more is
///          written: a spool with a gap would add up to something that never was. Never throws for it.
/// Threads: one.
class spool_writer {
public:
    /// Makes the folder where it is missing, and an empty snapshots.jsonl in it.
    explicit spool_writer(const std::filesystem::path& folder);
    ~spool_writer();
    spool_writer(const spool_writer&) = delete;
    spool_writer& operator=(const spool_writer&) = delete;

    void write(const report&, nanoseconds since_start);
    /// Takes the file away, once a report has all that is in it. Nothing can be written after that.
    void remove();
    /// One sentence; empty while all that was written is on file.
    const std::string& trouble() const noexcept { return trouble_; }

private:
    void fail(std::string_view what, int error);

    std::filesystem::path file_;
    int descriptor_ = -1;
    std::int64_t length_ = 0; ///< of the whole lines
    std::string trouble_;
};

/// One line of a spool.
struct spool_entry {
    nanoseconds since_start{0};
    report said;
};

struct spool {
    std::vector<spool_entry> entries;
    bool cut = false; ///< the last line was cut off, and left out
};

/// Errors: the file cannot be read; a line before the last one that is no report.
result<spool> read_spool(const std::filesystem::path& file);

/// A rank's spool added up.
struct spooled {
    std::uint32_t rank = 0;
    measure::snapshot sum;      ///< `seen` of all lines together, what is told too; everything else as the last line has it
    nanoseconds since_start{0}; ///< of the last line
    std::uint32_t orders_followed = 0;
    bool interrupted = false;
    bool terminated = false;
    bool cut = false;
    std::string trouble; ///< why the spool could not be read, or not to its end; empty: it could
};

/// Those of all ranks that have a folder in the run's, by rank. A spool that is damaged counts up to there.
std::vector<spooled> read_spools(const std::filesystem::path& run_folder);

} // namespace loadsim::cluster
