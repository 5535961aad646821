// Exponential backoff between attempts.
#pragma once

#include <loadsim/base/time.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace loadsim::net {

/// Exponential backoff with full jitter: unit * min(cap, base * 2^attempt), attempt from 0, unit in [0, 1).
/// Source: AWS architecture blog, "Exponential backoff and jitter".
inline nanoseconds backoff(nanoseconds base, nanoseconds cap, std::uint32_t attempt, double unit) noexcept {
    const double grown = static_cast<double>(base.count()) * std::exp2(std::min(attempt, 62U));
    return nanoseconds{static_cast<std::int64_t>(unit * std::min(grown, static_cast<double>(cap.count())))};
}

} // namespace loadsim::net
