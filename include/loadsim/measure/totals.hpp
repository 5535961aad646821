// Counts, latencies and records of a run: posted by shards, merged, read by budgets and reports.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/measure/histogram.hpp>
#include <loadsim/measure/latency.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/request_group.hpp>
#include <loadsim/measure/telemetry_counts.hpp>

#include <boost/describe/class.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace loadsim::measure {

/// Requests by outcome. due == the sum of the outcomes when no request is in flight.
struct request_counts {
    std::uint64_t due = 0;
    std::uint64_t sent = 0;
    std::array<std::uint64_t, outcome_count> outcomes{};
    std::uint64_t unexpected = 0;
    std::uint64_t skipped_late =
        0; ///< of those skipped: the generator's own lateness could be the reason (ledger::skip())
    std::uint64_t unexpected_late = 0; ///< of those: unexpected

    std::uint64_t ended() const noexcept; ///< sum of the outcomes
    friend bool operator==(const request_counts&, const request_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(request_counts, (), (due, sent, outcomes, unexpected, skipped_late, unexpected_late))

/// TLS of sessions. A handshake counts when its CONNACK is received: with TLS 1.3 a client has completed its handshake when the
/// server refuses its certificate.
struct tls_counts {
    histogram full;               ///< handshakes of established sessions, with certificates
    histogram resumed;            ///< the same, shortened by a ticket of an earlier session
    std::uint64_t unverified = 0; ///< of both: the server's certificate was not verified, as the scenario says
    std::map<std::string, std::uint64_t> failures{}; ///< failed handshakes, by the error's text: alerts, certificates
    std::uint64_t bytes_sent = 0;                    ///< of TLS records; message_counts has those of MQTT packets
    std::uint64_t bytes_received = 0;

    histogram completed() const; ///< full and resumed
    std::uint64_t failed() const;
    friend bool operator==(const tls_counts&, const tls_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(tls_counts, (), (full, resumed, unverified, failures, bytes_sent, bytes_received))

struct session_counts {
    std::uint64_t connected = 0;                  ///< sessions established: CONNACK received
    std::uint64_t refused = 0;                    ///< connects that failed: TCP, TLS, CONNACK, time-out
    std::uint64_t dropped = 0;                    ///< established sessions that were lost, not closed by us
    std::uint64_t reconnects = 0;                 ///< sessions re-established after a drop
    std::uint64_t syn_retransmitted = 0;          ///< connects with a retransmitted SYN: the listen backlog was full
    histogram connect;                            ///< TCP connect to CONNACK: the sum of tcp, TLS handshake and connack
    histogram tcp;                                ///< TCP connect
    histogram connack;                            ///< CONNECT sent to CONNACK
    tls_counts tls;                               ///< nothing without TLS
    std::map<std::string, std::uint64_t> reasons; ///< of refused and dropped sessions, by the error's text
    std::map<std::string, std::uint64_t> addresses{}; ///< sessions established, by address of the broker
};
BOOST_DESCRIBE_STRUCT(session_counts, (),
                      (connected, refused, dropped, reconnects, syn_retransmitted, connect, tcp, connack, tls, reasons,
                       addresses))

/// Connections of the HTTP driver. Peaks are stored as growth per interval, so that they can be added.
struct http_counts {
    std::uint64_t connection_limit = 0; ///< 0: HTTP driver not used
    std::uint64_t requests = 0;         ///< sent
    std::uint64_t opened = 0;           ///< TCP connections made
    std::uint64_t open_peak = 0;        ///< maximum at once; several shards: sum of their maxima
    std::uint64_t busy_peak = 0;        ///< the same for connections with a request in flight
    /// Time a request waited for a free connection, or until the run's end. Part of the hops `accept` and `e2e`: a slow
    /// platform, or a low connection limit.
    histogram connection_wait;
    std::uint64_t timeouts = 0;  ///< attempts without HTTP response or connection in time
    std::uint64_t retries = 0;   ///< attempts after the first; the platform may have received an earlier one
    std::uint64_t failovers = 0; ///< attempts sent to another address than the next in rotation
    std::map<std::string, std::uint64_t> addresses{}; ///< TCP connections made, by address of the API or its proxy
};
BOOST_DESCRIBE_STRUCT(http_counts, (),
                      (connection_limit, requests, opened, open_peak, busy_peak, connection_wait, timeouts, retries,
                       failovers, addresses))

struct message_counts {
    std::uint64_t published = 0; ///< MQTT application messages sent by our sessions
    std::uint64_t received = 0;
    std::uint64_t bytes_sent = 0; ///< of all MQTT packets, without TLS; of a simulated network topic and payload
    std::uint64_t bytes_received = 0;
    std::uint64_t published_steps = 0; ///< message_steps() of those published; 0: the scenario has no prices
    std::uint64_t received_steps = 0;
};
BOOST_DESCRIBE_STRUCT(message_counts, (),
                      (published, received, bytes_sent, bytes_received, published_steps, received_steps))

/// Commands queued at the broker for an unreachable vehicle.
struct queued_counts {
    std::uint64_t delivered = 0;
    std::uint64_t out_of_order = 0; ///< of them: after the command of a later request
    histogram wait;                 ///< from sent to delivered
};
BOOST_DESCRIBE_STRUCT(queued_counts, (), (delivered, out_of_order, wait))

/// Effect of one occurrence of a condition and the recovery from it.
struct recovery_counts {
    std::uint64_t affected = 0; ///< vehicles that lost their session or whose link was blocked
    histogram recovery_times;   ///< of recovered vehicles: from begin of the occurrence until re-subscribed
};
BOOST_DESCRIBE_STRUCT(recovery_counts, (), (affected, recovery_times))

/// Counts of one observer.
struct observer_counts {
    std::uint64_t received = 0;                               ///< messages
    std::uint64_t completions = 0;                            ///< of them
    std::uint64_t first_completions = 0;                      ///< of those: reported before all other observers
    std::uint64_t disagreements = 0;                          ///< of those: different outcome than another observer
    std::map<std::string, std::uint64_t> rejections;          ///< rejected messages by reason
    std::map<std::string, std::uint64_t> addresses{};         ///< connections made, by address
    std::map<std::string, std::uint64_t> connection_errors{}; ///< ended or not opened, by reason
};
BOOST_DESCRIBE_STRUCT(observer_counts, (),
                      (received, completions, first_completions, disagreements, rejections, addresses,
                       connection_errors))

/// Counts of one campaign: a command to many vehicles at once.
struct campaign_counts {
    std::uint64_t published = 0;
    std::uint64_t addressed = 0;                 ///< vehicles
    std::uint64_t delivered = 0;                 ///< of them: received the command
    std::uint64_t delivered_after_reconnect = 0; ///< of those: unreachable at the due time
    std::uint64_t duplicate_deliveries = 0;      ///< deliveries to a vehicle that already had received it
    histogram latency;                           ///< from due to delivered
};
BOOST_DESCRIBE_STRUCT(campaign_counts, (),
                      (published, addressed, delivered, delivered_after_reconnect, duplicate_deliveries, latency))

/// Counts of the simulated broker API.
struct broker_api_counts {
    // Requests of the platform; each counts once.
    std::uint64_t accepted = 0;  ///< commands forwarded to their vehicle
    std::uint64_t refused = 0;   ///< by a fault
    std::uint64_t reset = 0;     ///< by a fault
    std::uint64_t malformed = 0; ///< not HTTP, over a limit, unknown path, method or vehicle
    std::uint64_t delayed = 0;   ///< of those accepted: by a fault

    // Responses posted to the platform.
    std::uint64_t posted = 0;     ///< HTTP status 2xx
    std::uint64_t rejected = 0;   ///< other HTTP status
    std::uint64_t failed = 0;     ///< no HTTP response, or no connection
    std::uint64_t dropped = 0;    ///< queue full, or no inbound URL
    std::uint64_t duplicated = 0; ///< repeated by a fault; also counted above

    /// Reasons of malformed, rejected, failed and dropped: "inbound: 503" -> 12.
    std::map<std::string, std::uint64_t> reasons;

    friend bool operator==(const broker_api_counts&, const broker_api_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(broker_api_counts, (),
                      (accepted, refused, reset, malformed, delayed, posted, rejected, failed, dropped, duplicated,
                       reasons))

/// Questions to external programs: of behaviours and payloads.
struct program_counts {
    std::uint64_t asked = 0;
    std::uint64_t answered = 0; ///< of those: in time, and usable
    std::uint64_t late = 0;     ///< answers after the time-out of their question, which are ignored
    histogram answer;           ///< from the question to its answer, if that was in time
    /// exec_timeout, exec_overflow, exec_bad_answer, exec_ended. A line that answers no question is a bad answer, too.
    std::map<std::string, std::uint64_t> failures{};
    std::map<std::string, std::uint64_t> reasons{}; ///< of the failures: "exec_bad_answer: a line is no JSON object"

    std::uint64_t failed() const; ///< sum of the failures
    friend bool operator==(const program_counts&, const program_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(program_counts, (), (asked, answered, late, answer, failures, reasons))

/// Counts of a shard since its previous snapshot, or the sum over a run.
struct totals {
    /// (segment, service, expected, observed) -> count
    using matrix_key = std::tuple<std::uint32_t, std::uint32_t, outcome_set, outcome>;
    /// (condition, occurrence number)
    using occurrence_key = std::pair<std::uint32_t, std::uint32_t>;

    request_counts requests;
    std::vector<request_counts> phases;             ///< by phase index
    std::map<request_group, request_counts> groups; ///< requests that have ended
    std::map<matrix_key, std::uint64_t> matrix;
    latency_table latencies;
    latency_table
        latencies_from_begun; ///< of hops with is_counted_from_due(): the same samples, without the lag of the request
    histogram loop_delay;     ///< waiting time for the shards' event loops of what is ready, sampled every 10 ms
    std::vector<histogram> phase_loop_delay; ///< the same by phase index; the drain belongs to the last phase
    session_counts sessions;
    message_counts messages;
    http_counts http;
    queued_counts queued;
    std::map<occurrence_key, recovery_counts> recoveries;
    std::map<std::uint32_t, observer_counts> observers; ///< by index
    std::map<std::uint32_t, campaign_counts> campaigns; ///< by index
    broker_api_counts broker_api;
    std::map<std::uint32_t, telemetry_counts> telemetry; ///< by index of group, alarms after groups
    backlog_counts backlogs;
    std::map<std::uint32_t, tap_counts> taps;              ///< by index
    program_counts programs;                               ///< external ones
    std::map<std::string, std::uint64_t> unmatched_fields; ///< sentences about contract fields that never matched
    std::map<std::string, std::uint64_t> broker_limits;    ///< sentences about what a broker does not support
    std::array<std::uint64_t, anomaly_count> anomalies{};  ///< without the expected ones
    std::array<std::uint64_t, anomaly_count> expected_anomalies{};
    std::map<std::string, std::uint64_t> errors; ///< reasons of errored and skipped requests
    std::uint64_t omitted_records = 0; ///< anomalies, session events and telemetry findings beyond the record limit
    // Records of the interval only; moved out by the report writer.
    std::vector<request_record> request_records;
    std::vector<request_record>
        slowest_requests; ///< at the end of the run: of those without a record, the slowest first
    std::vector<anomaly_record> anomaly_records;
    std::vector<session_record> session_records;
    std::vector<telemetry_finding> telemetry_findings;

    void add(const totals&);          ///< everything except the records
    void move_records_from(totals&&); ///< appends the records of the other; keeps the slowest of slowest_requests
};
BOOST_DESCRIBE_STRUCT(totals, (),
                      (requests, phases, groups, matrix, latencies, latencies_from_begun, loop_delay, phase_loop_delay,
                       sessions, messages, http, queued, recoveries, observers, campaigns, broker_api, telemetry,
                       backlogs, taps, programs, unmatched_fields, broker_limits, anomalies, expected_anomalies, errors,
                       omitted_records, request_records, slowest_requests, anomaly_records, session_records,
                       telemetry_findings))

/// Messages of all groups that are in flight or in a store.
std::uint64_t telemetry_waiting(const totals&);

/// Names for the indexes used above, as shown in reports.
struct labels {
    std::vector<std::string> services;
    std::vector<std::string> phases;
    std::vector<std::string> segments;
    std::vector<std::string> behaviours; ///< of each segment, same index
    std::vector<std::string> conditions;
    std::vector<std::string> observers{}; ///< "mqtt", "webhook" ...; numbered if there are several of one kind
    std::vector<std::string> campaigns{};
    std::vector<std::string> parameters{}; ///< of commands: the names of contract.command.parameters
    std::vector<std::string>
        platform_services{};              ///< the platform's names of the services, in commands; empty: the same
    std::vector<std::string> telemetry{}; ///< names of the groups, then those of the alarms
    std::vector<std::string> taps{};

    std::string_view service(std::uint32_t which) const {
        return which < services.size() ? std::string_view(services[which]) : std::string_view{};
    }
    std::string_view platform_service(std::uint32_t which) const {
        return which < platform_services.size() ? std::string_view(platform_services[which]) : service(which);
    }
    std::string observer(std::uint32_t which) const {
        return which < observers.size() ? observers[which] : "the platform";
    }
};

} // namespace loadsim::measure
