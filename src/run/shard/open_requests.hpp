// Open requests that are older than the limit of a budget: while nothing ends, latency has no other samples.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>

namespace loadsim::run {

/// Those of the budget's labels; 0 without a budget.
std::uint64_t open_requests_over_limit(const measure::ledger&, const std::optional<verdict::budget>&,
                                       const measure::labels&, monotonic_time now);

} // namespace loadsim::run
