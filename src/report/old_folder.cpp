// Folders of earlier runs: replacement by a new run, and the link to the newest one.
#include "records.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/report/junit.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/run_folder.hpp>
#include <loadsim/report/suite.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace loadsim::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t run_file_size_limit = std::size_t{1} << 20;

/// Folders that a run makes in its own: of ranks, of repeated replays, and the broker's of a run that was killed.
bool is_folder_of_report(std::string_view name) {
    constexpr std::array<std::string_view, 3> prefixes{"rank-", "repetition-", "mosquitto.private"};
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool has_run_file_of_loadsim(const fs::path& folder) {
    std::error_code error;
    const auto file = folder / run_file_name;
    if (!fs::is_regular_file(fs::symlink_status(file, error))) return false;
    const auto text = read_file(file.string(), run_file_size_limit);
    const auto run = text ? parse_run_metadata(*text) : result<run_metadata>(text.error());
    constexpr std::string_view schema_of_all_versions = "loadsim.run/";
    return run && run->schema.starts_with(schema_of_all_versions);
}

bool is_page_of_suite(const fs::path& file) {
    constexpr std::size_t page_size_limit = std::size_t{16} << 20;
    const auto page = read_file(file.string(), page_size_limit);
    return page && is_suite_page(*page);
}

bool is_within_folder(const fs::path& inner, const fs::path& folder) {
    const auto [end_of_folder, rest] = std::mismatch(folder.begin(), folder.end(), inner.begin(), inner.end());
    return end_of_folder == folder.end();
}

/// Why the folder must not be emptied, part of a sentence; empty: it is a report and nothing else.
std::string reason_to_keep(const fs::path& folder, std::string_view flag) {
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(folder, error)))
        return "is a symbolic link, which --overwrite does not follow; name the folder itself";
    if (!has_run_file_of_loadsim(folder))
        return fmt::format(
            "has no run.json of loadsim, and --overwrite replaces reports only; name another folder with {}", flag);
    const auto working_folder = fs::current_path(error);
    if (is_within_folder(working_folder, fs::canonical(folder, error)) || error)
        return "has the working folder inside, and cannot be replaced from there";
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (const auto name = entry.path().filename().string();
            fs::is_directory(entry.symlink_status(error)) && !is_folder_of_report(name))
            return fmt::format("holds the folder '{}', which is no part of a report; move it away, or name another "
                               "folder with {}",
                               name, flag);
    return error ? "cannot be read: " + error.message() : std::string{};
}

/// True: nothing, or an empty folder.
bool is_free(const fs::path& folder) {
    std::error_code error;
    const auto status = fs::symlink_status(folder, error);
    return !fs::exists(status) || (fs::is_directory(status) && fs::is_empty(folder, error));
}

} // namespace

problems check_old_report(const fs::path& path, std::string_view flag) {
    const auto folder = without_final_separator(path);
    auto reason = is_free(folder) ? std::string{} : reason_to_keep(folder, flag);
    return reason.empty() ? problems{} : problems{folder.string(), std::move(reason)};
}

problems remove_old_report(const fs::path& path) {
    if (auto kept = check_old_report(path); !kept.empty()) return kept;
    const auto folder = without_final_separator(path);
    if (is_free(folder)) return {};
    // run.json last: a folder that is not emptied completely is still known as a report.
    std::error_code error;
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().filename() != run_file_name) entries.push_back(entry.path());
    entries.push_back(folder / run_file_name);
    for (const auto& entry : entries) {
        if (!error) fs::remove_all(entry, error); // removes links, not what they point to
        if (error) return {entry.string(), "cannot be removed: " + error.message()};
    }
    return {};
}

problems remove_old_suite(const fs::path& path) {
    const auto folder = without_final_separator(path);
    if (is_free(folder)) return {};
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(folder, error)))
        return {folder.string(), "is a symbolic link, which --overwrite does not follow; name the folder itself"};
    std::vector<folder_lock> locks; // a run of a suite that was killed may go on
    std::vector<fs::path> reports, files;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const auto name = entry.path().filename();
        const bool is_folder = fs::is_directory(entry.symlink_status(error));
        if (is_folder) {
            auto lock = folder_lock::take(entry.path(), "--out");
            if (!lock) return lock.error();
            locks.push_back(std::move(*lock));
            if (auto kept = check_old_report(entry.path(), "--out"); !kept.empty()) return kept;
        } else if (name != junit_file_name && !(name == suite_page_file_name && is_page_of_suite(entry.path()))) {
            return {entry.path().string(), "is no part of a suite's report, which --overwrite replaces; move it away, "
                                           "or name another folder with --out"};
        }
        (is_folder ? reports : files).push_back(entry.path());
    }
    const bool has_page = std::ranges::count(files, folder / suite_page_file_name) != 0;
    if (!error && reports.empty() && !has_page) // a junit.xml alone may be of another program
        return {folder.string(),
                "holds no report of loadsim, which --overwrite replaces; name another folder with --out"};
    for (const auto& report : reports) {
        if (auto kept = remove_old_report(report); !kept.empty()) return kept;
        files.push_back(report);
    }
    for (const auto& file : files) {
        if (!error) fs::remove(file, error);
        if (error) return {file.string(), "cannot be removed: " + error.message()};
    }
    return error ? problems{folder.string(), "cannot be read: " + error.message()} : problems{};
}

problems link_latest(const fs::path& folder) {
    const auto link = folder.parent_path() / latest_link_name;
    const auto unfinished = folder.parent_path() / fmt::format(".{}.{}", latest_link_name, folder.filename().string());
    const auto failed = [&](const std::string& reason) {
        return problems{link.string(), fmt::format("does not point to this run: {}", reason)};
    };
    std::error_code error;
    const auto existing = fs::symlink_status(link, error);
    if (fs::exists(existing) && !fs::is_symlink(existing)) return failed("it is no symbolic link; move it away");
    fs::remove(unfinished, error); // of a process that was killed
    fs::create_symlink(folder.filename(), unfinished, error);
    if (!error) fs::rename(unfinished, link, error); // replaces the old one at once
    if (!error) return {};
    const auto reason = error.message();
    fs::remove(unfinished, error);
    return failed(reason);
}

} // namespace loadsim::report
