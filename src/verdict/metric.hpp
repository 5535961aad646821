// Parser for the metric of a budget.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/verdict/budget.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace loadsim::verdict {

/// A problem without a location: the caller has it.
inline problems parse_error(std::string text) { return problems{"", std::move(text)}; }

/// Parses "e2e.p99" into metric_kind, metric, stat and percentile of a budget; the other fields keep their defaults.
/// Errors: one sentence with the nearest name.
result<budget> parse_metric(std::string_view name);

} // namespace loadsim::verdict
