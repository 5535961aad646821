#include <loadsim/cluster/spool.hpp>

#include "message_codec.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <utility>

namespace loadsim::cluster {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folder_prefix = "rank-";
constexpr const char* file_name = "snapshots.jsonl";

/// Writes the whole text. Returns 0 or errno.
int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return errno;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

struct read_result {
    bool truncated = false;
    std::string error;
};

/// Calls `on_entry` for each entry up to the end or the first damaged line.
read_result each_entry(const fs::path& file, const std::function<void(spool_entry)>& on_entry) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return {false, fmt::format("cannot be opened ({})", std::strerror(errno))};
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        auto entry = decode_spool_entry(line);
        if (!entry) {
            if (in.eof()) return {true, {}}; // no newline: the writer died while writing
            return {false, fmt::format("line {} is damaged: {}", number, to_string(entry.error()))};
        }
        on_entry(std::move(*entry));
    }
    if (in.bad()) return {false, "cannot be read to its end"};
    return {};
}

std::optional<std::uint32_t> rank_from_folder(const fs::path& folder) {
    const std::string name = folder.filename().string();
    if (!name.starts_with(folder_prefix)) return std::nullopt;
    const std::string_view digits = std::string_view(name).substr(folder_prefix.size());
    std::uint32_t rank = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return rank;
}

spool_totals sum_entries(std::uint32_t rank, const fs::path& file) {
    spool_totals all;
    all.rank = rank;
    auto [truncated, error] = each_entry(file, [&](spool_entry entry) {
        auto& [since_start, status] = entry;
        auto& [snapshot, commands_executed, complete_intervals, interrupted, terminated, leaving] = status;
        static_cast<void>(leaving);
        all.sessions_peak = std::max(all.sessions_peak, snapshot.sessions_online);
        all.rss_peak = std::max(all.rss_peak, snapshot.rss_bytes);
        auto sum = std::move(all.sum.counts);
        sum.add(snapshot.counts);
        sum.move_records_from(std::move(snapshot.counts));
        all.sum = std::move(snapshot); // latest state
        all.sum.counts = std::move(sum);
        all.since_start = since_start;
        all.commands_executed = commands_executed;
        all.interrupted = interrupted;
        all.terminated = terminated;
    });
    all.truncated = truncated;
    if (!error.empty()) all.error = fmt::format("{}: {}", file.string(), error);
    return all;
}

} // namespace

fs::path spool_folder(const fs::path& run_folder, std::uint32_t rank) {
    return run_folder / fmt::format("{}{:04}", folder_prefix, rank);
}

spool_writer::spool_writer(const fs::path& folder) : file_(folder / file_name) {
    std::error_code error;
    fs::create_directories(folder, error);
    // open() reports a folder that could not be created.
    descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail("cannot be written", errno);
}

spool_writer::~spool_writer() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void spool_writer::remove() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    std::error_code ignored; // a remaining file holds nothing beyond the report
    fs::remove(file_, ignored);
}

void spool_writer::write(const status_report& status, nanoseconds since_start) {
    if (descriptor_ < 0) return;
    const auto line = encode(spool_entry{since_start, status}) + '\n';
    if (const int error = write_all(descriptor_, line); error != 0) {
        // If this fails too, the last line stays incomplete, which readers accept.
        [[maybe_unused]] const int shortened = ::ftruncate(descriptor_, length_);
        ::close(std::exchange(descriptor_, -1));
        return fail("cannot be written", error);
    }
    length_ += static_cast<std::int64_t>(line.size());
}

void spool_writer::fail(std::string_view what, int error) {
    error_ = fmt::format("{}: {} ({}); what this rank sees from here on is lost should the run break off",
                         file_.string(), what, std::strerror(error));
}

result<spool> read_spool(const fs::path& file) {
    spool read;
    auto [truncated, error] = each_entry(file, [&](spool_entry entry) { read.entries.push_back(std::move(entry)); });
    if (!error.empty()) return problems{file.string(), std::move(error)};
    read.truncated = truncated;
    return read;
}

std::vector<spool_totals> read_spools(const fs::path& run_folder) {
    std::vector<spool_totals> all;
    std::error_code error;
    for (fs::directory_iterator entry(run_folder, error), end; !error && entry != end; entry.increment(error))
        if (const auto rank = rank_from_folder(entry->path()))
            all.push_back(sum_entries(*rank, entry->path() / file_name));
    std::ranges::sort(all, {}, &spool_totals::rank);
    return all;
}

} // namespace loadsim::cluster
