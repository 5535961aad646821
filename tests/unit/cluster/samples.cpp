#include "samples.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace loadsim::cluster::samples {
namespace {

using namespace std::chrono_literals;
using measure::hop;

measure::request_counts sample_requests(std::uint64_t from) {
    measure::request_counts r;
    r.due = from;
    r.sent = from + 1;
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) r.outcomes[i] = from + 2 + i;
    r.outcomes[3] = 0;
    r.unexpected = from + 20;
    r.skipped_late = from + 21;
    r.unexpected_late = from + 22;
    return r;
}

void expect_same_number(double a, double b) {
    if (std::isnan(a) && std::isnan(b)) return;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a), std::bit_cast<std::uint64_t>(b)) << a << " and " << b;
}

void expect_same(const measure::request_record& a, const measure::request_record& b) {
    const auto& [arrival, request, traceparent, vin, segment, behaviour, service, phase, expected, observed, unexpected,
                 why, due, begun, sent, accepted, delivered, acked, finished, seen, messages, conditions, anomalies] =
        a;
    EXPECT_EQ(arrival, b.arrival);
    EXPECT_EQ(request, b.request_id);
    EXPECT_EQ(traceparent, b.traceparent);
    EXPECT_EQ(vin, b.vin);
    EXPECT_EQ(segment, b.segment);
    EXPECT_EQ(behaviour, b.behaviour);
    EXPECT_EQ(service, b.service);
    EXPECT_EQ(phase, b.phase);
    EXPECT_EQ(expected, b.expected_outcomes);
    EXPECT_EQ(observed, b.outcome);
    EXPECT_EQ(unexpected, b.unexpected);
    EXPECT_EQ(why, b.reason);
    expect_same_number(due, b.due_at_ms);
    expect_same_number(begun, b.begun_at_ms);
    expect_same_number(sent, b.sent_at_ms);
    expect_same_number(accepted, b.accepted_at_ms);
    expect_same_number(delivered, b.delivered_at_ms);
    expect_same_number(acked, b.acked_at_ms);
    expect_same_number(finished, b.finished_at_ms);
    expect_same_number(seen, b.observed_at_ms);
    EXPECT_EQ(messages, b.messages);
    EXPECT_EQ(conditions, b.conditions);
    EXPECT_EQ(anomalies, b.anomalies);
}

void expect_same(const measure::anomaly_record& a, const measure::anomaly_record& b) {
    const auto& [what, provoked, at_ms, vin, request, evidence] = a;
    EXPECT_EQ(what, b.kind);
    EXPECT_EQ(provoked, b.expected);
    expect_same_number(at_ms, b.at_ms);
    EXPECT_EQ(vin, b.vin);
    EXPECT_EQ(request, b.request_id);
    EXPECT_EQ(evidence, b.evidence);
}

void expect_same(const measure::session_record& a, const measure::session_record& b) {
    const auto& [at_ms, vin, what] = a;
    expect_same_number(at_ms, b.at_ms);
    EXPECT_EQ(vin, b.vin);
    EXPECT_EQ(what, b.event);
}

void expect_same(const measure::telemetry_finding& a, const measure::telemetry_finding& b) {
    const auto& [at_ms, what, vin, group, sequence, tap] = a;
    expect_same_number(at_ms, b.at_ms);
    EXPECT_EQ(what, b.finding);
    EXPECT_EQ(vin, b.vin);
    EXPECT_EQ(group, b.group);
    EXPECT_EQ(sequence, b.sequence);
    EXPECT_EQ(tap, b.tap);
}

template <class Told>
void expect_same(const std::vector<Told>& a, const std::vector<Told>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) expect_same(a[i], b[i]);
}

} // namespace

measure::request_record sample_request() {
    measure::request_record r;
    r.arrival = std::numeric_limits<std::uint64_t>::max();
    r.request_id = "req-1";
    r.vin = "WBA1";
    r.segment = "pilot, \"quoted\"";
    r.behaviour = "success";
    r.service = "horn";
    r.traceparent = "00-1-2-01";
    r.phase = "ramp\nup";
    r.expected_outcomes = {outcome::executed, outcome::timed_out};
    r.outcome = outcome::errored;
    r.unexpected = true;
    r.reason = std::string("HTTP 500: \xff\xfe\0 caf\xc3\xa9", 19); // not UTF-8, and a zero in it
    r.due_at_ms = 0.1;
    r.begun_at_ms = 0.2;
    r.sent_at_ms = 1.0 / 3;
    r.accepted_at_ms = std::numeric_limits<double>::quiet_NaN();
    r.delivered_at_ms = 123456789.000001;
    r.acked_at_ms = -0.0;
    r.finished_at_ms = 5e-324;
    r.observed_at_ms = 1.7976931348623157e308;
    r.messages = {{.at_ms = 0.1,
                   .direction = measure::message_direction::to_vehicle,
                   .head = "v1/WBA1/cmd/horn",
                   .payload = "{\"id\"}",
                   .payload_bytes = 9'000},
                  {.at_ms = -0.5,
                   .direction = measure::message_direction::from_api,
                   .head = "",
                   .payload = "",
                   .payload_bytes = 0}};
    r.conditions = {"tunnel", "a \"storm\""};
    r.anomalies = {"command_duplicated"};
    return r;
}

measure::totals sample_totals(std::uint64_t from) {
    measure::totals t;
    t.requests = sample_requests(from);
    t.phases = {sample_requests(2 * from), sample_requests(3 * from)};
    t.groups[{.service = 1, .phase = 2}] = sample_requests(4 * from);
    t.groups[{.service = 1, .phase = 2, .segment = 3, .condition = 4}] = sample_requests(5 * from);
    t.matrix[{1, 2, outcome::executed, outcome::failed}] = 4 * from;
    t.matrix[{1, 2, {outcome::executed, outcome::timed_out}, outcome::failed}] = 5 * from;
    t.matrix[{1, 3, {}, outcome::failed}] = 6 * from;
    t.matrix[{4'000'000'000, 3'000'000'000, outcome::timed_out, outcome::skipped}] = std::uint64_t{1} << 63;
    t.latencies.record(hop::lag, 0, 0, nanoseconds{-5});
    t.latencies.record(hop::e2e, 0, 1, std::chrono::milliseconds{from});
    t.latencies.record(hop::e2e, 2, 1, 3ms);
    t.latencies.record(hop::expiry, 1, 1, 2h);
    t.latencies_from_begun.record(hop::e2e, 0, 1, std::chrono::milliseconds{from - 1});
    t.latencies.record({hop::e2e, {.service = 2, .phase = 1, .segment = 3, .condition = 4}}, 3ms);
    t.loop_delay.record(std::chrono::milliseconds{from});
    t.phase_loop_delay.resize(2);
    t.phase_loop_delay[1].record(std::chrono::milliseconds{from});
    t.sessions.connected = 4 * from;
    t.sessions.refused = 5 * from;
    t.sessions.dropped = 6 * from;
    t.sessions.reconnects = 7 * from;
    t.sessions.syn_retransmitted = 8 * from;
    t.sessions.connect.record(std::chrono::milliseconds{from});
    t.sessions.tcp.record(std::chrono::milliseconds{from + 1});
    t.sessions.connack.record(std::chrono::milliseconds{from + 2});
    t.sessions.tls.full.record(std::chrono::milliseconds{from + 3});
    t.sessions.tls.resumed.record(std::chrono::milliseconds{from + 4});
    t.sessions.tls.unverified = 31 * from;
    t.sessions.tls.failures["TLS alert from the peer: unknown ca"] = 19 * from;
    t.sessions.tls.bytes_sent = 29 * from;
    t.sessions.tls.bytes_received = 30 * from;
    t.sessions.reasons = {{"reset \"by\" peer", 8 * from}, {"", 9 * from}};
    t.sessions.addresses["10.0.0.1:1883"] = 18 * from;
    t.http.connection_limit = 20 * from;
    t.http.requests = 21 * from;
    t.http.opened = 22 * from;
    t.http.open_peak = 23 * from;
    t.http.busy_peak = 24 * from;
    t.http.connection_wait.record(std::chrono::milliseconds{from});
    t.http.timeouts = 25 * from;
    t.http.retries = 26 * from;
    t.http.failovers = 27 * from;
    t.http.addresses["[::1]:80"] = 28 * from;
    t.messages = {10 * from, 11 * from, 12 * from, 13 * from, 14 * from, 15 * from};
    t.queued = {.delivered = 31 * from, .out_of_order = 32 * from, .wait = {}};
    t.queued.wait.record(std::chrono::milliseconds{from});
    t.recoveries[{0, 3}].affected = 33 * from;
    t.recoveries[{0, 3}].recovery_times.record(std::chrono::seconds{from});
    t.observers[1] = {.received = 41 * from,
                      .completions = 42 * from,
                      .first_completions = 43 * from,
                      .disagreements = 44 * from,
                      .rejections = {}};
    t.observers[1].rejections["the signature is wrong"] = 45 * from;
    t.observers[1].addresses["10.0.0.1:80"] = 47 * from;
    t.observers[1].connection_errors["has ended"] = 48 * from;
    t.campaigns[2].addressed = 46 * from;
    t.campaigns[2].latency.record(std::chrono::milliseconds{from});
    t.broker_api.accepted = 50 * from;
    t.broker_api.refused = 51 * from;
    t.broker_api.reset = 52 * from;
    t.broker_api.malformed = 53 * from;
    t.broker_api.delayed = 54 * from;
    t.broker_api.posted = 55 * from;
    t.broker_api.rejected = 56 * from;
    t.broker_api.failed = 57 * from;
    t.broker_api.dropped = 58 * from;
    t.broker_api.duplicated = 59 * from;
    t.broker_api.reasons["inbound: 503"] = 61 * from;
    add_telemetry(t, from);
    t.programs = {.asked = 81 * from,
                  .answered = 82 * from,
                  .late = 83 * from,
                  .answer = {},
                  .failures = {{"exec_timeout", 84 * from}},
                  .reasons = {{"exec_timeout: no answer came in time", 84 * from}}};
    t.programs.answer.record(std::chrono::milliseconds{from});
    t.unmatched_fields["nothing fits"] = 50 * from;
    t.broker_limits["too little"] = 62 * from;
    t.recoveries[{4'000'000'000, 3'000'000'000}] = {};
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        t.anomalies[i] = 14 * from + i;
        t.expected_anomalies[i] = 40 * from + i;
    }
    t.omitted_records = 17 * from;
    t.errors = {{"no vehicle was free", 15 * from}, {"\xff", 16 * from}};
    t.request_records = {sample_request(), {}};
    t.slowest_requests = {sample_request()};
    t.anomaly_records = {{.kind = anomaly::response_lost,
                          .expected = true,
                          .at_ms = 1.0 / 3,
                          .vin = "WBA1",
                          .request_id = "req-1",
                          .evidence = "response 3 is missing"},
                         {.kind = anomaly::command_duplicated,
                          .expected = false,
                          .at_ms = 0,
                          .vin = "",
                          .request_id = "",
                          .evidence = ""}};
    t.session_records = {
        {.at_ms = std::numeric_limits<double>::quiet_NaN(), .vin = "WBA1", .event = "online, session present"},
        {.at_ms = -1000, .vin = "WBA2", .event = "tunnel begins"}};
    t.telemetry_findings = {{.at_ms = 0.25,
                             .finding = measure::delivery_finding::kind::duplicated,
                             .vin = "WBA1",
                             .group = "position",
                             .sequence = 17,
                             .tap = "bus"}};
    return t;
}

status_report sample_report(std::uint64_t from) {
    status_report r;
    r.snapshot.counts = sample_totals(from);
    r.snapshot.sessions_planned = static_cast<std::uint32_t>(from + 1);
    r.snapshot.sessions_online = static_cast<std::uint32_t>(from + 2);
    r.snapshot.vehicles = {from + 11, from + 12, from + 13, from + 14};
    r.snapshot.in_flight = from + 3;
    r.snapshot.waiting = from + 6;
    r.snapshot.awaited = from + 4;
    r.snapshot.over_limit = from + 7;
    r.snapshot.fatal_error = "the broker is gone";
    r.snapshot.all_due = true;
    r.snapshot.driver_ready = true;
    r.snapshot.setup_error = "the broker is gone";
    r.snapshot.cpu_s = static_cast<double>(from) / 3;
    r.snapshot.rss_bytes = from + 4;
    r.snapshot.machines["host-a"] = {.ranks = 1,
                                     .elapsed_s = 0.1,
                                     .allowed_core_s = 0.2,
                                     .own_cpu_s = static_cast<double>(from),
                                     .core_s = 0.4,
                                     .busy_s = 0.3,
                                     .steal_s = 0.05,
                                     .stalled_s = 1.0 / 3,
                                     .throttled_s = std::numeric_limits<double>::quiet_NaN()};
    r.commands_executed = static_cast<std::uint32_t>(from + 5);
    r.complete_intervals = static_cast<std::uint32_t>(from + 6);
    r.interrupted = true;
    r.terminated = true;
    r.leaving = true;
    return r;
}

void expect_same(const measure::totals& a, const measure::totals& b) {
    // Structured bindings: a new field must be compared here, too, or this does not compile.
    const auto& [requests, phases, groups, matrix, latencies, from_begun, loop_delay, phase_loop_delay, sessions,
                 messages, http, queued, recoveries, observers, campaigns, broker_api, telemetry, backlogs, taps,
                 programs, misfits, limits, anomalies, provoked, errors, omitted_records, requests_told, slowest_told,
                 anomalies_told, sessions_told, findings_told] = a;
    EXPECT_EQ(requests, b.requests);
    EXPECT_EQ(phases, b.phases);
    EXPECT_EQ(groups, b.groups);
    EXPECT_EQ(matrix, b.matrix);
    EXPECT_EQ(latencies.cells(), b.latencies.cells());
    EXPECT_EQ(from_begun.cells(), b.latencies_from_begun.cells());
    EXPECT_EQ(loop_delay, b.loop_delay);
    EXPECT_EQ(phase_loop_delay, b.phase_loop_delay);
    const auto& [connected, refused, dropped, reconnects, syn_retransmitted, connect, tcp, connack, tls, reasons,
                 addresses] = sessions;
    EXPECT_EQ(connected, b.sessions.connected);
    EXPECT_EQ(refused, b.sessions.refused);
    EXPECT_EQ(dropped, b.sessions.dropped);
    EXPECT_EQ(reconnects, b.sessions.reconnects);
    EXPECT_EQ(syn_retransmitted, b.sessions.syn_retransmitted);
    EXPECT_EQ(connect, b.sessions.connect);
    EXPECT_EQ(tcp, b.sessions.tcp);
    EXPECT_EQ(connack, b.sessions.connack);
    const auto& [full, resumed, unverified, failures, tls_bytes_sent, tls_bytes_received] = tls;
    EXPECT_EQ(full, b.sessions.tls.full);
    EXPECT_EQ(resumed, b.sessions.tls.resumed);
    EXPECT_EQ(unverified, b.sessions.tls.unverified);
    EXPECT_EQ(failures, b.sessions.tls.failures);
    EXPECT_EQ(tls_bytes_sent, b.sessions.tls.bytes_sent);
    EXPECT_EQ(tls_bytes_received, b.sessions.tls.bytes_received);
    EXPECT_EQ(reasons, b.sessions.reasons);
    EXPECT_EQ(addresses, b.sessions.addresses);
    const auto& [allowed, sent, opened, open_peak, busy_peak, wait, timed_out, sent_again, failed_over, api_addresses] =
        http;
    EXPECT_EQ(allowed, b.http.connection_limit);
    EXPECT_EQ(sent, b.http.requests);
    EXPECT_EQ(opened, b.http.opened);
    EXPECT_EQ(open_peak, b.http.open_peak);
    EXPECT_EQ(busy_peak, b.http.busy_peak);
    EXPECT_EQ(wait, b.http.connection_wait);
    EXPECT_EQ(timed_out, b.http.timeouts);
    EXPECT_EQ(sent_again, b.http.retries);
    EXPECT_EQ(failed_over, b.http.failovers);
    EXPECT_EQ(api_addresses, b.http.addresses);
    const auto& [published, received, bytes_sent, bytes_received, published_steps, received_steps] = messages;
    EXPECT_EQ(published, b.messages.published);
    EXPECT_EQ(received, b.messages.received);
    EXPECT_EQ(bytes_sent, b.messages.bytes_sent);
    EXPECT_EQ(bytes_received, b.messages.bytes_received);
    EXPECT_EQ(published_steps, b.messages.published_steps);
    EXPECT_EQ(received_steps, b.messages.received_steps);
    const auto& [waiting, out_of_order, waited] = queued;
    EXPECT_EQ(waiting, b.queued.delivered);
    EXPECT_EQ(out_of_order, b.queued.out_of_order);
    EXPECT_EQ(waited, b.queued.wait);
    ASSERT_EQ(recoveries.size(), b.recoveries.size());
    for (const auto& [which, counts] : recoveries) {
        ASSERT_TRUE(b.recoveries.contains(which)) << which.first << ", " << which.second;
        const auto& [affected, back] = counts;
        EXPECT_EQ(affected, b.recoveries.at(which).affected);
        EXPECT_EQ(back, b.recoveries.at(which).recovery_times);
    }
    ASSERT_EQ(observers.size(), b.observers.size());
    for (const auto& [which, counts] : observers) {
        ASSERT_TRUE(b.observers.contains(which)) << which;
        const auto& [came, ends, first, disagreed, turned_away, observed_addresses, broken] = counts;
        const auto& other = b.observers.at(which);
        EXPECT_EQ(came, other.received);
        EXPECT_EQ(ends, other.completions);
        EXPECT_EQ(first, other.first_completions);
        EXPECT_EQ(disagreed, other.disagreements);
        EXPECT_EQ(turned_away, other.rejections);
        EXPECT_EQ(observed_addresses, other.addresses);
        EXPECT_EQ(broken, other.connection_errors);
    }
    ASSERT_EQ(campaigns.size(), b.campaigns.size());
    for (const auto& [which, counts] : campaigns) {
        ASSERT_TRUE(b.campaigns.contains(which)) << which;
        const auto& [published_count, addressed, got, returned, repeated, latency] = counts;
        const auto& other = b.campaigns.at(which);
        EXPECT_EQ(published_count, other.published);
        EXPECT_EQ(addressed, other.addressed);
        EXPECT_EQ(got, other.delivered);
        EXPECT_EQ(returned, other.delivered_after_reconnect);
        EXPECT_EQ(repeated, other.duplicate_deliveries);
        EXPECT_EQ(latency, other.latency);
    }
    EXPECT_EQ(broker_api, b.broker_api);
    EXPECT_EQ(telemetry, b.telemetry);
    EXPECT_EQ(backlogs, b.backlogs);
    EXPECT_EQ(taps, b.taps);
    EXPECT_EQ(programs, b.programs);
    EXPECT_EQ(misfits, b.unmatched_fields);
    EXPECT_EQ(limits, b.broker_limits);
    EXPECT_EQ(anomalies, b.anomalies);
    EXPECT_EQ(provoked, b.expected_anomalies);
    EXPECT_EQ(errors, b.errors);
    EXPECT_EQ(omitted_records, b.omitted_records);
    expect_same(requests_told, b.request_records);
    expect_same(slowest_told, b.slowest_requests);
    expect_same(anomalies_told, b.anomaly_records);
    expect_same(sessions_told, b.session_records);
    expect_same(findings_told, b.telemetry_findings);
}

void expect_same(const status_report& a, const status_report& b) {
    const auto& [snapshot, commands_executed, complete_intervals, interrupted, terminated, leaving] = a;
    EXPECT_EQ(commands_executed, b.commands_executed);
    EXPECT_EQ(complete_intervals, b.complete_intervals);
    EXPECT_EQ(interrupted, b.interrupted);
    EXPECT_EQ(terminated, b.terminated);
    EXPECT_EQ(leaving, b.leaving);
    const auto& [totals, sessions_planned, online, vehicles, in_flight, waiting, over_limit, awaited, all_due,
                 driver_ready, error, fatal_error, cpu_s, rss_bytes, machines] = snapshot;
    expect_same(totals, b.snapshot.counts);
    EXPECT_EQ(sessions_planned, b.snapshot.sessions_planned);
    EXPECT_EQ(online, b.snapshot.sessions_online);
    EXPECT_EQ(vehicles, b.snapshot.vehicles);
    EXPECT_EQ(in_flight, b.snapshot.in_flight);
    EXPECT_EQ(waiting, b.snapshot.waiting);
    EXPECT_EQ(awaited, b.snapshot.awaited);
    EXPECT_EQ(over_limit, b.snapshot.over_limit);
    EXPECT_EQ(fatal_error, b.snapshot.fatal_error);
    EXPECT_EQ(all_due, b.snapshot.all_due);
    EXPECT_EQ(driver_ready, b.snapshot.driver_ready);
    EXPECT_EQ(error, b.snapshot.setup_error);
    expect_same_number(cpu_s, b.snapshot.cpu_s);
    EXPECT_EQ(rss_bytes, b.snapshot.rss_bytes);
    ASSERT_EQ(machines.size(), b.snapshot.machines.size());
    for (const auto& [host, usage] : machines) {
        ASSERT_TRUE(b.snapshot.machines.contains(host)) << host;
        const auto& [ranks, elapsed_s, allowed_core_s, own_cpu_s, core_s, busy_s, steal_s, stalled_s, throttled_s] =
            usage;
        const auto& other = b.snapshot.machines.at(host);
        EXPECT_EQ(ranks, other.ranks);
        expect_same_number(elapsed_s, other.elapsed_s);
        expect_same_number(allowed_core_s, other.allowed_core_s);
        expect_same_number(own_cpu_s, other.own_cpu_s);
        expect_same_number(core_s, other.core_s);
        expect_same_number(busy_s, other.busy_s);
        expect_same_number(steal_s, other.steal_s);
        expect_same_number(stalled_s, other.stalled_s);
        expect_same_number(throttled_s, other.throttled_s);
    }
}

} // namespace loadsim::cluster::samples
