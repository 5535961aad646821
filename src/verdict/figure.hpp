// The figures that there are, by name.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/verdict/budget.hpp>

#include <string_view>

namespace loadsim::verdict {

/// "e2e.p99" into figure_kind, figure, stat and percentile of a budget; the other fields are left as they are.
/// Errors: a sentence with the nearest name.
result<budget> parse_figure(std::string_view name);

} // namespace loadsim::verdict
