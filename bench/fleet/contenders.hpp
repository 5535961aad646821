// One run of one contender: starts it, looks at it from outside, reads what it says.
#pragma once

#include "comparison.hpp"
#include "floor_run.hpp"
#include "loadsim_run.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace loadsim::bench {

/// A fleet connects as fast as it can and stands idle: connects_per_s, cpu_s since the process began, rss_bytes.
/// `Run`: floor_run or loadsim_run, here and below.
template <class Run>
figures fleet_of(const stage&, std::uint32_t sessions);

/// Open loop: commands when they are due, a vehicle answers each. CPU of the whole process, from before the first command to
/// after the last answer.
template <class Run>
figures exchange_of(const stage&, std::uint32_t sessions, std::uint32_t per_second, std::chrono::seconds measured);

/// Several processes, each with a broker of its own and its part of the sessions: they connect one after the other, and then
/// exchange at the same time, `per_second` in all. cpu_connect_s and rss_bytes are sums.
template <class Run>
figures at_scale(const programs&, const std::filesystem::path& scratch, std::uint32_t sessions, std::uint32_t processes,
                 std::uint32_t per_second, std::chrono::seconds measured);

/// Each of `active` sessions (0: all) always has one QoS 1 message in flight.
figures floor_round_trips(const stage&, std::uint32_t sessions, std::uint32_t active, std::chrono::seconds measured);
figures engine_round_trips(const stage&, std::uint32_t sessions, std::uint32_t active, std::chrono::seconds measured);
/// The same through Eclipse Paho, with its connects and its memory.
figures paho_round_trips(const stage&, std::uint32_t sessions, std::chrono::seconds measured);

} // namespace loadsim::bench
