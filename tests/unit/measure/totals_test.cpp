#include <loadsim/base/secrets.hpp>
#include <loadsim/measure/snapshot.hpp>
#include <loadsim/measure/totals.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

/// All numbers differ, so that a field added to the wrong field is detected.
request_counts some_requests(std::uint64_t from) {
    request_counts r;
    r.due = from;
    r.sent = from + 1;
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) r.outcomes[i] = from + 2 + i;
    r.unexpected = from + 20;
    r.skipped_late = from + 21;
    r.unexpected_late = from + 22;
    return r;
}

totals some_totals() {
    totals t;
    t.requests = some_requests(100);
    t.phases = {some_requests(200), some_requests(300)};
    t.groups[{.service = 1, .segment = 2}] = some_requests(350);
    t.matrix[{1, 0, outcome::executed, outcome::failed}] = 400;
    t.latencies.record(hop::e2e, 0, 0, 5ms);
    for (int i = 0; i < 2; ++i) t.latencies_from_begun.record(hop::e2e, 0, 0, 4ms);
    t.loop_delay.record(6ms);
    t.phase_loop_delay.resize(2);
    t.phase_loop_delay[1].record(6ms);
    t.sessions.connected = 500;
    t.sessions.refused = 501;
    t.sessions.dropped = 502;
    t.sessions.reconnects = 503;
    t.sessions.syn_retransmitted = 505;
    t.sessions.connect.record(7ms);
    t.sessions.tcp.record(8ms, 2);
    t.sessions.connack.record(9ms, 3);
    t.sessions.tls.full.record(10ms, 4);
    t.sessions.tls.resumed.record(1ms, 5);
    t.sessions.tls.unverified = 506;
    t.sessions.tls.failures["TLS alert from the peer: unknown ca"] = 507;
    t.sessions.tls.bytes_sent = 508;
    t.sessions.tls.bytes_received = 509;
    t.sessions.reasons["reset"] = 504;
    t.sessions.addresses["10.0.0.1:1883"] = 506;
    t.messages = {601, 602, 603, 604, 605, 606};
    t.http = {.connection_limit = 651,
              .requests = 652,
              .opened = 653,
              .open_peak = 654,
              .busy_peak = 655,
              .connection_wait = {},
              .timeouts = 656,
              .retries = 657,
              .failovers = 658};
    t.http.connection_wait.record(9ms);
    t.http.addresses["10.0.0.1:80"] = 659;
    t.queued = {.delivered = 671, .out_of_order = 672, .wait = {}};
    t.queued.wait.record(11ms);
    t.recoveries[{1, 2}].affected = 681;
    t.recoveries[{1, 2}].recovery_times.record(13ms);
    t.observers[1] = {.received = 691,
                      .completions = 692,
                      .first_completions = 693,
                      .disagreements = 694,
                      .rejections = {{"unsigned", 695}}};
    t.observers[1].addresses["10.0.0.1:80"] = 670;
    t.observers[1].connection_errors["has ended"] = 660;
    t.campaigns[2] = {.published = 696,
                      .addressed = 697,
                      .delivered = 698,
                      .delivered_after_reconnect = 699,
                      .duplicate_deliveries = 700,
                      .latency = {}};
    t.campaigns[2].latency.record(15ms);
    t.broker_api.accepted = 711;
    t.broker_api.refused = 712;
    t.broker_api.reset = 713;
    t.broker_api.malformed = 714;
    t.broker_api.delayed = 715;
    t.broker_api.posted = 716;
    t.broker_api.rejected = 717;
    t.broker_api.failed = 718;
    t.broker_api.dropped = 719;
    t.broker_api.duplicated = 720;
    t.broker_api.reasons["inbound: 503"] = 721;
    t.telemetry[1].due = 731;
    t.telemetry[1].publish.record(16ms);
    t.telemetry[1].reasons["packet too large"] = 732;
    t.backlogs = {.begun = 733, .drained = {}, .errors = 734, .reasons = {{"disk full", 735}}};
    t.backlogs.drained.record(17s);
    t.taps[2].groups[1].lost = 736;
    t.taps[2].groups[1].largest_distance.value = 737;
    t.taps[2].unassigned.unknown_vehicle = 738;
    t.taps[2].bridge.record(18ms);
    t.taps[2].partitions["telemetry/0"] = 739;
    t.taps[2].consumer_lag["telemetry/0"].value = 740;
    t.programs = {.asked = 741,
                  .answered = 742,
                  .late = 743,
                  .answer = {},
                  .failures = {{"exec_timeout", 744}},
                  .reasons = {{"exec_timeout: after 1s", 745}}};
    t.programs.answer.record(19ms);
    t.unmatched_fields["nothing fits"] = 722;
    t.broker_limits["too little"] = 723;
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        t.anomalies[i] = 700 + i;
        t.expected_anomalies[i] = 750 + i;
    }
    t.errors["no vehicle was free"] = 800;
    t.omitted_records = 900;
    t.request_records.emplace_back();
    t.slowest_requests.resize(4);
    t.anomaly_records.resize(2);
    t.session_records.resize(3);
    t.telemetry_findings.resize(4);
    return t;
}

void expect_times(const request_counts& sum, std::uint64_t times, const request_counts& one) {
    EXPECT_EQ(sum.due, times * one.due);
    EXPECT_EQ(sum.sent, times * one.sent);
    for (std::size_t i = 0; i < one.outcomes.size(); ++i) EXPECT_EQ(sum.outcomes[i], times * one.outcomes[i]) << i;
    EXPECT_EQ(sum.unexpected, times * one.unexpected);
    EXPECT_EQ(sum.skipped_late, times * one.skipped_late);
    EXPECT_EQ(sum.unexpected_late, times * one.unexpected_late);
}

/// Checks that `sum` is `times` times some_totals(). Structured binding: a new field must be checked here as well.
void expect_times(const totals& sum, std::uint64_t times) {
    const auto one = some_totals();
    const auto& [requests, phases, groups, matrix, latencies, from_begun, loop_delay, phase_loop_delay, sessions,
                 messages, http, queued, recoveries, observers, campaigns, broker_api, telemetry, backlogs, taps,
                 programs, unmatched_fields, broker_limits, anomalies, expected_anomalies, errors, omitted_records,
                 request_records, slowest_requests, anomaly_records, session_records, telemetry_findings] = sum;
    expect_times(requests, times, one.requests);
    ASSERT_EQ(phases.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) expect_times(phases[i], times, one.phases[i]);
    ASSERT_EQ(groups.size(), 1U);
    expect_times(groups.begin()->second, times, one.groups.begin()->second);
    ASSERT_EQ(matrix.size(), 1U);
    EXPECT_EQ(matrix.begin()->second, 400 * times);
    EXPECT_EQ(latencies.select(hop::e2e).count(), times);
    EXPECT_EQ(from_begun.select(hop::e2e).count(), 2 * times);
    EXPECT_EQ(loop_delay.count(), times);
    ASSERT_EQ(phase_loop_delay.size(), 2U);
    EXPECT_EQ(phase_loop_delay[1].count(), times);

    const auto& [connected, refused, dropped, reconnects, syn_retransmitted, connect, tcp, connack, tls, reasons,
                 addresses] = sessions;
    EXPECT_EQ(connected, 500 * times);
    EXPECT_EQ(refused, 501 * times);
    EXPECT_EQ(dropped, 502 * times);
    EXPECT_EQ(reconnects, 503 * times);
    EXPECT_EQ(syn_retransmitted, 505 * times);
    EXPECT_EQ(connect.count(), times);
    EXPECT_EQ(tcp.count(), 2 * times);
    EXPECT_EQ(connack.count(), 3 * times);
    const auto& [full, resumed, unverified, failures, tls_bytes_sent, tls_bytes_received] = tls;
    EXPECT_EQ(full.count(), 4 * times);
    EXPECT_EQ(resumed.count(), 5 * times);
    EXPECT_EQ(unverified, 506 * times);
    EXPECT_EQ(failures.at("TLS alert from the peer: unknown ca"), 507 * times);
    EXPECT_EQ(tls_bytes_sent, 508 * times);
    EXPECT_EQ(tls_bytes_received, 509 * times);
    EXPECT_EQ(reasons.at("reset"), 504 * times);
    EXPECT_EQ(addresses.at("10.0.0.1:1883"), 506 * times);

    const auto& [published, received, bytes_sent, bytes_received, published_steps, received_steps] = messages;
    EXPECT_EQ(published, 601 * times);
    EXPECT_EQ(received, 602 * times);
    EXPECT_EQ(bytes_sent, 603 * times);
    EXPECT_EQ(bytes_received, 604 * times);
    EXPECT_EQ(published_steps, 605 * times);
    EXPECT_EQ(received_steps, 606 * times);

    const auto& [allowed, http_requests, opened, open_peak, busy_peak, wait, timed_out, sent_again, failed_over,
                 api_addresses] = http;
    EXPECT_EQ(allowed, 651 * times);
    EXPECT_EQ(http_requests, 652 * times);
    EXPECT_EQ(opened, 653 * times);
    EXPECT_EQ(open_peak, 654 * times);
    EXPECT_EQ(busy_peak, 655 * times);
    EXPECT_EQ(wait.count(), times);
    EXPECT_EQ(timed_out, 656 * times);
    EXPECT_EQ(sent_again, 657 * times);
    EXPECT_EQ(failed_over, 658 * times);
    EXPECT_EQ(api_addresses.at("10.0.0.1:80"), 659 * times);

    const auto& [delivered, out_of_order, waited] = queued;
    EXPECT_EQ(delivered, 671 * times);
    EXPECT_EQ(out_of_order, 672 * times);
    EXPECT_EQ(waited.count(), times);

    ASSERT_EQ(recoveries.size(), 1U);
    const auto& [affected, back] = recoveries.at({1, 2});
    EXPECT_EQ(affected, 681 * times);
    EXPECT_EQ(back.count(), times);

    ASSERT_EQ(observers.size(), 1U);
    const auto& [came, ends, first, disagreed, turned_away, observed_addresses, broken] = observers.at(1);
    EXPECT_EQ(came, 691 * times);
    EXPECT_EQ(ends, 692 * times);
    EXPECT_EQ(first, 693 * times);
    EXPECT_EQ(disagreed, 694 * times);
    EXPECT_EQ(turned_away.at("unsigned"), 695 * times);
    EXPECT_EQ(observed_addresses.at("10.0.0.1:80"), 670 * times);
    EXPECT_EQ(broken.at("has ended"), 660 * times);

    ASSERT_EQ(campaigns.size(), 1U);
    const auto& [told, addressed, got, returned, repeated, latency] = campaigns.at(2);
    EXPECT_EQ(told, 696 * times);
    EXPECT_EQ(addressed, 697 * times);
    EXPECT_EQ(got, 698 * times);
    EXPECT_EQ(returned, 699 * times);
    EXPECT_EQ(repeated, 700 * times);
    EXPECT_EQ(latency.count(), times);

    const auto& [taken, turned_away_on_purpose, reset, malformed, slowed, posted, rejected, failed, thrown_away,
                 duplicated, why] = broker_api;
    EXPECT_EQ(taken, 711 * times);
    EXPECT_EQ(turned_away_on_purpose, 712 * times);
    EXPECT_EQ(reset, 713 * times);
    EXPECT_EQ(malformed, 714 * times);
    EXPECT_EQ(slowed, 715 * times);
    EXPECT_EQ(posted, 716 * times);
    EXPECT_EQ(rejected, 717 * times);
    EXPECT_EQ(failed, 718 * times);
    EXPECT_EQ(thrown_away, 719 * times);
    EXPECT_EQ(duplicated, 720 * times);
    EXPECT_EQ(why.at("inbound: 503"), 721 * times);
    ASSERT_EQ(telemetry.size(), 1U);
    EXPECT_EQ(telemetry.at(1).due, 731 * times);
    EXPECT_EQ(telemetry.at(1).publish.count(), times);
    EXPECT_EQ(telemetry.at(1).reasons.at("packet too large"), 732 * times);
    const auto& [begun, drained, database_errors, database_reasons] = backlogs;
    EXPECT_EQ(begun, 733 * times);
    EXPECT_EQ(drained.count(), times);
    EXPECT_EQ(database_errors, 734 * times);
    EXPECT_EQ(database_reasons.at("disk full"), 735 * times);
    ASSERT_EQ(taps.size(), 1U);
    const auto& tap = taps.at(2);
    EXPECT_EQ(tap.groups.at(1).lost, 736 * times);
    EXPECT_EQ(tap.groups.at(1).largest_distance.value, 737U) << "the largest of them";
    EXPECT_EQ(tap.unassigned.unknown_vehicle, 738 * times);
    EXPECT_EQ(tap.bridge.count(), times);
    EXPECT_EQ(tap.partitions.at("telemetry/0"), 739 * times);
    EXPECT_EQ(tap.consumer_lag.at("telemetry/0").value, 740U) << "the largest of them";
    const auto& [asked, answered, late, answer, program_failures, program_reasons] = programs;
    EXPECT_EQ(asked, 741 * times);
    EXPECT_EQ(answered, 742 * times);
    EXPECT_EQ(late, 743 * times);
    EXPECT_EQ(answer.count(), times);
    EXPECT_EQ(program_failures.at("exec_timeout"), 744 * times);
    EXPECT_EQ(program_reasons.at("exec_timeout: after 1s"), 745 * times);
    EXPECT_EQ(unmatched_fields.at("nothing fits"), 722 * times);
    EXPECT_EQ(broker_limits.at("too little"), 723 * times);

    for (std::size_t i = 0; i < anomaly_count; ++i) {
        EXPECT_EQ(anomalies[i], (700 + i) * times) << anomaly_names[i];
        EXPECT_EQ(expected_anomalies[i], (750 + i) * times) << anomaly_names[i];
    }
    EXPECT_EQ(errors.at("no vehicle was free"), 800 * times);
    EXPECT_EQ(omitted_records, 900 * times);
    EXPECT_TRUE(request_records.empty() && slowest_requests.empty() && anomaly_records.empty() &&
                session_records.empty() && telemetry_findings.empty())
        << "they belong to their interval";
}

} // namespace

TEST(totals, add_every_field) {
    totals sum;
    sum.add(some_totals());
    expect_times(sum, 1);
    sum.add(some_totals());
    sum.add(some_totals());
    expect_times(sum, 3);
}

TEST(telemetry_counts, tell_what_never_arrived_and_what_is_on_its_way) {
    telemetry_counts c;
    c.acknowledged = 1'000'000;
    c.refused = 1;
    c.unacknowledged = 20;
    c.unsent = 300;
    c.overwritten = 4'000;
    c.expired = 50'000;
    c.too_old = 600'000;
    c.errored = 7'000'000;
    c.due = 8'654'330;
    EXPECT_EQ(c.never_arrived(), 7'654'321U);
    EXPECT_EQ(c.ended(), 8'654'321U);
    EXPECT_EQ(c.waiting(), 9U);
    c.restored = 5;
    EXPECT_EQ(c.waiting(), 14U) << "also those of an earlier start";
    telemetry_counts interval;
    interval.acknowledged = 1;
    EXPECT_EQ(interval.waiting(), 0U) << "an earlier one ended in it";
}

TEST(tap_counts, have_the_sum_of_all_groups_and_of_records_of_none) {
    tap_counts tap;
    tap.groups[0].matched = 3;
    tap.groups[4].matched = 40;
    tap.unassigned.unknown_vehicle = 5;
    EXPECT_EQ(tap.sum().matched, 43U);
    EXPECT_EQ(tap.sum().unknown_vehicle, 5U);
}

TEST(delivery_counts, tell_what_was_not_reconciled) {
    EXPECT_EQ((delivery_counts{.sent_not_reconciled = 3, .consumed_not_reconciled = 4}).not_reconciled(), 7U);
}

TEST(totals, move_records_without_changing_counts) {
    totals all;
    all.move_records_from(some_totals());
    all.move_records_from(some_totals());
    EXPECT_EQ(all.request_records.size(), 2U);
    EXPECT_EQ(all.slowest_requests.size(), 8U);
    EXPECT_EQ(all.anomaly_records.size(), 4U);
    EXPECT_EQ(all.session_records.size(), 6U);
    EXPECT_EQ(all.telemetry_findings.size(), 8U);
    EXPECT_EQ(all.requests.due, 0U);
    EXPECT_EQ(all.omitted_records, 0U);
}

TEST(totals, keep_records_in_chronological_order) {
    totals all;
    totals later;
    all.session_records.push_back({1, "A", "offline"});
    later.session_records.push_back({2, "A", "online"});
    all.move_records_from(std::move(later));
    EXPECT_EQ(all.session_records[0].event, "offline");
    EXPECT_EQ(all.session_records[1].event, "online");
}

TEST(totals, add_phases_and_keys_that_one_side_does_not_have) {
    auto shorter = some_totals();
    shorter.phases.pop_back();
    shorter.errors = {{"reset", 1}};
    shorter.matrix = {{{1, 1, outcome::executed, outcome::failed}, 5}};
    shorter.sessions.reasons = {{"refused", 6}};
    shorter.recoveries = {{{1, 3}, {.affected = 7, .recovery_times = {}}}};
    for (auto [into, from] : {std::pair{shorter, some_totals()}, std::pair{some_totals(), shorter}}) {
        into.add(from);
        ASSERT_EQ(into.phases.size(), 2U);
        EXPECT_EQ(into.phases[0].due, 400U);
        EXPECT_EQ(into.phases[1].due, 300U);
        EXPECT_EQ(into.errors, (std::map<std::string, std::uint64_t>{{"reset", 1}, {"no vehicle was free", 800}}));
        EXPECT_EQ(into.matrix.size(), 2U);
        EXPECT_EQ(into.sessions.reasons.size(), 2U);
        EXPECT_EQ(into.recoveries.size(), 2U);
    }
}

TEST(request_counts, ended_is_the_sum_of_the_outcomes) {
    request_counts r;
    EXPECT_EQ(r.ended(), 0U);
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) r.outcomes[i] = std::uint64_t{1} << i;
    r.due = r.sent = r.unexpected = 1'000'000;
    EXPECT_EQ(r.ended(), 127U);
}

TEST(tls_counts, sum_up_handshakes) {
    tls_counts c;
    EXPECT_TRUE(c.completed().empty());
    EXPECT_EQ(c.failed(), 0U);
    c.full.record(8ms, 2);
    c.resumed.record(2ms, 3);
    c.failures = {{"TLS alert from the peer: unknown ca", 4}, {"TLS alert from the peer: certificate expired", 5}};
    EXPECT_EQ(c.completed().count(), 5U);
    EXPECT_EQ(c.completed().min(), 2ms);
    EXPECT_GE(c.completed().max(), 8ms);
    EXPECT_EQ(c.failed(), 9U);
}

TEST(totals, keep_the_slowest_requests_of_all) {
    const auto taking = [](int first, int last) {
        totals t;
        for (int ms = first; ms <= last; ++ms) {
            auto& r = t.slowest_requests.emplace_back();
            r.due_at_ms = 1000;
            r.observed_at_ms = 1000.0 + ms;
        }
        return t;
    };
    totals sum;
    sum.move_records_from(taking(0, 149));
    EXPECT_EQ(sum.slowest_requests.size(), 150U);
    auto damaged = taking(100, 249);
    damaged.slowest_requests.emplace_back().observed_at_ms = std::numeric_limits<double>::quiet_NaN();
    sum.move_records_from(std::move(damaged));
    ASSERT_EQ(sum.slowest_requests.size(), max_slowest_requests);
    EXPECT_EQ(sum.slowest_requests.front().observed_at_ms, 1249);
    EXPECT_EQ(sum.slowest_requests.back().observed_at_ms, 1100);
}

TEST(snapshot, adds_up_the_machines_of_its_ranks) {
    snapshot sum;
    snapshot one;
    one.machines["a"] = {.ranks = 1, .elapsed_s = 2, .own_cpu_s = 1};
    sum.add(one);
    one.machines["b"] = one.machines["a"];
    sum.add(one);
    ASSERT_EQ(sum.machines.size(), 2U);
    EXPECT_EQ(sum.machines["a"], (machine_usage{.ranks = 2, .elapsed_s = 4, .own_cpu_s = 2}));
    EXPECT_EQ(sum.machines["b"], (machine_usage{.ranks = 1, .elapsed_s = 2, .own_cpu_s = 1}));
}

TEST(snapshot, has_no_secrets_in_texts_from_outside) {
    const std::string secret = "timed_out";
    register_secret(secret);
    snapshot s;
    s.setup_error = "no " + secret;
    auto& counts = s.counts;
    counts.errors = {{"one " + secret, 1}, {"one dGltZWRfb3V0", 2}};
    counts.observers[1].rejections = {{secret, 3}};
    counts.sessions.addresses = {{"10.0.0.1:1883 " + secret, 4}};
    counts.request_records.emplace_back();
    auto& r = counts.request_records.front();
    r.request_id = r.reason = r.vin = r.service = r.traceparent = secret;
    r.anomalies = r.conditions = {secret};
    counts.anomaly_records.push_back({.vin = secret, .request_id = secret, .evidence = "it is " + secret});
    counts.session_records.push_back({.vin = secret, .event = "offline: " + secret});
    mask_secrets(s);
    forget_secrets();
    EXPECT_EQ(s.setup_error, "no ***");
    EXPECT_THAT(counts.errors, testing::ElementsAre(testing::Pair("one ***", 3)));
    EXPECT_THAT(counts.observers[1].rejections, testing::ElementsAre(testing::Pair("***", 3)));
    EXPECT_EQ(r.request_id, "***");
    EXPECT_EQ(r.reason, "***");
    EXPECT_EQ(counts.anomaly_records[0].evidence, "it is ***");
    EXPECT_EQ(counts.anomaly_records[0].request_id, "***");
    EXPECT_EQ(counts.session_records[0].event, "offline: ***");
    for (const auto& own : {r.vin, r.service, r.traceparent, r.anomalies[0], r.conditions[0],
                            counts.anomaly_records[0].vin, counts.session_records[0].vin})
        EXPECT_EQ(own, secret) << "explain and replay find requests by it";
    EXPECT_EQ(counts.sessions.addresses.count("10.0.0.1:1883 timed_out"), 1U);
}
