#include "run_retries.hpp"

#include "command_line.hpp"

#include <loadsim/base/signals.hpp>
#include <loadsim/base/stop_decision.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/run_folder.hpp>
#include <loadsim/report/suite.hpp>
#include <loadsim/verdict/several_runs.hpp>

#include <fmt/format.h>

#include <csignal>
#include <system_error>

namespace loadsim::app {
namespace {

/// Removes the reports of earlier retries, which this run may not need. Errors: what cannot be removed.
problems remove_old_retries(const std::filesystem::path& first, std::uint32_t retries) {
    problems errors;
    for (std::uint32_t i = 1; i <= retries; ++i) {
        const auto folder = report::retry_folder(first, i);
        errors.add(report::remove_old_report(folder));
        std::error_code ignored; // the retry uses a folder that is empty
        std::filesystem::remove(folder, ignored);
    }
    return errors;
}

} // namespace

problems check_retry_folders(const std::filesystem::path& first, const run_options& options) {
    problems found;
    for (std::uint32_t i = 1; i <= options.retry_invalid; ++i) {
        const auto folder = report::retry_folder(first, i);
        std::error_code unknown; // taking the folder reports it
        if (const auto lock = report::folder_lock::take(folder, "--report"); !lock)
            found.add(lock.error());
        else if (options.overwrite)
            found.add(report::check_old_report(folder));
        else if (std::filesystem::exists(std::filesystem::symlink_status(folder, unknown)))
            found.add(folder.string(),
                      "exists, and --retry-invalid may need it; remove it, or name another folder with --report");
    }
    return found;
}

exit_code run_with_retries(const std::filesystem::path& first, const run_options& options,
                           const std::function<run_attempt(const std::filesystem::path&)>& run_in) {
    if (const auto in_the_way = check_retry_folders(first, options); !in_the_way.empty()) {
        print_problems(in_the_way);
        return exit_code::setup;
    }
    if (options.overwrite)
        if (const auto errors = remove_old_retries(first, options.retry_invalid); !errors.empty()) {
            print_problems(errors);
            return exit_code::setup;
        }
    auto last = run_in(first);
    for (std::uint32_t i = 1; i <= options.retry_invalid && verdict::may_be_repeated(last.code, last.ended); ++i) {
        if (const int number = take_late_signal(); number != 0)
            return static_cast<exit_code>(
                stop_exit_code(number == SIGINT ? stop_signal::interrupt : stop_signal::terminate));
        const auto folder = make_report_folder(report::retry_folder(first, i).string(), "", options.overwrite);
        if (!folder) return folder.error();
        print_problems({"", fmt::format("the run is invalid because of the generator: retry {} of {}, report in {}", i,
                                        options.retry_invalid, folder->path.string())});
        last = run_in(folder->path);
    }
    return last.code;
}

} // namespace loadsim::app
