#include <loadsim/cluster/spool.hpp>

#include "letter_json.hpp"

#include <boost/json.hpp>
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
namespace json = boost::json;

constexpr std::string_view folder_prefix = "rank-";
constexpr const char* file_name = "snapshots.jsonl";

/// All of it, or the error's number.
int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return errno;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

result<spool_entry> entry_of(std::string_view line) {
    auto members = parse_object(line);
    if (!members) return members.error();
    const auto* instant = members->if_contains("since_start_ns");
    if (instant == nullptr || !instant->is_int64()) return problems{"", "lacks 'since_start_ns'"};
    spool_entry entry;
    entry.since_start = nanoseconds{instant->get_int64()};
    members->erase("since_start_ns");
    auto letter = from_json(*members);
    if (!letter) return letter.error();
    if (!std::holds_alternative<report>(*letter)) return problems{"", "is no report"};
    entry.said = std::get<report>(std::move(*letter));
    return entry;
}

struct ending {
    bool cut = false;
    std::string trouble;
};

/// Hands over each report up to the end, or to what cannot be read.
ending each_entry(const fs::path& file, const std::function<void(spool_entry)>& take) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return {false, fmt::format("cannot be opened ({})", std::strerror(errno))};
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        auto entry = entry_of(line);
        if (!entry) {
            if (in.eof()) return {true, {}}; // no newline after it: the writer died in the middle
            return {false, fmt::format("line {} is damaged: {}", number, to_string(entry.error()))};
        }
        take(std::move(*entry));
    }
    if (in.bad()) return {false, "cannot be read to its end"};
    return {};
}

std::optional<std::uint32_t> rank_of(const fs::path& folder) {
    const std::string name = folder.filename().string();
    if (!name.starts_with(folder_prefix)) return std::nullopt;
    const std::string_view digits = std::string_view(name).substr(folder_prefix.size());
    std::uint32_t rank = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return rank;
}

spooled added_up(std::uint32_t rank, const fs::path& file) {
    spooled all;
    all.rank = rank;
    auto [cut, trouble] = each_entry(file, [&](spool_entry entry) {
        auto& [since_start, said] = entry;
        auto& [seen, orders_followed, interrupted, terminated, not_the_goodbye] = said;
        static_cast<void>(not_the_goodbye);
        auto sum = std::move(all.sum.seen);
        sum.add(seen.seen);
        sum.tell(std::move(seen.seen));
        all.sum = std::move(seen); // how it stood
        all.sum.seen = std::move(sum);
        all.since_start = since_start;
        all.orders_followed = orders_followed;
        all.interrupted = interrupted;
        all.terminated = terminated;
    });
    all.cut = cut;
    if (!trouble.empty()) all.trouble = fmt::format("{}: {}", file.string(), trouble);
    return all;
}

} // namespace

fs::path spool_folder(const fs::path& run_folder, std::uint32_t rank) {
    return run_folder / fmt::format("{}{:04}", folder_prefix, rank);
}

spool_writer::spool_writer(const fs::path& folder) : file_(folder / file_name) {
    std::error_code error;
    fs::create_directories(folder, error);
    // A folder that could not be made shows in the next line.
    descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail("cannot be written", errno);
}

spool_writer::~spool_writer() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void spool_writer::remove() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    std::error_code ignored; // then it stays, and says nothing that the report does not
    fs::remove(file_, ignored);
}

void spool_writer::write(const report& said, nanoseconds since_start) {
    if (descriptor_ < 0) return;
    // The instant in front of the letter's only member.
    const auto line =
        fmt::format("{{\"since_start_ns\":{},{}\n", since_start.count(), std::string_view(encode(said)).substr(1));
    if (const int error = write_all(descriptor_, line); error != 0) {
        // Should that fail too, the last line is cut off, and readers know what to do.
        [[maybe_unused]] const int shortened = ::ftruncate(descriptor_, length_);
        ::close(std::exchange(descriptor_, -1));
        return fail("cannot be written", error);
    }
    length_ += static_cast<std::int64_t>(line.size());
}

void spool_writer::fail(std::string_view what, int error) {
    trouble_ = fmt::format("{}: {} ({}); what this rank sees from here on is lost should the run break off",
                           file_.string(), what, std::strerror(error));
}

result<spool> read_spool(const fs::path& file) {
    spool read;
    auto [cut, trouble] = each_entry(file, [&](spool_entry entry) { read.entries.push_back(std::move(entry)); });
    if (!trouble.empty()) return problems{file.string(), std::move(trouble)};
    read.cut = cut;
    return read;
}

std::vector<spooled> read_spools(const fs::path& run_folder) {
    std::vector<spooled> all;
    std::error_code error;
    for (fs::directory_iterator entry(run_folder, error), end; !error && entry != end; entry.increment(error))
        if (const auto rank = rank_of(entry->path())) all.push_back(added_up(*rank, entry->path() / file_name));
    std::ranges::sort(all, {}, &spooled::rank);
    return all;
}

} // namespace loadsim::cluster
