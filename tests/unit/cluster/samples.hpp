// Letters in which every field is set, and each to something of its own.
#pragma once

#include <loadsim/cluster/letters.hpp>

namespace loadsim::cluster::samples {

measure::request_record a_request();
/// Everything in it differs for another `from`.
measure::totals some_totals(std::uint64_t from);
report a_report(std::uint64_t from);

/// Field by field; NaN equals NaN.
void expect_same(const measure::totals&, const measure::totals&);
void expect_same(const report&, const report&);

} // namespace loadsim::cluster::samples
