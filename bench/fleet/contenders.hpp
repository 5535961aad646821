// One run of one contender: starts it, looks at it from outside, reads what it says.
#pragma once

#include "comparison.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>

namespace loadsim::bench {

/// Connects under way at once, of all contenders: loadsim's own limit.
inline constexpr std::uint32_t connects_at_once = 100;

/// A fleet connects as fast as it can and stands idle: cpu_s and rss_bytes since the process began, connects_per_s.
figures floor_fleet(const stage&, std::uint32_t sessions);
figures loadsim_fleet(const stage&, std::uint32_t sessions);

/// Each of the first `active` sessions (0: all) always has one QoS 1 message in flight.
figures floor_round_trips(const stage&, std::uint32_t sessions, std::uint32_t active, std::chrono::seconds measured);
figures engine_round_trips(const stage&, std::uint32_t sessions, std::uint32_t active, std::chrono::seconds measured);
/// The same through Eclipse Paho, with its connects and its memory.
figures paho_round_trips(const stage&, std::uint32_t sessions, std::chrono::seconds measured);

/// Open loop: commands when they are due, a vehicle answers each.
figures floor_exchange(const stage&, std::uint32_t sessions, std::uint32_t per_second, std::chrono::seconds measured);
figures loadsim_exchange(const stage&, std::uint32_t sessions, std::uint32_t per_second, std::chrono::seconds measured);

/// `processes` of loadsim, each with a broker of its own and its part of the sessions: they connect one after the other, and
/// then exchange at the same time, `per_second` in all. cpu_connect_s and rss_bytes are sums.
figures loadsim_at_scale(const programs&, const std::filesystem::path& scratch, std::uint32_t sessions,
                         std::uint32_t processes, std::uint32_t per_second, std::chrono::seconds measured);

} // namespace loadsim::bench
