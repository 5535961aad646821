// Everything a run has counted: what shards post, what merges, what budgets and reports read.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/measure/histogram.hpp>
#include <loadsim/measure/latency.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace loadsim::measure {

/// Requests by what became of them. due == the sum of the outcomes once nothing is in flight.
struct request_counts {
    std::uint64_t due = 0;
    std::uint64_t sent = 0;
    std::array<std::uint64_t, outcome_count> outcomes{};
    std::uint64_t unexpected = 0;

    std::uint64_t ended() const noexcept; ///< sum of the outcomes
    void add(const request_counts&);
    friend bool operator==(const request_counts&, const request_counts&) = default;
};

/// What should never happen. The names are those of summary.json.
enum class anomaly : std::uint8_t {
    command_repeated,  ///< a vehicle got one request's command twice
    command_unknown,   ///< a vehicle got a command that nobody of ours asked for
    end_repeated,      ///< the platform announced one end twice
    end_contradicted,  ///< ... and not the same one
    end_unknown,       ///< an end for a request that is not ours
    end_before_word,   ///< executed or failed was announced before the vehicle had said its last word
    malformed_payload, ///< a command or an event that could not be read
    negative_sample,   ///< a hop that ended before it began
};
inline constexpr std::array<std::string_view, 8> anomaly_names{
    "command_repeated", "command_unknown", "end_repeated",      "end_contradicted",
    "end_unknown",      "end_before_word", "malformed_payload", "negative_sample"};
constexpr std::string_view to_string(anomaly a) { return anomaly_names[static_cast<std::size_t>(a)]; }

struct session_counts {
    std::uint64_t refused = 0;           ///< connects that failed: TCP, CONNACK, time-out
    std::uint64_t dropped = 0;           ///< sessions that stood and were lost, not closed by us
    std::uint64_t reconnects = 0;        ///< sessions that stood again after that
    std::uint64_t syn_retransmitted = 0; ///< connects whose SYN had to be sent again: a listen backlog that is full
    histogram connect;                   ///< TCP connect to CONNACK
    std::map<std::string, std::uint64_t> reasons; ///< why refused or dropped, by the error's text

    void add(const session_counts&);
};

/// The http driver's connections. Peaks are told by their growth, so that all of it can be added up over intervals.
struct http_counts {
    std::uint64_t allowed = 0;   ///< connections at most; 0: the http driver was not used
    std::uint64_t requests = 0;  ///< sent
    std::uint64_t opened = 0;    ///< TCP connections made
    std::uint64_t open_peak = 0; ///< the most at once; of several shards, each one's own most added up
    std::uint64_t busy_peak = 0; ///< the same of those with a request under way
    /// Of requests for which no connection was free: until one was, or the run's end. A part of the hop `lag`.
    histogram wait;

    void add(const http_counts&);
};

struct message_counts {
    std::uint64_t published = 0; ///< MQTT application messages sent by our sessions
    std::uint64_t received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;

    void add(const message_counts&);
};

/// A request with an unexpected outcome, as failures.jsonl shows it. Instants in ms since the load's start; NaN = never.
struct failure {
    std::uint64_t arrival = 0;
    std::string request; ///< the platform's id; empty when it gave none
    std::string vin;
    std::string segment, behaviour, service, phase;
    outcome expected{};
    outcome observed{};
    std::string why;
    double due_ms = 0, sent_ms = 0, accepted_ms = 0, delivered_ms = 0, acked_ms = 0, finished_ms = 0, observed_ms = 0;
};

/// What a shard has seen since its last post; or, added up, what a run has seen.
struct totals {
    /// (segment, expected, observed) -> count
    using matrix_key = std::tuple<std::uint32_t, outcome, outcome>;

    request_counts requests;
    std::vector<request_counts> phases; ///< by phase index
    std::map<matrix_key, std::uint64_t> matrix;
    latency_table latencies;
    session_counts sessions;
    message_counts messages;
    http_counts http;
    std::array<std::uint64_t, anomaly_names.size()> anomalies{};
    std::map<std::string, std::uint64_t> errors; ///< why requests errored or were skipped
    std::vector<failure> failures;               ///< of the interval only; the run's writer takes them away

    void add(const totals&); ///< everything but `failures`
};

/// What a run is called in reports: names for the indexes used above.
struct legend {
    std::vector<std::string> services;
    std::vector<std::string> phases;
    std::vector<std::string> segments;
    std::vector<std::string> behaviours; ///< of each segment, same index
};

} // namespace loadsim::measure
