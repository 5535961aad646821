// Result of a run: input of reports and of the verdict.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/cost.hpp>
#include <loadsim/measure/machine_load.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/measure/vehicle_states.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::measure {

enum class stage : std::uint8_t { connecting, load, draining, done };
BOOST_DESCRIBE_ENUM(stage, connecting, load, draining, done)
constexpr std::string_view to_string(stage s) { return enum_name(s); }

/// Resource usage of the load generator so far, sum of all ranks and shards.
struct generator_usage {
    double cpu_s = 0;            ///< CPU time of the shards' threads
    std::uint64_t rss_bytes = 0; ///< resident memory of the processes of all ranks
    std::uint32_t shards = 1;    ///< in each rank
    std::uint32_t ranks = 1;
    std::vector<machine_load> machines{}; ///< of a finished run: CPU during the load, by host
};

/// Progress of a run, once a second; all shards merged.
struct progress {
    stage current_stage = stage::connecting;
    std::chrono::system_clock::time_point time{}; ///< end of the interval, by the clock at the run's start
    nanoseconds elapsed{0};                       ///< since the run's start (connecting included)
    nanoseconds load_elapsed{0};                  ///< since the load's start; 0 while connecting
    std::optional<std::chrono::system_clock::time_point> load_started{}; ///< whole ms; absent: while connecting
    nanoseconds load_duration{0};                                        ///< of all phases
    std::uint64_t planned_arrivals = 0;                                  ///< the same
    nanoseconds drain_elapsed{0};                                        ///< since the end of the load
    nanoseconds drain_limit{0};                                          ///< the drain is no longer
    std::uint32_t phase = 0;                 ///< in the middle of the interval; index into labels.phases
    std::vector<std::uint32_t> conditions{}; ///< that acted in the interval; indices into labels.conditions
    double target_rate = 0;                  ///< arrivals per second scheduled in the interval, by area
    double interval_s = 1;                   ///< since the previous progress
    std::uint32_t late_ranks = 0; ///< whose counts of this interval are in a later one: their reports were late
    std::uint32_t sessions_planned = 0;
    std::uint32_t sessions_online = 0;
    vehicle_states vehicles;
    std::uint64_t in_flight = 0;         ///< requests begun and not completed
    std::uint64_t waiting = 0;           ///< of them: for a connection
    std::uint64_t telemetry_waiting = 0; ///< telemetry messages in flight or in a store
    generator_usage generator;           ///< since the start
    totals interval; ///< since the previous progress; contains the records, the last one also the slowest requests
    const totals* cumulative = nullptr; ///< since the start; valid during the call
};

/// Recovery of the fleet and the platform after one occurrence of a condition.
struct recovery {
    std::string condition;
    std::uint32_t occurrence = 0;             ///< from 0
    nanoseconds started{0};                   ///< since the load's start
    std::uint64_t affected = 0;               ///< vehicles that lost their session or whose link was blocked
    std::uint64_t recovered = 0;              ///< of them: recovered
    std::optional<nanoseconds> recovery_time; ///< from start until 99 % of the affected recovered; absent: not reached
    std::string budget;                       ///< e2e budget used to assess latency; empty: none, or nothing measured
    /// From start to the end of the last second with latency outside that budget, before the next occurrence of any
    /// condition; 0: never outside. Absent: still outside at the end, or no budget.
    std::optional<nanoseconds> latency_recovery_time;
};

/// Part of a run that a budget is about: of some phases, or its worst window.
struct budget_part {
    std::string budget;            ///< its expression
    totals sum;                    ///< what the budget needs
    nanoseconds from{0}, until{0}; ///< of the window, since the load's start
    std::uint32_t windows = 0;     ///< windows with data; 0: of phases
};

/// Kind of run that produced the result.
enum class run_mode : std::uint8_t {
    run,
    rehearsal, ///< in simulated time, against a simulated platform
    replay,    ///< one vehicle of another run
};
BOOST_DESCRIBE_ENUM(run_mode, run, rehearsal, replay)
constexpr std::string_view to_string(run_mode m) { return enum_name(m); }

/// Program, host, target, labels and tags of a run, by which reports are told apart.
struct run_origin {
    std::string version{};                                     ///< of the program
    std::string host{};                                        ///< name of the machine; with ranks that of rank 0
    std::string target{};                                      ///< "embedded", or the addresses of broker and API
    std::vector<std::pair<std::string, std::string>> labels{}; ///< NAME and VALUE of each --label, in the order given
    std::vector<std::pair<std::string, std::string>> tags{};   ///< KEY and VALUE of each --tag, in the order given
};

/// A phase of the load, as planned and as far as it came.
struct load_phase {
    std::uint64_t planned = 0; ///< arrivals
    nanoseconds duration{0};   ///< planned
    nanoseconds elapsed{0};    ///< less than the duration if the run was stopped
};

struct run_result {
    run_mode mode = run_mode::run;
    std::vector<recovery> recoveries;
    std::string scenario;
    std::uint64_t seed = 0;
    std::chrono::system_clock::time_point started;
    nanoseconds elapsed{0};         ///< whole run: connecting, load, drain
    nanoseconds connect_elapsed{0}; ///< from the first connect until all vehicles were online; 0: unknown
    nanoseconds load_elapsed{0};    ///< from the load's start to its end, without the drain; 0: unknown
    nanoseconds lag_limit{0};
    std::uint64_t planned_arrivals = 0; ///< arrivals of the whole schedule
    std::uint32_t sessions_planned = 0;
    std::uint32_t sessions_peak = 0;
    std::uint64_t left_open = 0; ///< requests still open in the ledgers at the end; not 0 unless aborted: a bug
    enum class end_reason : std::uint8_t {
        complete,
        interrupted, ///< Ctrl-C
        terminated,  ///< SIGTERM or SIGHUP
        aborted,     ///< without the end of the drain: a second signal, a lost rank, the launcher ended all processes
        budget       ///< a budget with `abort` was missed; drained
    };
    BOOST_DESCRIBE_NESTED_ENUM(end_reason, complete, interrupted, terminated, aborted, budget)
    end_reason ended = end_reason::complete;
    std::string abort_reason;             ///< cause of the abort, or of the end by a budget; part of a sentence
    bool aborted_after_interrupt = false; ///< Ctrl-C had stopped the run before the abort
    totals sum;
    std::vector<budget_part> budget_parts; ///< of the budgets that need more than the sum
    generator_usage generator;
    run_origin origin{};
    std::optional<std::chrono::system_clock::time_point> load_started{}; ///< whole ms; absent: it did not start
    std::vector<load_phase> load_phases{};                               ///< by phase index; empty: of a replay
    std::optional<run_cost> cost{};                                      ///< absent: without prices, or of a replay
};

} // namespace loadsim::measure
