// A run as facts: what reports print and verdicts are drawn from. No judgement in here.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::measure {

enum class stage : std::uint8_t { connecting, load, draining, done };
constexpr std::string_view to_string(stage s) {
    constexpr std::string_view names[] = {"connecting", "load", "draining", "done"};
    return names[static_cast<std::size_t>(s)];
}

/// What the generator itself took so far, all ranks and shards together.
struct generator_facts {
    double cpu_s = 0;            ///< of the shards' threads
    std::uint64_t rss_bytes = 0; ///< of the whole process, of all ranks
    std::uint32_t shards = 1;    ///< in each rank
    std::uint32_t ranks = 1;
};

/// How a run stands, once a second. All shards merged.
struct progress {
    stage at = stage::connecting;
    nanoseconds elapsed{0};       ///< since the run's start (connecting included)
    nanoseconds load_elapsed{0};  ///< since the load's start; 0 while connecting
    nanoseconds load_duration{0}; ///< of all phases
    std::uint32_t phase = 0;      ///< in force; index into legend.phases
    double asked_rate = 0;        ///< arrivals a second that the plan asks for now
    double interval_s = 1;        ///< since the progress before
    std::uint32_t sessions_asked = 0;
    std::uint32_t sessions_online = 0;
    std::uint64_t in_flight = 0; ///< requests sent that have no end yet
    generator_facts generator;   ///< since the start
    totals interval;             ///< since the progress before; what is told is in here
    const totals* sum = nullptr; ///< since the start; lives for the call
};

/// How the fleet and the platform came over one occurrence of a condition.
struct recovery {
    std::string condition;
    std::uint32_t occurrence = 0; ///< from 0
    nanoseconds at{0};            ///< since the load's start
    std::uint64_t affected = 0;   ///< vehicles whose session it took, or kept silent
    std::uint64_t back = 0;       ///< of them: those that came back
    std::optional<nanoseconds> until_back; ///< from `at` until 99 % of the affected were back; absent: they were not
    std::string budget; ///< of e2e, that latency was measured by; empty: there is none, or nothing was measured
    /// From `at` to the end of the last second in which latency was outside that budget, before the next occurrence of any
    /// condition; 0: it never was. Absent: still so at the end, or there is no budget.
    std::optional<nanoseconds> until_latency;
};

/// How the facts came about.
enum class mode : std::uint8_t {
    run,
    rehearsal, ///< in simulated time, against a model of the platform
    replay,    ///< one vehicle of another run
};
constexpr std::string_view to_string(mode m) {
    constexpr std::string_view names[] = {"run", "rehearsal", "replay"};
    return names[static_cast<std::size_t>(m)];
}

struct run_facts {
    mode how = mode::run;
    std::vector<recovery> recoveries;
    std::string scenario;
    std::uint64_t seed = 0;
    std::chrono::system_clock::time_point started;
    nanoseconds elapsed{0}; ///< whole run: connecting, load, drain
    nanoseconds lag_limit{0};
    std::uint64_t planned = 0; ///< arrivals of the whole plan
    std::uint32_t sessions_asked = 0;
    std::uint32_t sessions_peak = 0;
    std::uint64_t left_open = 0; ///< entries still open in the ledgers at the end: a bug when not 0
    enum class ending : std::uint8_t {
        complete,
        interrupted, ///< Ctrl-C
        terminated,  ///< SIGTERM
        cut_off      ///< a rank was lost, or the launcher ended all: there was no time to drain
    };
    ending ended = ending::complete;
    std::string cut_off_by; ///< what cut it off, half a sentence
    totals sum;
    generator_facts generator;
};

} // namespace loadsim::measure
