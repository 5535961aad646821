#include "ended_run.hpp"

#include <loadsim/report/report_folder.hpp>
#include <loadsim/verdict/several_runs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

namespace loadsim::app {
namespace {

run_messages messages_of(const std::string& printed, const std::optional<report::run_end>& end) {
    constexpr std::string_view prefix = "loadsim: ";
    run_messages made;
    std::istringstream lines(printed);
    for (std::string line; std::getline(lines, line);) {
        const bool is_error = line.starts_with(prefix);
        if (is_error) line.erase(0, prefix.size());
        if (end && std::ranges::count(end->reasons, line) != 0) continue;
        (is_error ? made.errors : made.warnings) += line + '\n';
    }
    return made;
}

} // namespace

run_messages take_result(const run_processes::ended_process& process, const std::filesystem::path& suite_folder,
                         std::uint32_t max_retries, report::suite_run& run) {
    run.code = verdict::run_code_of(process.exit_code);
    const auto first = suite_folder / run.name;
    auto folder = first;
    std::error_code unreadable;
    for (std::uint32_t i = 1; i <= max_retries && std::filesystem::exists(report::retry_folder(first, i), unreadable);
         ++i) {
        folder = report::retry_folder(first, i);
        run.retries = i;
    }
    if (std::filesystem::exists(folder, unreadable)) run.folder = folder.filename();
    run.end = report::read_run_end(folder);
    auto messages = messages_of(process.errors, run.end);
    if (report::suite_verdict(run) == "error")
        run.error = !messages.errors.empty()
                        ? messages.errors
                        : fmt::format("the run ended with exit code {} and without a verdict", process.exit_code);
    return messages;
}

} // namespace loadsim::app
