// A comparison of runs for people and for programs.
#pragma once

#include <loadsim/report/stored_run.hpp>
#include <loadsim/verdict/comparison.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// Heading and notes of a printed comparison.
struct comparison_heading {
    std::vector<stored_run> before;
    std::vector<stored_run> after;
    std::vector<std::string> notes; ///< sentences: other versions or seeds, what differs with --unlike, damaged files
};

/// Differences of the load between the first run and each other one, with the run's path; empty: all are comparable.
problems load_problems(const comparison_heading&);
/// Sentences for the reader of a comparison besides its rows: other versions, seeds and modes, invalid runs, and the cost of both sides.
std::vector<std::string> comparison_notes(const comparison_heading&);

/// Verdict of the whole: "worse", "better", "no change", or "nothing to compare" when no row could be told or an allowance has no data.
std::string_view overall_verdict(const verdict::run_comparison&);
/// 0, 99 with something worse, 5 with nothing to compare.
verdict::exit_code exit_code_of(const verdict::run_comparison&);

/// Two lines for the summary of a run: the verdict with what has changed, and the row with the largest change.
std::string comparison_summary(const verdict::run_comparison&, std::string_view baseline);

/// Rows of all requests, and those by service and phase that are better, worse or have an allowance; with `all_rows` every one.
std::string comparison_text(const verdict::run_comparison&, const comparison_heading&, bool all_rows);
/// The same as GitHub-flavoured Markdown.
std::string comparison_markdown(const verdict::run_comparison&, const comparison_heading&, bool all_rows);
/// All rows as a JSON document (schema loadsim.comparison/1).
std::string comparison_json(const verdict::run_comparison&, const comparison_heading&);

} // namespace loadsim::report
