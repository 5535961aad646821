// Sample messages with a distinct value in every field.
#pragma once

#include <loadsim/cluster/rank_messages.hpp>

namespace loadsim::cluster::samples {

measure::request_record sample_request();
/// Every field differs between values of `from`.
measure::totals sample_totals(std::uint64_t from);
/// What sample_totals() has of telemetry and taps.
void add_telemetry(measure::totals&, std::uint64_t from);
status_report sample_report(std::uint64_t from);

/// Compares field by field; NaN equals NaN.
void expect_same(const measure::totals&, const measure::totals&);
void expect_same(const status_report&, const status_report&);

} // namespace loadsim::cluster::samples
