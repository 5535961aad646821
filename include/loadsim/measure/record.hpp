// Records of single requests, anomalies and session events, for the analysis of individual cases.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::measure {

/// Maximum recorded bytes of a payload; `payload_bytes` has the full size.
inline constexpr std::size_t max_payload_bytes = 1024;
/// Bytes that are kept of it until it is recorded: a secret is found whole, and cut off after it is masked.
inline constexpr std::size_t kept_payload_bytes = 4 * max_payload_bytes;

enum class message_direction : std::uint8_t {
    to_api,       ///< head: method and path
    from_api,     ///< head: the status
    to_vehicle,   ///< head: the topic, or the path at the broker API
    from_vehicle, ///< the same
    to_observer   ///< a completion; head: the observer, and topic or path if there is one
};
BOOST_DESCRIBE_ENUM(message_direction, to_api, from_api, to_vehicle, from_vehicle, to_observer)
constexpr std::string_view to_string(message_direction d) { return enum_name(d); }

/// A message of a request: at the platform's API, at its vehicle, or at an observer.
struct message_record {
    double at_ms = 0; ///< since the load's start
    message_direction direction{};
    std::string head;    ///< the first max_payload_bytes bytes
    std::string payload; ///< the same; secrets masked, non-text bytes as "\\xNN"
    std::uint64_t payload_bytes = 0;
    friend bool operator==(const message_record&, const message_record&) = default;
};
BOOST_DESCRIBE_STRUCT(message_record, (), (at_ms, direction, head, payload, payload_bytes))

/// A line of requests.jsonl. Instants in ms since the load's start; NaN = never.
struct request_record {
    std::uint64_t arrival = 0;
    std::string request_id;    ///< given by the platform; empty: unknown
    std::string traceparent{}; ///< header of the request (W3C Trace Context); empty: not sent
    std::string vin;
    std::string segment, behaviour, service, phase;
    outcome_set expected_outcomes;
    loadsim::outcome outcome{};
    bool unexpected = false;
    std::string reason;
    double due_at_ms = 0, begun_at_ms = 0, sent_at_ms = 0, accepted_at_ms = 0, delivered_at_ms = 0, acked_at_ms = 0,
           finished_at_ms = 0, observed_at_ms = 0;
    std::vector<message_record> messages; ///< in order of time
    std::vector<std::string> conditions;  ///< names of the conditions that were active on it
    std::vector<std::string> anomalies;   ///< names of its anomalies until the record was written
};
BOOST_DESCRIBE_STRUCT(request_record, (),
                      (arrival, request_id, traceparent, vin, segment, behaviour, service, phase, expected_outcomes,
                       outcome, unexpected, reason, due_at_ms, begun_at_ms, sent_at_ms, accepted_at_ms, delivered_at_ms,
                       acked_at_ms, finished_at_ms, observed_at_ms, conditions, anomalies, messages))

/// Records of the slowest requests that are kept where not all are recorded, besides those recorded anyway.
inline constexpr std::size_t max_slowest_requests = 200;

/// Sorts by the time from due to observed, the slowest first, and drops what is beyond max_slowest_requests.
void keep_slowest(std::vector<request_record>&);

/// An anomaly with its evidence.
struct anomaly_record {
    anomaly kind{};
    bool expected = false; ///< expected by the behaviour or a condition
    double at_ms = 0;
    std::string vin;        ///< empty: no known vehicle
    std::string request_id; ///< given by the platform; empty: none
    std::string evidence;   ///< a sentence
};
BOOST_DESCRIBE_STRUCT(anomaly_record, (), (kind, expected, at_ms, vin, request_id, evidence))

/// An event of a vehicle's session.
struct session_record {
    double at_ms = 0;
    std::string vin;
    std::string event; ///< "online, session present", "offline: ...", "tunnel begins"
};
BOOST_DESCRIBE_STRUCT(session_record, (), (at_ms, vin, event))

/// A line of telemetry-findings.jsonl: a message that a tap has not found as it was sent.
struct telemetry_finding {
    double at_ms = 0; ///< when it was found; of a lost message, when it fell out of the window or the run ended
    delivery_finding::kind finding{};
    std::string vin;
    std::string group; ///< telemetry group or alarm
    std::uint64_t sequence = 0;
    std::string tap;
};
BOOST_DESCRIBE_STRUCT(telemetry_finding, (), (at_ms, finding, vin, group, sequence, tap))

} // namespace loadsim::measure
