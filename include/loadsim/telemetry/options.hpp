// Telemetry options: groups of signals, alarms, and the store for messages of vehicles whose link is down.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/contract/options.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::telemetry {

/// Time from one message of a group to the next in simulated time, for each drive state. Absent: nothing is sent in that state.
struct state_periods {
    std::optional<nanoseconds> parked{};
    std::optional<nanoseconds> driving{};
    std::optional<nanoseconds> charging{};
    friend bool operator==(const state_periods&, const state_periods&) = default;
};

/// The same period in all states.
constexpr state_periods period_always(nanoseconds period) { return {period, period, period}; }

/// Signals that a vehicle sends together in one regular message.
struct group_options {
    std::string name; ///< unique among groups and alarms
    state_periods every;
    fraction jitter{0.1}; ///< of the period: a message is due at a seeded random point of this first part of it
    contract::message_options message;
    friend bool operator==(const group_options&, const group_options&) = default;
};

/// Message that a vehicle sends at random instants (Poisson).
struct alarm_options {
    std::string name;     ///< unique among groups and alarms
    loadsim::rate rate{}; ///< per vehicle, in simulated time
    contract::message_options message;
    friend bool operator==(const alarm_options&, const alarm_options&) = default;
};

enum class reissue_order : std::uint8_t {
    before_live, ///< the store first; live messages go through its end until it is empty, so that the order is kept
    interleaved, ///< live messages at once; of all messages `share` are from the store
};

/// Order and rate of stored messages that are re-issued when the link is up again.
struct reissue_options {
    reissue_order order = reissue_order::before_live;
    fraction share{0.5};               ///< interleaved only; 100 %: no message waits for a live one
    std::optional<loadsim::rate> rate; ///< most per second and vehicle; absent: as fast as the session takes them
    friend bool operator==(const reissue_options&, const reissue_options&) = default;
};

/// Store for telemetry of vehicles whose link is down. Above a limit the oldest message is overwritten. Bytes are those of topic and
/// payload, and 40 for each message.
struct store_options {
    std::uint64_t messages = 1'000;            ///< per vehicle; 0: not limited
    std::uint64_t bytes = 1'000'000;           ///< per vehicle; 0: not limited
    nanoseconds age = std::chrono::hours{24};  ///< since due; 0: not limited
    std::uint64_t total_bytes = 1'000'000'000; ///< of all vehicles of a process; 0: not limited
    reissue_options reissue;
    std::string sqlite;                       ///< folder of the databases, one for each shard; empty: memory only
    std::uint64_t disk_bytes = 4'000'000'000; ///< of all databases of a process
    std::uint32_t batch = 500;                ///< changes per transaction
    nanoseconds batch_window = std::chrono::milliseconds{200}; ///< longest wait of a change
    friend bool operator==(const store_options&, const store_options&) = default;
};

struct telemetry_options {
    std::vector<group_options> groups;
    std::vector<alarm_options> alarms;
    std::optional<store_options> store; ///< absent: messages of a vehicle whose link is down are not sent
    friend bool operator==(const telemetry_options&, const telemetry_options&) = default;
};

inline constexpr std::uint64_t disk_bytes_min = 4'000'000; ///< less holds hardly more than the write-ahead log

/// All problems, located by the option's path, such as "telemetry[0].every.driving", "alarms[1].rate" or "store.reissue.share".
/// Templates, names of signals and descriptors are checked where they are compiled.
problems check(const telemetry_options&);

} // namespace loadsim::telemetry
