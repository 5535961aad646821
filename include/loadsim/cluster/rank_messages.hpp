// Messages between rank 0 and the other ranks, and their JSON encoding.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace loadsim::cluster {

/// First message of a rank to rank 0.
struct join_request {
    std::string version;
    std::string scenario;     ///< resolved text; must be identical on all ranks
    std::string error;        ///< reason for which this rank cannot join; empty: it can
    std::int64_t wall_us = 0; ///< the rank's system clock, microseconds since 1970

    friend bool operator==(const join_request&, const join_request&) = default;
};
BOOST_DESCRIBE_STRUCT(join_request, (), (version, scenario, error, wall_us))

/// Reply of rank 0 when all ranks can join.
struct run_settings {
    std::string folder; ///< report folder of the run
    std::uint32_t shards = 0;
    std::uint64_t trace_run = 0; ///< the run's part of trace ids

    friend bool operator==(const run_settings&, const run_settings&) = default;
};
BOOST_DESCRIBE_STRUCT(run_settings, (), (folder, shards, trace_run))

/// Command of rank 0 to all other ranks.
struct control_command {
    enum class kind : std::uint8_t {
        connect,
        load,          ///< start the load at start_wall_us
        stop_arrivals, ///< stop arrivals; open requests continue
        expire_open_requests,
        flush_records, ///< report the records that wait for a late response as they are: the run is aborted
        stop,
        leave
    };
    BOOST_DESCRIBE_NESTED_ENUM(kind, connect, load, stop_arrivals, expire_open_requests, flush_records, stop, leave)
    kind what = kind::connect;
    std::int64_t start_wall_us = 0; ///< for `load`: start on the system clock, microseconds since 1970

    friend bool operator==(const control_command&, const control_command&) = default;
};
BOOST_DESCRIBE_STRUCT(control_command, (), (what, start_wall_us))

/// Status of a rank, sent to rank 0 and written to the spool about once a second.
struct status_report {
    measure::snapshot snapshot;
    std::uint32_t commands_executed = 0;
    std::uint32_t complete_intervals = 0; ///< intervals of the timeline that were complete when the rank counted
    bool interrupted = false;             ///< this rank received the stop signal of Ctrl-C ...
    bool terminated = false;              ///< ... or of SIGTERM
    bool leaving = false;                 ///< last message of the rank
};
BOOST_DESCRIBE_STRUCT(status_report, (),
                      (snapshot, commands_executed, complete_intervals, interrupted, terminated, leaving))

/// Sent by a rank about once a second while it is busy with something long and sends no status report: hooks, or its end.
struct busy_report {
    std::string failed_hook{}; ///< error of a hook after the load; empty: none
    friend bool operator==(const busy_report&, const busy_report&) = default;
};
BOOST_DESCRIBE_STRUCT(busy_report, (), (failed_hook))

using message = std::variant<join_request, run_settings, control_command, status_report, busy_report>;

/// One line of JSON without its newline, for example {"control_command":{"what":"load","start_wall_us":1700000000000000}}.
/// Histograms are HdrHistogram V2 in base64. Floating-point numbers are strings, since not every JSON parser returns the same
/// bits; NaN (an instant that never came) is null. Bytes that are not UTF-8 are kept.
std::string encode(const message&);

/// Decodes a message. Safe for untrusted input.
/// Errors: invalid JSON; an unknown or missing key; a wrong type; a number out of range; a damaged histogram. Each names the
/// path in the message ("status_report.snapshot.in_flight").
result<message> decode(std::string_view text);

/// The message of that type; nullopt: another one, or an error.
template <class Message>
std::optional<Message> decode_as(std::string_view text) {
    auto decoded = decode(text);
    auto* found = decoded ? std::get_if<Message>(&*decoded) : nullptr;
    return found != nullptr ? std::optional<Message>(std::move(*found)) : std::nullopt;
}

} // namespace loadsim::cluster
