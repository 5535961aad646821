#include <loadsim/report/archive.hpp>

#include "archive_lines.hpp"
#include "figures.hpp"
#include "file_names.hpp"

#include <loadsim/report/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <unordered_set>
#include <utility>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;
using names = std::unordered_set<std::string>;

/// No line of ours is longer; a file that was damaged may have no lines at all.
constexpr std::size_t line_at_most = 4U << 20U;
/// What earlier versions wrote in place of requests.jsonl: the unexpected ones.
constexpr auto failures_name = "failures.jsonl";

/// Lines of a file, and what is wrong with it.
class line_reader {
public:
    explicit line_reader(const fs::path& file) : in_(file, std::ios::binary) {}

    bool is_open() const { return in_.is_open(); }

    /// False: the end. A line that is too long is left out and counts as bad.
    bool next(std::string_view& line) {
        while (take_line()) {
            ++number_;
            if (line_.size() <= line_at_most) {
                line = line_;
                return true;
            }
            bad("longer than any line of ours");
        }
        return false;
    }

    /// The line that was read last, or one left out.
    void bad(const std::string& why) {
        if (bad_++ != 0) return;
        first_bad_ = number_;
        why_ = why;
    }

    /// A sentence; empty: nothing was wrong.
    std::string trouble(std::string_view name) const {
        if (in_.bad()) return fmt::format("{}: cannot be read beyond line {}", name, number_);
        if (bad_ == 0) return {};
        if (bad_ == 1 && first_bad_ == number_ && !ended_)
            return fmt::format("{}: the last line is cut off: the run was killed, or is still going", name);
        if (bad_ == 1) return fmt::format("{}: line {} is left out ({})", name, first_bad_, why_);
        return fmt::format("{}: {} lines are left out, the first is line {} ({})", name, human_count(bad_), first_bad_,
                           why_);
    }

private:
    /// Piece by piece; of a line that is too long no more is kept than shows it.
    bool take_line() {
        line_.clear();
        for (bool any = false;; any = true) {
            in_.getline(piece_.data(), static_cast<std::streamsize>(piece_.size()));
            const auto taken = static_cast<std::size_t>(in_.gcount());
            if (in_.bad()) return false;
            const bool at_end = in_.eof();
            if (at_end && taken == 0 && !any) return false;
            const bool full = in_.fail() && !at_end;
            const auto letters = taken - (at_end || full ? 0 : 1); // less the newline
            if (line_.size() <= line_at_most) line_.append(piece_.data(), letters);
            ended_ = !at_end;
            if (!full) return true;
            in_.clear();
        }
    }

    std::ifstream in_;
    std::array<char, 65'536> piece_{};
    std::string line_;
    std::uint64_t number_ = 0, bad_ = 0, first_bad_ = 0;
    bool ended_ = true; ///< with a newline
    std::string why_;
};

/// A missing instant comes last.
double order_of(double ms) { return std::isnan(ms) ? std::numeric_limits<double>::infinity() : ms; }

class reading {
public:
    reading(fs::path folder, const archive_filter& filter) : folder_(std::move(folder)), filter_(filter) {}

    archive all(std::string_view version) {
        read_words(version);
        count_anomalies();
        read_requests();
        keep_anomalies();
        keep_sessions();
        std::ranges::stable_sort(found_.requests, {}, [](const auto& r) { return order_of(r.due_ms); });
        std::ranges::stable_sort(found_.anomalies, {}, [](const auto& a) { return order_of(a.at_ms); });
        std::ranges::stable_sort(found_.sessions, {}, [](const auto& s) { return order_of(s.at_ms); });
        return std::move(found_);
    }

private:
    void remark(std::string text) { found_.remarks.push_back(std::move(text)); }

    /// `words`: what a small file says; nothing when it is missing or cannot be read, which is remarked upon.
    std::optional<run_words> words_of(const char* name, std::string_view when_missing) {
        line_reader file(folder_ / name);
        if (!file.is_open()) {
            remark(fmt::format("{} is missing: {}", name, when_missing));
            return std::nullopt;
        }
        std::string text;
        for (std::string_view line; text.size() < 4 * line_at_most && file.next(line);) text += line;
        auto words = read_run_words(text);
        if (words) return *words;
        remark(fmt::format("{} cannot be read ({})", name, words.error().list.front().text));
        return std::nullopt;
    }

    void read_words(std::string_view version) {
        if (const auto run = words_of(run_name, "an earlier loadsim wrote this folder, or not all of it is here")) {
            found_.scenario = run->scenario;
            found_.version = run->version;
            found_.how = run->how;
            if (run->schema != run_schema)
                remark(fmt::format("{} has the schema '{}', and this is for {}: what is not known here is left out",
                                   run_name, run->schema, run_schema));
            if (run->version != version)
                remark(fmt::format("loadsim {} wrote this folder, and this is {}: what is not known here is left out",
                                   run->version.empty() ? "of an unknown version" : run->version, version));
        }
        if (const auto end = words_of(summary_name, "the run was killed, or is still going")) {
            found_.not_recorded = end->not_recorded;
            if (found_.scenario.empty()) found_.scenario = end->scenario;
        }
    }

    /// Each record of a file that can be read. Whoever reads a file again need not remark upon it again.
    template <class Record, class Take>
    void each(const char* name, result<Record> (*read)(std::string_view), bool first_time, Take&& take) {
        line_reader file(folder_ / name);
        if (!file.is_open()) {
            if (first_time) remark(fmt::format("{} cannot be read ({})", name, std::strerror(errno)));
            return;
        }
        for (std::string_view line; file.next(line);) {
            if (auto record = read(line))
                take(std::move(*record));
            else
                file.bad(record.error().list.front().text);
        }
        if (const auto trouble = file.trouble(name); first_time && !trouble.empty()) remark(trouble);
    }

    void count_anomalies() {
        each(anomalies_name, read_anomaly, true, [this](measure::anomaly_record a) {
            ++(a.provoked ? found_.provoked_by_kind : found_.anomalies_by_kind)[static_cast<std::size_t>(a.what)];
            (a.provoked ? provoked_ : anomalous_).insert(std::move(a.request));
        });
        anomalous_.erase("");
    }

    void read_requests() {
        const bool earlier = !exists(folder_ / requests_name) && exists(folder_ / failures_name);
        if (earlier) remark(fmt::format("{} is read in place of {}", failures_name, requests_name));
        each(earlier ? failures_name : requests_name, read_request, true, [this](measure::request_record r) {
            ++found_.written;
            if (r.unexpected) ++found_.unexpected;
            const bool remarkable = r.unexpected || anomalous(r);
            if (!remarkable) ++found_.unremarkable;
            if ((filter_.unexpected && !remarkable) || (filter_.request && r.request != *filter_.request) ||
                (filter_.vin && r.vin != *filter_.vin))
                return;
            if (++found_.wanted > filter_.limit) return;
            requests_.insert(r.request);
            vehicles_.insert(r.vin);
            found_.requests.push_back(std::move(r));
        });
        requests_.erase("");
        vehicles_.erase("");
        if (filter_.vin) vehicles_.insert(*filter_.vin);
    }

    /// With an anomaly that nobody meant. Not every one of a request's own need be in anomalies.jsonl.
    bool anomalous(const measure::request_record& r) const {
        return anomalous_.contains(r.request) || (!r.anomalies.empty() && !provoked_.contains(r.request));
    }

    bool everything() const { return !filter_.request && !filter_.vin && !filter_.unexpected; }

    void keep_anomalies() {
        std::size_t others = 0;
        each(anomalies_name, read_anomaly, false, [&](measure::anomaly_record a) {
            const bool of_these = requests_.contains(a.request) || vehicles_.contains(a.vin) || everything();
            if (of_these || (filter_.unexpected && !a.provoked && others++ < filter_.limit))
                found_.anomalies.push_back(std::move(a));
        });
    }

    void keep_sessions() {
        each(sessions_name, read_session, true, [this](measure::session_record s) {
            if (vehicles_.contains(s.vin) || everything()) found_.sessions.push_back(std::move(s));
        });
    }

    fs::path folder_;
    const archive_filter& filter_;
    archive found_;
    names requests_, vehicles_;  ///< that are kept
    names anomalous_, provoked_; ///< requests with an anomaly
};

} // namespace

result<archive> read_archive(const fs::path& folder, const archive_filter& filter, std::string_view version) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return problems{folder.string(), "is no folder; name the report folder of a run, such as reports/NAME-TIME"};
    const auto ours = {run_name, requests_name, anomalies_name, sessions_name, summary_name, failures_name};
    if (std::ranges::none_of(ours, [&](const char* name) { return exists(folder / name, error); }))
        return problems{
            folder.string(),
            "has nothing that a run has written; name the report folder of a run, such as reports/NAME-TIME"};
    return reading(folder, filter).all(version);
}

} // namespace loadsim::report
