#include "samples.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace loadsim::cluster::samples {
namespace {

using namespace std::chrono_literals;
using measure::hop;

measure::request_counts some_requests(std::uint64_t from) {
    measure::request_counts r;
    r.due = from;
    r.sent = from + 1;
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) r.outcomes[i] = from + 2 + i;
    r.outcomes[3] = 0; // zeros are not written
    r.unexpected = from + 20;
    return r;
}

void expect_same_number(double a, double b) {
    if (std::isnan(a) && std::isnan(b)) return;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a), std::bit_cast<std::uint64_t>(b)) << a << " and " << b;
}

void expect_same(const measure::failure& a, const measure::failure& b) {
    const auto& [arrival, request, vin, segment, behaviour, service, phase, expected, observed, why, due, sent,
                 accepted, delivered, acked, finished, seen] = a;
    EXPECT_EQ(arrival, b.arrival);
    EXPECT_EQ(request, b.request);
    EXPECT_EQ(vin, b.vin);
    EXPECT_EQ(segment, b.segment);
    EXPECT_EQ(behaviour, b.behaviour);
    EXPECT_EQ(service, b.service);
    EXPECT_EQ(phase, b.phase);
    EXPECT_EQ(expected, b.expected);
    EXPECT_EQ(observed, b.observed);
    EXPECT_EQ(why, b.why);
    expect_same_number(due, b.due_ms);
    expect_same_number(sent, b.sent_ms);
    expect_same_number(accepted, b.accepted_ms);
    expect_same_number(delivered, b.delivered_ms);
    expect_same_number(acked, b.acked_ms);
    expect_same_number(finished, b.finished_ms);
    expect_same_number(seen, b.observed_ms);
}

} // namespace

measure::failure a_failure() {
    measure::failure f;
    f.arrival = std::numeric_limits<std::uint64_t>::max();
    f.request = "req-1";
    f.vin = "WBA1";
    f.segment = "pilot, \"quoted\"";
    f.behaviour = "success";
    f.service = "horn";
    f.phase = "ramp\nup";
    f.expected = outcome::executed;
    f.observed = outcome::errored;
    f.why = std::string("HTTP 500: \xff\xfe\0 caf\xc3\xa9", 19); // not UTF-8, and a zero in it
    f.due_ms = 0.1;
    f.sent_ms = 1.0 / 3;
    f.accepted_ms = std::numeric_limits<double>::quiet_NaN();
    f.delivered_ms = 123456789.000001;
    f.acked_ms = -0.0;
    f.finished_ms = 5e-324;
    f.observed_ms = 1.7976931348623157e308;
    return f;
}

measure::totals some_totals(std::uint64_t from) {
    measure::totals t;
    t.requests = some_requests(from);
    t.phases = {some_requests(2 * from), some_requests(3 * from)};
    t.matrix[{1, outcome::executed, outcome::failed}] = 4 * from;
    t.matrix[{4'000'000'000, outcome::timed_out, outcome::skipped}] = std::uint64_t{1} << 63;
    t.latencies.record(hop::lag, 0, 0, nanoseconds{-5});
    t.latencies.record(hop::e2e, 0, 1, std::chrono::milliseconds{from});
    t.latencies.record(hop::e2e, 2, 1, 3ms);
    t.latencies.record(hop::expiry, 1, 1, 2h);
    t.sessions.refused = 5 * from;
    t.sessions.dropped = 6 * from;
    t.sessions.reconnects = 7 * from;
    t.sessions.syn_retransmitted = 8 * from;
    t.sessions.connect.record(std::chrono::milliseconds{from});
    t.sessions.reasons = {{"reset \"by\" peer", 8 * from}, {"", 9 * from}};
    t.http.allowed = 20 * from;
    t.http.requests = 21 * from;
    t.http.opened = 22 * from;
    t.http.open_peak = 23 * from;
    t.http.busy_peak = 24 * from;
    t.http.wait.record(std::chrono::milliseconds{from});
    t.messages = {10 * from, 11 * from, 12 * from, 13 * from};
    for (std::size_t i = 0; i < t.anomalies.size(); ++i) t.anomalies[i] = 14 * from + i;
    t.errors = {{"no vehicle was free", 15 * from}, {"\xff", 16 * from}};
    t.failures = {a_failure(), {}};
    return t;
}

report a_report(std::uint64_t from) {
    report r;
    r.seen.seen = some_totals(from);
    r.seen.sessions_asked = static_cast<std::uint32_t>(from + 1);
    r.seen.sessions_online = static_cast<std::uint32_t>(from + 2);
    r.seen.in_flight = from + 3;
    r.seen.all_due = true;
    r.seen.driver_ready = true;
    r.seen.trouble = "the broker is gone";
    r.seen.cpu_s = static_cast<double>(from) / 3;
    r.seen.rss_bytes = from + 4;
    r.orders_followed = static_cast<std::uint32_t>(from + 5);
    r.interrupted = true;
    r.terminated = true;
    r.leaving = true;
    return r;
}

void expect_same(const measure::totals& a, const measure::totals& b) {
    // Taken apart: a new field must be looked at here as well.
    const auto& [requests, phases, matrix, latencies, sessions, messages, http, anomalies, errors, failures] = a;
    EXPECT_EQ(requests, b.requests);
    EXPECT_EQ(phases, b.phases);
    EXPECT_EQ(matrix, b.matrix);
    EXPECT_EQ(latencies.cells(), b.latencies.cells());
    const auto& [refused, dropped, reconnects, syn_retransmitted, connect, reasons] = sessions;
    EXPECT_EQ(refused, b.sessions.refused);
    EXPECT_EQ(dropped, b.sessions.dropped);
    EXPECT_EQ(reconnects, b.sessions.reconnects);
    EXPECT_EQ(syn_retransmitted, b.sessions.syn_retransmitted);
    EXPECT_EQ(connect, b.sessions.connect);
    EXPECT_EQ(reasons, b.sessions.reasons);
    const auto& [allowed, sent, opened, open_peak, busy_peak, wait] = http;
    EXPECT_EQ(allowed, b.http.allowed);
    EXPECT_EQ(sent, b.http.requests);
    EXPECT_EQ(opened, b.http.opened);
    EXPECT_EQ(open_peak, b.http.open_peak);
    EXPECT_EQ(busy_peak, b.http.busy_peak);
    EXPECT_EQ(wait, b.http.wait);
    const auto& [published, received, bytes_sent, bytes_received] = messages;
    EXPECT_EQ(published, b.messages.published);
    EXPECT_EQ(received, b.messages.received);
    EXPECT_EQ(bytes_sent, b.messages.bytes_sent);
    EXPECT_EQ(bytes_received, b.messages.bytes_received);
    EXPECT_EQ(anomalies, b.anomalies);
    EXPECT_EQ(errors, b.errors);
    ASSERT_EQ(failures.size(), b.failures.size());
    for (std::size_t i = 0; i < failures.size(); ++i) expect_same(failures[i], b.failures[i]);
}

void expect_same(const report& a, const report& b) {
    const auto& [seen, orders_followed, interrupted, terminated, leaving] = a;
    EXPECT_EQ(orders_followed, b.orders_followed);
    EXPECT_EQ(interrupted, b.interrupted);
    EXPECT_EQ(terminated, b.terminated);
    EXPECT_EQ(leaving, b.leaving);
    const auto& [totals, asked, online, in_flight, all_due, driver_ready, trouble, cpu_s, rss_bytes] = seen;
    expect_same(totals, b.seen.seen);
    EXPECT_EQ(asked, b.seen.sessions_asked);
    EXPECT_EQ(online, b.seen.sessions_online);
    EXPECT_EQ(in_flight, b.seen.in_flight);
    EXPECT_EQ(all_due, b.seen.all_due);
    EXPECT_EQ(driver_ready, b.seen.driver_ready);
    EXPECT_EQ(trouble, b.seen.trouble);
    expect_same_number(cpu_s, b.seen.cpu_s);
    EXPECT_EQ(rss_bytes, b.seen.rss_bytes);
}

} // namespace loadsim::cluster::samples
