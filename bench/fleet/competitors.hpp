// One run of one competitor: starts the program, measures it from outside and reads its output.
#pragma once

#include "baseline_run.hpp"
#include "bench_environment.hpp"
#include "comparison.hpp"
#include "loadsim_run.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace loadsim::bench {

/// Idle fleet after connecting at maximum rate: connects_per_s, cpu_s since process start, rss_bytes.
/// `Run`: baseline_run or loadsim_run, here and below.
template <class Run>
metrics measure_idle_fleet(const bench_environment&, std::uint32_t sessions);

/// Open loop: commands are sent when due, vehicles respond. CPU of the whole process, from before the first command to after
/// the last response.
template <class Run>
metrics measure_exchange(const bench_environment&, std::uint32_t sessions, std::uint32_t per_second,
                         std::chrono::seconds measured);

/// Open loop: the vehicles send telemetry when it is due, `per_second` messages of 200 bytes in all. CPU as above, for each message.
template <class Run>
metrics measure_telemetry(const bench_environment&, std::uint32_t sessions, std::uint32_t per_second, int qos,
                          std::chrono::seconds measured);

/// Several processes, each with its own broker and an equal part of the sessions: they connect one after the other, then exchange
/// commands simultaneously, `per_second` in total. cpu_connect_s and rss_bytes are sums.
template <class Run>
metrics measure_at_scale(const programs&, const std::filesystem::path& scratch, std::uint32_t sessions,
                         std::uint32_t processes, std::uint32_t per_second, std::chrono::seconds measured);

/// Closed loop: each of `active` sessions (0: all) keeps one QoS 1 message in flight.
metrics baseline_round_trips(const bench_environment&, std::uint32_t sessions, std::uint32_t active,
                             std::chrono::seconds measured);
metrics engine_round_trips(const bench_environment&, std::uint32_t sessions, std::uint32_t active,
                           std::chrono::seconds measured);
/// The same with Eclipse Paho clients; also measures connects and memory.
metrics paho_round_trips(const bench_environment&, std::uint32_t sessions, std::chrono::seconds measured);

} // namespace loadsim::bench
