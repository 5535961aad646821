// Folders of earlier runs: replacement by a new run, and the link to the newest one.
#include "records.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/report/report_folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

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

bool is_within_folder(const fs::path& inner, const fs::path& folder) {
    const auto [end_of_folder, rest] = std::mismatch(folder.begin(), folder.end(), inner.begin(), inner.end());
    return end_of_folder == folder.end();
}

/// Why the folder must not be emptied, part of a sentence; empty: it is a report and nothing else.
std::string reason_to_keep(const fs::path& folder) {
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(folder, error)))
        return "is a symbolic link, which --overwrite does not follow; name the folder itself";
    if (!has_run_file_of_loadsim(folder))
        return "has no run.json of loadsim, and --overwrite replaces reports only; name another folder with --report";
    const auto working_folder = fs::current_path(error);
    if (is_within_folder(working_folder, fs::canonical(folder, error)) || error)
        return "has the working folder inside, and cannot be replaced from there";
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (const auto name = entry.path().filename().string();
            fs::is_directory(entry.symlink_status(error)) && !is_folder_of_report(name))
            return fmt::format("holds the folder '{}', which is no part of a report; move it away, or name another "
                               "folder with --report",
                               name);
    return error ? "cannot be read: " + error.message() : std::string{};
}

} // namespace

problems remove_old_report(const fs::path& path) {
    auto folder = path.lexically_normal();
    if (!folder.has_filename()) folder = folder.parent_path(); // with a final '/' a link would be followed
    std::error_code error;
    const auto status = fs::symlink_status(folder, error);
    if (!fs::exists(status) || (fs::is_directory(status) && fs::is_empty(folder, error))) return {};
    if (auto reason = reason_to_keep(folder); !reason.empty()) return {folder.string(), std::move(reason)};
    // run.json last: a folder that is not emptied completely is still known as a report.
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
