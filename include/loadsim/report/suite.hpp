// Report of a suite: runs of several scenarios, as a table, as JUnit test suites and as a page.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/junit.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// End of a run as in the summary.json of its report folder.
struct run_end {
    struct budget {
        std::string expression;
        std::string verdict;    ///< "pass", "fail" ...
        std::string severity{}; ///< "warn": it does not decide
    };
    std::string verdict; ///< "pass", "fail", "no data" or "invalid"
    measure::run_result::end_reason end_reason{};
    std::vector<std::string> reasons{}; ///< the decisive one first
    std::vector<run_end::budget> budgets{};
};
/// nullopt: the folder has no summary.json, or one that cannot be read: the run was not evaluated.
std::optional<run_end> read_run_end(const std::filesystem::path& folder);
/// Of the text of a summary.json.
std::optional<run_end> parse_run_end(std::string_view summary);

/// Folder of the n-th repetition of a run, from 1: that of the run with "-retry-N".
std::filesystem::path retry_folder(const std::filesystem::path& run, unsigned repetition);

/// A scenario of a suite, and how its run has ended.
struct suite_run {
    std::string name;                         ///< of its folder; of a file that is no valid scenario: the file
    std::string file{};                       ///< of the scenario
    std::filesystem::path folder{};           ///< report, relative to that of the suite; empty: none
    unsigned retries = 0;                     ///< repetitions; the last one has decided
    std::optional<verdict::exit_code> code{}; ///< nullopt: not run
    std::optional<run_end> end{};             ///< nullopt: without a verdict
    std::string error{};                      ///< why there is no verdict, one or more lines; empty: there is one
    std::chrono::system_clock::time_point started{};
    double seconds = 0;
};

/// A folder for each scenario, below that of the suite: its name, or "name-2" ... if an earlier one has the same.
std::vector<std::string> suite_folder_names(const std::vector<std::string>& scenarios);

/// "pass", "fail", "no data", "invalid"; "error": the run had no verdict; "not run".
std::string suite_verdict(const suite_run&);
/// Sentence that decided; empty: a pass without a note.
std::string suite_reason(const suite_run&);

/// The worst exit code; pass without runs.
verdict::exit_code suite_code(const std::vector<suite_run>&);

/// "pass, 1m12s", and the sentence that decided.
std::string suite_line(const suite_run&);
/// "3 scenarios: 2 pass, 1 fail", in the order of the first of each.
std::string suite_counts(const std::vector<suite_run>&);
/// Table of all runs, and their number by verdict.
std::string suite_table(const std::vector<suite_run>&);

/// A test suite for each run, with a case for each budget and one for the run itself. Missed: failure. No data, or no verdict: error.
/// Invalid and not run: skipped.
std::vector<junit_suite> suite_junit(const std::vector<suite_run>&);

inline constexpr const char* suite_page_file_name = "index.html";

/// The table with links to the folders. One file without scripts, for light and dark screens.
std::string suite_page(const std::vector<suite_run>&, std::chrono::system_clock::time_point started);
/// True: of any version.
bool is_suite_page(std::string_view);

} // namespace loadsim::report
