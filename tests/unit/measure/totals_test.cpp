#include <loadsim/measure/totals.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

/// Every number in it differs from every other, so that a field added to the wrong one shows.
request_counts some_requests(std::uint64_t from) {
    request_counts r;
    r.due = from;
    r.sent = from + 1;
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) r.outcomes[i] = from + 2 + i;
    r.unexpected = from + 20;
    return r;
}

totals some_totals() {
    totals t;
    t.requests = some_requests(100);
    t.phases = {some_requests(200), some_requests(300)};
    t.matrix[{1, 0, outcome::executed, outcome::failed}] = 400;
    t.latencies.record(hop::e2e, 0, 0, 5ms);
    t.sessions.refused = 501;
    t.sessions.dropped = 502;
    t.sessions.reconnects = 503;
    t.sessions.syn_retransmitted = 505;
    t.sessions.connect.record(7ms);
    t.sessions.reasons["reset"] = 504;
    t.messages = {601, 602, 603, 604};
    t.http = {.allowed = 651, .requests = 652, .opened = 653, .open_peak = 654, .busy_peak = 655, .wait = {}};
    t.http.wait.record(9ms);
    t.queued = {.delivered = 671, .out_of_order = 672, .waited = {}};
    t.queued.waited.record(11ms);
    t.recoveries[{1, 2}].affected = 681;
    t.recoveries[{1, 2}].back.record(13ms);
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        t.anomalies[i] = 700 + i;
        t.provoked[i] = 750 + i;
    }
    t.errors["no vehicle was free"] = 800;
    t.not_recorded = 900;
    t.requests_told.emplace_back();
    t.anomalies_told.resize(2);
    t.sessions_told.resize(3);
    return t;
}

void expect_times(const request_counts& sum, std::uint64_t times, const request_counts& one) {
    EXPECT_EQ(sum.due, times * one.due);
    EXPECT_EQ(sum.sent, times * one.sent);
    for (std::size_t i = 0; i < one.outcomes.size(); ++i) EXPECT_EQ(sum.outcomes[i], times * one.outcomes[i]) << i;
    EXPECT_EQ(sum.unexpected, times * one.unexpected);
}

/// `sum` is `times` times some_totals(). Taken apart by structured binding: a new field must be looked at here as well.
void expect_times(const totals& sum, std::uint64_t times) {
    const auto one = some_totals();
    const auto& [requests, phases, matrix, latencies, sessions, messages, http, queued, recoveries, anomalies, provoked,
                 errors, not_recorded, requests_told, anomalies_told, sessions_told] = sum;
    expect_times(requests, times, one.requests);
    ASSERT_EQ(phases.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) expect_times(phases[i], times, one.phases[i]);
    ASSERT_EQ(matrix.size(), 1U);
    EXPECT_EQ(matrix.begin()->second, 400 * times);
    EXPECT_EQ(latencies.select(hop::e2e).count(), times);

    const auto& [refused, dropped, reconnects, syn_retransmitted, connect, reasons] = sessions;
    EXPECT_EQ(refused, 501 * times);
    EXPECT_EQ(dropped, 502 * times);
    EXPECT_EQ(reconnects, 503 * times);
    EXPECT_EQ(syn_retransmitted, 505 * times);
    EXPECT_EQ(connect.count(), times);
    EXPECT_EQ(reasons.at("reset"), 504 * times);

    const auto& [published, received, bytes_sent, bytes_received] = messages;
    EXPECT_EQ(published, 601 * times);
    EXPECT_EQ(received, 602 * times);
    EXPECT_EQ(bytes_sent, 603 * times);
    EXPECT_EQ(bytes_received, 604 * times);

    const auto& [allowed, http_requests, opened, open_peak, busy_peak, wait] = http;
    EXPECT_EQ(allowed, 651 * times);
    EXPECT_EQ(http_requests, 652 * times);
    EXPECT_EQ(opened, 653 * times);
    EXPECT_EQ(open_peak, 654 * times);
    EXPECT_EQ(busy_peak, 655 * times);
    EXPECT_EQ(wait.count(), times);

    const auto& [delivered, out_of_order, waited] = queued;
    EXPECT_EQ(delivered, 671 * times);
    EXPECT_EQ(out_of_order, 672 * times);
    EXPECT_EQ(waited.count(), times);

    ASSERT_EQ(recoveries.size(), 1U);
    const auto& [affected, back] = recoveries.at({1, 2});
    EXPECT_EQ(affected, 681 * times);
    EXPECT_EQ(back.count(), times);

    for (std::size_t i = 0; i < anomaly_count; ++i) {
        EXPECT_EQ(anomalies[i], (700 + i) * times) << anomaly_names[i];
        EXPECT_EQ(provoked[i], (750 + i) * times) << anomaly_names[i];
    }
    EXPECT_EQ(errors.at("no vehicle was free"), 800 * times);
    EXPECT_EQ(not_recorded, 900 * times);
    EXPECT_TRUE(requests_told.empty() && anomalies_told.empty() && sessions_told.empty())
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

TEST(totals, tell_what_others_tell_and_leave_the_counts_alone) {
    totals all;
    all.tell(some_totals());
    all.tell(some_totals());
    EXPECT_EQ(all.requests_told.size(), 2U);
    EXPECT_EQ(all.anomalies_told.size(), 4U);
    EXPECT_EQ(all.sessions_told.size(), 6U);
    EXPECT_EQ(all.requests.due, 0U);
    EXPECT_EQ(all.not_recorded, 0U);
}

TEST(totals, tell_in_the_order_of_time) {
    totals all;
    totals later;
    all.sessions_told.push_back({1, "A", "off line"});
    later.sessions_told.push_back({2, "A", "on line"});
    all.tell(std::move(later));
    EXPECT_EQ(all.sessions_told[0].what, "off line");
    EXPECT_EQ(all.sessions_told[1].what, "on line");
}

TEST(totals, add_phases_and_keys_that_one_side_does_not_have) {
    auto shorter = some_totals();
    shorter.phases.pop_back();
    shorter.errors = {{"reset", 1}};
    shorter.matrix = {{{1, 1, outcome::executed, outcome::failed}, 5}};
    shorter.sessions.reasons = {{"refused", 6}};
    shorter.recoveries = {{{1, 3}, {.affected = 7, .back = {}}}};
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

TEST(request_counts, end_in_the_sum_of_their_outcomes) {
    request_counts r;
    EXPECT_EQ(r.ended(), 0U);
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) r.outcomes[i] = std::uint64_t{1} << i;
    r.due = r.sent = r.unexpected = 1'000'000;
    EXPECT_EQ(r.ended(), 127U);
}
