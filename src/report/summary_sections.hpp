// Sections of the final summary for the terminal; empty without data.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/verdict/budget.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// Maximum rows of a table on the terminal; summary.json has all.
inline constexpr std::size_t max_table_rows = 16;

/// Unexpected outcomes by segment and service, highest counts first. Verbose: all outcomes; beyond the row limit the unexpected ones and
/// the sums.
std::string matrix_text(const measure::totals&, const measure::labels&, const summary_style&);

/// ✓ held, ✗ missed, ? undecided or without data, ! not held and with `severity: warn`.
std::string_view budget_mark(const verdict::budget_result&);

/// Counts by anomaly kind; expected anomalies are listed separately.
using anomaly_counts = std::array<std::uint64_t, anomaly_count>;
std::string anomalies_text(const anomaly_counts&, const anomaly_counts& expected, std::uint64_t omitted_records);
bool has_anomalies(const anomaly_counts&);

/// Commands queued for unreachable vehicles; empty if there were none.
std::string queued_text(const measure::queued_counts&);

/// Recovery after each occurrence of a condition; beyond the row limit the slowest.
std::string recoveries_text(const std::vector<measure::recovery>&, const summary_style&);

/// Empty for a single observer without rejected messages; unless verbose, also for several without disagreements.
std::string observers_text(const measure::totals&, const measure::labels&, const summary_style&);
std::string campaigns_text(const measure::totals&, const measure::labels&, const summary_style&);
/// Telemetry by group and backlogs; empty without them. Beyond the row limit the groups that lost most.
std::string telemetry_text(const measure::totals&, const measure::labels&, const summary_style&);
std::string taps_text(const measure::totals&, const measure::labels&, const summary_style&);
/// CPU of the generator's machines during the load; empty: not measured.
std::string machines_text(const std::vector<measure::machine_load>&);
std::string broker_api_text(const measure::broker_api_counts&);
/// Questions to external programs, and why they failed; empty if none was asked.
std::string programs_text(const measure::program_counts&);
std::string broker_limits_text(const std::map<std::string, std::uint64_t>&);
std::string unmatched_fields_text(const std::map<std::string, std::uint64_t>&);

} // namespace loadsim::report
