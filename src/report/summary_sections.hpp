// Sections of the final summary for the terminal; empty without data.
#pragma once

#include <loadsim/measure/run_result.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace loadsim::report {

/// Maximum rows of a table on the terminal; summary.json has all.
inline constexpr std::size_t max_table_rows = 16;

/// Expected against observed outcomes by segment and service. Beyond the row limit: only unexpected cells, highest counts first,
/// and the sums.
std::string matrix_text(const measure::totals&, const measure::labels&);

/// Counts by anomaly kind; expected anomalies are listed separately.
using anomaly_counts = std::array<std::uint64_t, anomaly_count>;
std::string anomalies_text(const anomaly_counts&, const anomaly_counts& expected, std::uint64_t omitted_records);
bool has_anomalies(const anomaly_counts&);

/// Commands queued for unreachable vehicles; empty if there were none.
std::string queued_text(const measure::queued_counts&);

/// Recovery after each occurrence of a condition; beyond the row limit the slowest.
std::string recoveries_text(const std::vector<measure::recovery>&);

/// Empty for a single observer without rejected messages.
std::string observers_text(const measure::totals&, const measure::labels&);
std::string campaigns_text(const measure::totals&, const measure::labels&);
/// CPU of the generator's machines during the load; empty: not measured.
std::string machines_text(const std::vector<measure::machine_load>&);
std::string broker_api_text(const measure::broker_api_counts&);
std::string broker_limits_text(const std::map<std::string, std::uint64_t>&);
std::string unmatched_fields_text(const std::map<std::string, std::uint64_t>&);

} // namespace loadsim::report
