// Exponential backoff between attempts.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::net {

/// Exponential backoff with full jitter: unit * min(cap, base * 2^attempt), attempt from 0, unit in [0, 1).
/// Source: AWS architecture blog, "Exponential backoff and jitter".
nanoseconds backoff(nanoseconds base, nanoseconds cap, std::uint32_t attempt, double unit) noexcept;

} // namespace loadsim::net
