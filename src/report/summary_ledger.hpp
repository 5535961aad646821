// What the ledger found right and wrong, as parts of the final summary.
#pragma once

#include <loadsim/measure/run_facts.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::report {

/// How many rows of a table the terminal gets at most; summary.json has them all.
inline constexpr std::size_t rows_at_most = 16;

/// Expected against observed by segment and service. Too long for a terminal: what is off the diagonal, most of it first, and how
/// much else there was.
std::string matrix_text(const measure::totals&, const measure::legend&);

/// By kind, and apart from them those that were brought about on purpose.
using anomaly_counts = std::array<std::uint64_t, anomaly_count>;
std::string anomalies_text(const anomaly_counts&, const anomaly_counts& provoked, std::uint64_t not_recorded);
bool any_of(const anomaly_counts&);

/// Commands that waited for vehicles that were away. Nothing where there was none.
std::string queued_text(const measure::queued_counts&);

/// How the fleet came over the conditions; of too many occurrences those that took longest.
std::string recoveries_text(const std::vector<measure::recovery>&);

} // namespace loadsim::report
