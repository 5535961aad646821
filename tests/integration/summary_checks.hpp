// Checks of summary.json, and of all files of a report against their schemas.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace harness {

class program;

/// Sum of the outcomes below this JSON pointer ("/requests/outcomes").
std::int64_t sum_of_outcomes(const boost::json::value& summary, std::string_view pointer);

/// Every due request has one outcome: in total, by phase and in the matrix; unexpected requests are off its diagonal.
void expect_consistent_sums(const boost::json::value& summary);

/// Files of a report folder against docs/schema/, as far as they are there: a run that was killed has no summary and may end in the
/// middle of a line. Of the .jsonl files the first 500 lines.
void expect_valid_files(const std::filesystem::path& report);

/// Verdict and exit code of a run, whose reasons are on its console, too.
void expect_verdict(const program& run, std::string_view verdict, std::int64_t code);

/// Outcome matrix: "silent: timed_out as timed_out" -> 12.
std::map<std::string, std::int64_t> outcome_matrix(const boost::json::value& summary);

} // namespace harness
