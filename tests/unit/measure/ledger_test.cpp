#include "single_vehicle_ledger.hpp"

#include <loadsim/base/units.hpp>

#include <gtest/gtest.h>

#include <cmath>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

due_request the_request(outcome_set expected = outcome::executed, nanoseconds when = 0ms) {
    due_request d;
    d.id = arrival_id{41};
    d.vehicle = car;
    d.due = at(when);
    d.expected = expected;
    d.pending_timeout = 5s;
    d.running_timeout = 9s;
    return d;
}

struct ledger_test : testing::Test {
    labels names{{"horn"}, {"steady", "late"}, {"healthy"}, {"success"}, {"tunnel"}};
    static constexpr request_key key{arrival_id{41}, car};
    measure::ledger ledger{names, [](vehicle_id v) { return "VIN" + std::to_string(index(v)); }, 60s};

    ledger_test() { ledger.set_start(at(0ms)); }

    void begin_and_accept(const due_request& d = the_request()) {
        ledger.begin(d, d.due + 500us);
        ledger.sent(key, d.due + 1ms);
        ledger.accepted(key, "r1", d.due + 4ms);
    }
    void respond(nanoseconds delivered, nanoseconds acked, nanoseconds finished) {
        ledger.delivered(car, "r1", at(delivered));
        ledger.acked(car, "r1", at(acked));
        ledger.finished(car, "r1", at(finished));
    }
    static std::uint64_t anomalies(const totals& t, anomaly a) { return t.anomalies[static_cast<std::size_t>(a)]; }
    static std::uint64_t all_anomalies(const totals& t) {
        std::uint64_t sum = 0;
        for (const auto n : t.anomalies) sum += n;
        return sum;
    }
    static double ms(const totals& t, hop h) { return static_cast<double>(t.latencies.select(h).max().count()) / 1e6; }
    static std::uint64_t samples(const totals& t, hop h) { return t.latencies.select(h).count(); }
};

} // namespace

TEST_F(ledger_test, vehicles_with_a_request_or_a_command_are_busy) {
    EXPECT_EQ(ledger.busy_count(), 0U);
    ledger.begin(the_request(), at(0ms));
    EXPECT_EQ(ledger.busy_count(), 1U);
    ledger.execution_began(car);
    EXPECT_EQ(ledger.busy_count(), 1U) << "one vehicle";
    ledger.rejected(key, "busy", at(10ms));
    EXPECT_EQ(ledger.busy_count(), 1U) << "it executes still";
    ledger.begin(the_request(), at(20ms));
    EXPECT_EQ(ledger.busy_count(), 1U);
    ledger.execution_ended(car);
    EXPECT_EQ(ledger.busy_count(), 1U);
    ledger.rejected(key, "busy", at(30ms));
    EXPECT_EQ(ledger.busy_count(), 0U);
    ledger.execution_began(car);
    ledger.execution_began(vehicle_id{8});
    EXPECT_EQ(ledger.busy_count(), 2U);
    ledger.execution_ended(car);
    EXPECT_EQ(ledger.busy_count(), 1U);
    ledger.finish(at(40ms));
    EXPECT_EQ(ledger.busy_count(), 0U) << "no execution outlives the run";
}

TEST_F(ledger_test, hops_are_the_differences_of_the_instants) {
    begin_and_accept();
    respond(10ms, 20ms, 110ms);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(115ms));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::lag), 0.5, 0.005);
    EXPECT_NEAR(ms(t, hop::accept), 4, 0.01);
    EXPECT_NEAR(ms(t, hop::dispatch), 10, 0.02);
    EXPECT_NEAR(ms(t, hop::vehicle), 100, 0.1);
    EXPECT_NEAR(ms(t, hop::notify), 5, 0.01);
    EXPECT_NEAR(ms(t, hop::e2e), 115, 0.2);
    EXPECT_NEAR(ms(t, hop::platform), 15, 0.03);
    EXPECT_EQ(samples(t, hop::expiry), 0U);
    EXPECT_EQ(t.requests.due, 1U);
    EXPECT_EQ(t.requests.sent, 1U);
    EXPECT_EQ(t.requests.ended(), 1U);
    EXPECT_EQ(t.requests.unexpected, 0U);
    EXPECT_EQ(t.phases[0].due, 1U);
    EXPECT_EQ(t.matrix.at({0, 0, outcome::executed, outcome::executed}), 1U);
    EXPECT_EQ(all_anomalies(t), 0U);
    EXPECT_FALSE(ledger.is_open(car));
}

TEST_F(ledger_test, an_expected_time_out_is_measured_by_expiry_alone) {
    begin_and_accept(the_request(outcome::timed_out));
    ledger.delivered(car, "r1", at(10ms));
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout", at(5054ms));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::expiry), 53, 0.1); // 5054 - (1 + 5000)
    EXPECT_EQ(samples(t, hop::e2e), 0U);
    EXPECT_EQ(samples(t, hop::platform), 0U);
    EXPECT_EQ(t.requests.unexpected, 0U);
}

TEST_F(ledger_test, expiry_after_an_acknowledgement_counts_from_the_running_deadline) {
    begin_and_accept(the_request(outcome::timed_out));
    ledger.delivered(car, "r1", at(10ms));
    ledger.acked(car, "r1", at(100ms));
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout", at(9120ms));
    EXPECT_NEAR(ms(ledger.take_counts(), hop::expiry), 20, 0.05);
}

// Losing requests must not improve a percentile.
TEST_F(ledger_test, a_missing_completion_counts_with_the_time_until_expiry) {
    begin_and_accept();
    ledger.expire_requests(at(10s));
    EXPECT_TRUE(ledger.is_open(car)) << "not due before then";
    ledger.expire_requests(at(60s));
    ledger.finish(at(60s));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::e2e), 60'000, 60);
    EXPECT_EQ(t.requests.outcomes[static_cast<std::size_t>(outcome::unanswered)], 1U);
    ASSERT_EQ(t.request_records.size(), 1U);
    EXPECT_EQ(t.request_records[0].outcome, outcome::unanswered);
}

TEST_F(ledger_test, an_unexpected_outcome_is_recorded_in_full) {
    begin_and_accept();
    respond(10ms, 20ms, 30ms);
    ledger.completion_observed(car, "r1", outcome::failed, "engine_running", at(35ms));
    const auto t = ledger.take_counts();
    EXPECT_EQ(t.requests.unexpected, 1U);
    ASSERT_EQ(t.request_records.size(), 1U);
    const auto& f = t.request_records[0];
    EXPECT_EQ(f.vin, "VIN7");
    EXPECT_EQ(f.arrival, 41U);
    EXPECT_EQ(f.request_id, "r1");
    EXPECT_EQ(f.segment, "healthy");
    EXPECT_EQ(f.behaviour, "success");
    EXPECT_EQ(f.service, "horn");
    EXPECT_EQ(f.phase, "steady");
    EXPECT_EQ(f.reason, "engine_running");
    EXPECT_DOUBLE_EQ(f.begun_at_ms, 0.5);
    EXPECT_DOUBLE_EQ(f.sent_at_ms, 1);
    EXPECT_DOUBLE_EQ(f.observed_at_ms, 35);
}

TEST_F(ledger_test, rejected_and_errored_complete_a_request) {
    ledger.begin(the_request(), at(0ms));
    ledger.sent(key, at(1ms));
    ledger.rejected(key, "409 busy", at(3ms));
    ledger.begin(the_request(), at(0ms));
    ledger.errored(key, "connection refused", at(4ms));
    const auto t = ledger.take_counts();
    EXPECT_EQ(t.requests.due, 2U);
    EXPECT_EQ(t.requests.sent, 1U);
    EXPECT_EQ(t.requests.ended(), 2U);
    EXPECT_EQ(t.requests.unexpected, 2U);
    EXPECT_EQ(t.errors.at("connection refused"), 1U);
    EXPECT_EQ(samples(t, hop::e2e), 2U);
    EXPECT_GE(t.latencies.select(hop::e2e).min(), 59s) << "being refused at once must not improve a percentile";
    ASSERT_EQ(t.request_records.size(), 2U);
    EXPECT_TRUE(std::isnan(t.request_records[1].sent_at_ms));
}

TEST_F(ledger_test, a_skipped_arrival_is_due_and_ended_and_unexpected_unless_wanted) {
    ledger.skip(the_request(), "no vehicle free", false);
    ledger.skip(the_request(), "maxVusers", true);
    const auto t = ledger.take_counts();
    EXPECT_EQ(t.requests.due, 2U);
    EXPECT_EQ(t.requests.ended(), 2U);
    EXPECT_EQ(t.requests.unexpected, 1U);
    EXPECT_EQ(t.request_records.size(), 1U);
    EXPECT_EQ(samples(t, hop::e2e), 0U);
    EXPECT_EQ(t.errors.at("maxVusers"), 1U);
    EXPECT_EQ(t.matrix.at({0, 0, outcome::skipped, outcome::skipped}), 1U);
    EXPECT_EQ(t.matrix.at({0, 0, outcome::executed, outcome::skipped}), 1U)
        << "off the diagonal: as many as are unexpected";
}

TEST_F(ledger_test, counts_the_arrivals_that_the_generators_lateness_may_have_skipped) {
    ledger.skip(the_request(), "no vehicle free", false);
    ledger.skip(the_request(), "no vehicle free", false, true);
    ledger.skip(the_request(), "maxVusers", true, true);
    const auto t = ledger.take_counts();
    for (const auto& counts : {t.requests, t.phases.at(0), t.groups.at({.service = 0, .phase = 0, .segment = 0})}) {
        EXPECT_EQ(counts.unexpected, 2U);
        EXPECT_EQ(counts.skipped_late, 2U);
        EXPECT_EQ(counts.unexpected_late, 1U);
    }
}

// What the platform is blamed for is counted from the instant at which the generator got to the request.
TEST_F(ledger_test, hops_from_due_are_also_counted_from_begun) {
    begin_and_accept(); // 0.5 ms late
    respond(10ms, 20ms, 110ms);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(115ms));
    const auto t = ledger.take_counts();
    const auto from_begun = [&](hop h) { return milliseconds(t.latencies_from_begun.select(h).max()); };
    EXPECT_NEAR(from_begun(hop::accept), 3.5, 0.005);
    EXPECT_NEAR(from_begun(hop::dispatch), 9.5, 0.01);
    EXPECT_NEAR(from_begun(hop::e2e), 114.5, 0.1);
    EXPECT_NEAR(from_begun(hop::platform), 14.5, 0.02);
    for (const auto h : {hop::lag, hop::vehicle, hop::notify})
        EXPECT_TRUE(t.latencies_from_begun.select(h).empty()) << to_string(h);
}

TEST_F(ledger_test, a_request_without_an_end_counts_with_its_completion_timeout_from_begun_too) {
    ledger.begin(the_request(), at(20s));
    ledger.sent(key, at(20s));
    ledger.expire_requests(at(60s));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::e2e), 60'000, 60);
    EXPECT_NEAR(milliseconds(t.latencies_from_begun.select(hop::e2e).max()), 60'000, 60);
}

// The 202 may be read after the command was delivered, or even after the completion: the instants are kept.
TEST_F(ledger_test, the_http_response_may_arrive_last) {
    ledger.begin(the_request(), at(0ms));
    ledger.sent(key, at(1ms));
    respond(2ms, 3ms, 4ms);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(5ms));
    EXPECT_TRUE(ledger.is_open(car));
    ledger.accepted(key, "r1", at(7ms));
    EXPECT_FALSE(ledger.is_open(car));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::e2e), 5, 0.01);
    EXPECT_NEAR(ms(t, hop::accept), 7, 0.01);
    EXPECT_NEAR(ms(t, hop::vehicle), 2, 0.01);
    EXPECT_EQ(all_anomalies(t), 0U);
}

TEST_F(ledger_test, evidence_before_the_http_response_may_belong_to_another_request) {
    ledger.begin(the_request(), at(0ms));
    ledger.delivered(car, "other", at(2ms));
    ledger.completion_observed(car, "other", outcome::failed, "", at(3ms));
    ledger.accepted(key, "r1", at(4ms));
    ASSERT_TRUE(ledger.is_open(car));
    respond(5ms, 6ms, 7ms);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(9ms));
    const auto t = ledger.take_counts();
    EXPECT_EQ(t.requests.unexpected, 0U);
    EXPECT_NEAR(ms(t, hop::dispatch), 5, 0.01);
    EXPECT_EQ(samples(t, hop::dispatch), 1U);
    EXPECT_EQ(anomalies(t, anomaly::concurrent_request), 1U);
    EXPECT_EQ(all_anomalies(t), 1U) << "its end is no other thing";
}

TEST_F(ledger_test, a_late_event_of_the_previous_request_is_not_assigned_to_the_open_one) {
    begin_and_accept();
    respond(5ms, 6ms, 7ms);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(9ms));
    ledger.begin(the_request(outcome::executed, 10ms), at(10ms));
    ledger.completion_observed(car, "r1", outcome::executed, "", at(12ms));
    EXPECT_FALSE(ledger.delivered(car, "r1", at(12ms)).is_first);
    EXPECT_TRUE(ledger.delivered(car, "r2", at(13ms)).is_first);
    ledger.accepted(key, "r2", at(14ms));
    const auto t = ledger.take_counts();
    EXPECT_EQ(anomalies(t, anomaly::completion_duplicated), 1U);
    EXPECT_EQ(anomalies(t, anomaly::command_duplicated), 1U);
    EXPECT_EQ(all_anomalies(t), 2U);
}

TEST_F(ledger_test, a_service_has_its_own_completion_timeout) {
    auto quick = the_request();
    quick.completion_timeout = 20s;
    begin_and_accept(quick);
    ledger.expire_requests(at(19999ms));
    EXPECT_TRUE(ledger.is_open(car));
    ledger.expire_requests(at(20s));
    EXPECT_FALSE(ledger.is_open(car));

    auto slow = the_request(outcome::executed, 100s);
    slow.completion_timeout = 90s;
    begin_and_accept(slow);
    ledger.expire_requests(at(189s));
    EXPECT_TRUE(ledger.is_open(car)) << "longer than that of the ledger";
    ledger.expire_all(at(189s));
    EXPECT_FALSE(ledger.is_open(car));
    const auto t = ledger.take_counts();
    EXPECT_EQ(t.requests.outcomes[static_cast<std::size_t>(outcome::unanswered)], 2U);
}

TEST_F(ledger_test, a_refused_request_counts_with_the_completion_timeout_of_its_service) {
    auto slow = the_request();
    slow.completion_timeout = 90s;
    ledger.begin(slow, at(1ms));
    ledger.rejected(key, "http: 409", at(2ms));
    EXPECT_NEAR(ms(ledger.take_counts(), hop::e2e), 90'000, 90);
}

// The drain may be shorter than the limit of a budget: 200 lost requests must not be 7 s long because the run ended then.
TEST_F(ledger_test, a_lost_request_counts_with_the_completion_timeout_at_least) {
    begin_and_accept();
    ledger.expire_all(at(7s));
    EXPECT_GE(ledger.take_counts().latencies.select(hop::e2e).min(), 59s);
}

TEST_F(ledger_test, an_expected_timeout_belongs_to_expiry_alone) {
    auto either = the_request();
    either.expected.add(outcome::timed_out);
    begin_and_accept(either);
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout", at(6s));
    const auto timed_out = ledger.take_counts();
    EXPECT_EQ(samples(timed_out, hop::e2e), 0U);
    EXPECT_EQ(samples(timed_out, hop::expiry), 1U);

    begin_and_accept(either);
    respond(5ms, 6ms, 7ms);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(9ms));
    begin_and_accept(the_request());
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout", at(6s));
    const auto others = ledger.take_counts();
    EXPECT_EQ(samples(others, hop::e2e), 2U) << "executed, and a time-out that is not expected";
    EXPECT_EQ(samples(others, hop::expiry), 0U);
}

TEST_F(ledger_test, expiry_after_an_acknowledgement_that_may_be_lost_counts_from_the_missed_deadline) {
    auto either = the_request();
    either.expected.add(outcome::timed_out);
    begin_and_accept(either);
    ledger.delivered(car, "r1", at(10ms));
    ledger.acked(car, "r1", at(100ms));
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout", at(5021ms));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::expiry), 20, 0.1) << "from the pending deadline: 1 + 5000";
    EXPECT_EQ(t.latencies.select(hop::expiry).negative(), 0U);
}

TEST_F(ledger_test, counts_the_open_requests_that_were_due_until_then) {
    const auto all = [](const due_request&) { return true; };
    begin_and_accept(the_request(outcome::executed, 1s));
    EXPECT_EQ(ledger.count_open_since(at(999ms), all), 0U);
    EXPECT_EQ(ledger.count_open_since(at(1s), all), 1U);
    EXPECT_EQ(ledger.count_open_since(at(1s), [](const due_request& r) { return r.service != 0; }), 0U);
    ledger.expire_all(at(2s));
    EXPECT_EQ(ledger.count_open_since(at(2s), all), 0U);
    begin_and_accept(the_request(outcome::timed_out, 1s));
    EXPECT_EQ(ledger.count_open_since(at(2s), all), 0U) << "no response is expected of its vehicle";
}

TEST_F(ledger_test, commands_have_the_platforms_name_of_the_service) {
    auto words = names;
    words.platform_services = {"HORN"};
    measure::ledger own(
        words, [](vehicle_id) { return std::string("V"); }, 60s);
    own.set_start(at(0ms));
    own.begin(the_request(), at(0ms));
    own.accepted(key, "r1", at(1ms));
    own.delivered(car, "r1", at(2ms), {.service = "HORN"});
    own.finished(car, "r1", at(3ms));
    own.completion_observed(car, "r1", outcome::executed, "", at(3500us));
    EXPECT_EQ(all_anomalies(own.take_counts()), 0U);
    own.begin(the_request(), at(4ms));
    own.accepted(key, "r2", at(5ms));
    own.delivered(car, "r2", at(6ms), {.service = "horn"});
    const auto t = own.take_counts();
    EXPECT_EQ(anomalies(t, anomaly::command_wrong_service), 1U);
    ASSERT_EQ(t.anomaly_records.size(), 1U);
    EXPECT_EQ(t.anomaly_records[0].evidence, "the command has the service 'horn', 'HORN' was requested");
}

TEST_F(ledger_test, a_completion_after_expiry_is_no_contradiction) {
    begin_and_accept();
    ledger.expire_requests(at(60s));
    ledger.completion_observed(car, "r1", outcome::executed, "", at(61s));
    const auto t = ledger.take_counts();
    EXPECT_EQ(anomalies(t, anomaly::completion_missing), 1U);
    EXPECT_EQ(all_anomalies(t), 1U);
    EXPECT_EQ(t.requests.ended(), 1U);
}

TEST_F(ledger_test, a_negative_hop_is_recorded_and_counted) {
    begin_and_accept(the_request(outcome::timed_out));
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout", at(1s)); // four seconds before its deadline
    const auto t = ledger.take_counts();
    EXPECT_EQ(samples(t, hop::expiry), 1U);
    EXPECT_EQ(t.latencies.select(hop::expiry).negative(), 1U);
    EXPECT_EQ(anomalies(t, anomaly::negative_sample), 1U);
}

TEST_F(ledger_test, a_time_out_within_the_resolution_of_a_timer_is_not_too_early) {
    begin_and_accept(the_request(outcome::timed_out));
    ledger.completion_observed(car, "r1", outcome::timed_out, "timeout",
                               at(4981ms)); // sent at 1 ms, deadline 5 s
    const auto t = ledger.take_counts();
    EXPECT_EQ(samples(t, hop::expiry), 1U);
    EXPECT_EQ(t.latencies.select(hop::expiry).max(), nanoseconds{0});
    EXPECT_EQ(all_anomalies(t), 0U);
}

// Regression (garbled text): the reason was read after the request had been erased.
TEST_F(ledger_test, keeps_the_reason_of_a_completion_before_the_http_response) {
    ledger.begin(the_request(), at(0ms));
    ledger.sent(key, at(1ms));
    ledger.completion_observed(car, "r1", outcome::failed, "door_open", at(5ms));
    ledger.accepted(key, "r1", at(7ms));
    ledger.finish(at(8ms));
    const auto t = ledger.take_counts();
    ASSERT_EQ(t.request_records.size(), 1U);
    EXPECT_EQ(t.request_records[0].reason, "door_open");
}

// A driver may report a result for an expired request when the vehicle already has its next one.
TEST_F(ledger_test, driver_results_of_an_expired_request_are_ignored) {
    begin_and_accept();
    ledger.expire_requests(at(60s));
    auto next = the_request(outcome::executed, 61s);
    next.id = arrival_id{42};
    ledger.begin(next, next.due);
    EXPECT_FALSE(ledger.is_open(key));
    EXPECT_TRUE(ledger.is_open(request_key{arrival_id{42}, car}));
    ledger.sent(key, at(62s));
    ledger.accepted(key, "old", at(62s));
    ledger.rejected(key, "http: 409", at(62s));
    ledger.errored(key, "http: 500", at(62s));
    ASSERT_TRUE(ledger.is_open(car));
    EXPECT_EQ(ledger.take_counts().requests.sent, 1U);
}

// A platform that stands still keeps all connections busy: that is its own time, not the generator's.
TEST_F(ledger_test, the_wait_for_a_connection_is_no_lag) {
    ledger.begin(the_request(), at(2ms));
    EXPECT_EQ(ledger.waiting_count(), 1U);
    ledger.sent(key, at(4s));
    EXPECT_EQ(ledger.waiting_count(), 0U);
    ledger.accepted(key, "r1", at(8s));
    respond(9s, 9s, 9s);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(10s));
    const auto t = ledger.take_counts();
    EXPECT_NEAR(ms(t, hop::lag), 2, 0.01);
    EXPECT_NEAR(ms(t, hop::accept), 8'000, 8);
    EXPECT_NEAR(ms(t, hop::e2e), 10'000, 10);
}

TEST_F(ledger_test, a_request_that_was_never_sent_waits_no_longer) {
    ledger.begin(the_request(), at(2ms));
    ledger.expire_all(at(3s));
    EXPECT_EQ(ledger.waiting_count(), 0U);
}

TEST_F(ledger_test, the_end_of_a_request_is_reported_when_its_vehicle_is_free) {
    int ended = 0;
    ledger.set_on_completed([&](vehicle_id v) {
        ++ended;
        EXPECT_FALSE(ledger.is_open(v));
    });
    begin_and_accept();
    EXPECT_EQ(ended, 0);
    ledger.completion_observed(car, "r1", outcome::executed, "", at(40ms));
    ledger.skip(the_request(), "no vehicle was online and free", false);
    EXPECT_EQ(ended, 1);
}

TEST_F(ledger_test, an_unsent_request_counts_as_errored_and_not_as_lag) {
    ledger.begin(the_request(), at(2ms));
    ledger.expire_requests(at(60s));
    const auto t = ledger.take_counts();
    EXPECT_EQ(t.requests.outcomes[static_cast<std::size_t>(outcome::errored)], 1U);
    EXPECT_EQ(samples(t, hop::lag), 1U);
    EXPECT_NEAR(ms(t, hop::lag), 2, 0.01);
    EXPECT_NEAR(ms(t, hop::e2e), 60'000, 60);
    ASSERT_EQ(t.request_records.size(), 1U);
    EXPECT_EQ(t.request_records[0].reason, "never sent: no connection was free in time");
    EXPECT_DOUBLE_EQ(t.request_records[0].begun_at_ms, 2);
}

// The HTTP response was lost, the command was not: the vehicle receives the command late, and once.
TEST_F(ledger_test, the_first_command_after_a_lost_http_response_is_no_duplicate) {
    ledger.begin(the_request(), at(0ms));
    ledger.sent(key, at(1ms));
    ledger.errored(key, "http: no response in time", at(10s));
    EXPECT_TRUE(ledger.delivered(car, "r1", at(11s)).is_first);
    EXPECT_FALSE(ledger.delivered(car, "r1", at(12s)).is_first);
    EXPECT_EQ(anomalies(ledger.take_counts(), anomaly::command_duplicated), 1U);
}

TEST_F(ledger_test, take_counts_moves_counts_out_and_resets) {
    begin_and_accept();
    EXPECT_EQ(ledger.take_counts().requests.due, 1U);
    const auto second = ledger.take_counts();
    EXPECT_EQ(second.requests.due, 0U);
    EXPECT_EQ(second.phases.size(), 2U);
    EXPECT_EQ(ledger.open_count(), 1U);
}
