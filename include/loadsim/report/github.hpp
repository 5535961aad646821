// Output for GitHub Actions: annotations, and the summary of a job's step.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// A budget in a file of the scenario.
struct budget_line {
    std::string expression; ///< as in verdict::budget_result
    std::string file;       ///< relative to the checkout, or absolute; empty: unknown
    int line = 0;
};

/// Workflow commands, one a line: `error` for each missed budget, `warning` for each without data. Of an invalid run a single
/// `warning`, with the first reason: its budgets judge nothing. Empty: nothing to say.
std::string github_annotations(const verdict::evaluation&, const std::vector<budget_line>&);

/// Path of a file for annotations: relative to the checkout, GITHUB_WORKSPACE, if it is inside; else the absolute one. Lexical.
std::string path_in_checkout(const std::filesystem::path& file, const std::filesystem::path& working_folder,
                             const std::filesystem::path& checkout);

/// Largest summary of a step that GitHub shows, in bytes.
inline constexpr std::size_t step_summary_limit = std::size_t{1} << 20;
/// The text, cut after a line so that it fits in what is left beside `existing` bytes; the last line then says so. Empty: no room for it.
std::string fit_step_summary(std::string_view markdown, std::uintmax_t existing);
/// Appends Markdown to the file that GITHUB_STEP_SUMMARY names. A sentence if that failed; empty: done.
std::string append_step_summary(const std::filesystem::path&, std::string_view markdown);

} // namespace loadsim::report
