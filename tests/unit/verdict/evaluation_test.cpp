#include <loadsim/verdict/budget.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using measure::hop;

namespace {

const measure::labels names{.services = {"horn", "lights"},
                            .phases = {"ramp", "steady", "ramp"},
                            .segments = {"driving", "parked"},
                            .behaviours = {},
                            .conditions = {"tunnel", "storm", "spike"},
                            .observers = {"mqtt", "webhook"},
                            .campaigns = {"recall", "news", "later"}};

/// Values with exact histogram buckets (below 2048 us), so that the results are round numbers.
measure::totals seen() {
    measure::totals t;
    t.requests.due = 1000;
    t.requests.outcomes[static_cast<std::size_t>(outcome::executed)] = 998;
    t.requests.outcomes[static_cast<std::size_t>(outcome::errored)] = 1;
    t.requests.outcomes[static_cast<std::size_t>(outcome::skipped)] = 1;
    t.requests.unexpected = 2;
    t.phases.resize(3);
    t.phases[0].due = 100;
    t.phases[0].unexpected = 1;
    t.phases[2].due = 300;
    t.phases[2].unexpected = 3;
    t.latencies.record(hop::e2e, 0, 0, 100us);
    t.latencies.record(hop::e2e, 0, 1, 200us);
    t.latencies.record(hop::e2e, 1, 1, 400us);
    t.latencies.record(hop::e2e, 1, 2, 1001us);
    t.latencies_from_begun = t.latencies; // no lag
    t.sessions.connect.record(2ms);
    t.sessions.tcp.record(300us);
    t.sessions.connack.record(200us);
    t.sessions.tls.full.record(1500us);
    t.sessions.tls.resumed.record(500us, 3);
    t.sessions.tls.failures = {{"TLS alert from the peer: unknown ca", 4}, {"the TLS handshake took too long", 2}};
    t.sessions.refused = 11;
    t.sessions.dropped = 12;
    t.sessions.reconnects = 13;
    t.queued.delivered = 21;
    t.queued.out_of_order = 22;
    t.queued.wait.record(500us);
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        t.anomalies[i] = i + 1;
        t.expected_anomalies[i] = 1000;
    }
    return t;
}

budget_result evaluated(std::string_view text, const measure::totals& t = seen()) {
    measure::run_result run;
    run.sum = t;
    return evaluate_budget(*parse_budget(text), run, names);
}

} // namespace

TEST(evaluate_budget, compares_the_observed_value_with_the_limit) {
    struct {
        const char* budget;
        const char* observed;
        budget_verdict verdict;
        const char* reason;
    } const cases[] = {
        {"e2e.p50 < 201us", "0.2ms", budget_verdict::pass, "below"},
        {"e2e.p50 < 200us", "0.2ms", budget_verdict::fail, "less is not equal"},
        {"e2e.p50 <= 200us", "0.2ms", budget_verdict::pass, "equal"},
        {"e2e.p50 == 200us", "0.2ms", budget_verdict::pass, "equal"},
        {"e2e.p50 == 201us", "0.2ms", budget_verdict::fail, "not equal"},
        {"e2e.p50 >= 200us", "0.2ms", budget_verdict::pass, "equal"},
        {"e2e.p50 > 200us", "0.2ms", budget_verdict::fail, "greater is not equal"},
        {"e2e.p50 >= 201us", "0.2ms", budget_verdict::fail, "below"},
        {"e2e.p50 > 199us", "0.2ms", budget_verdict::pass, "above"},
        {"e2e.min >= 100us", "0.1ms", budget_verdict::pass, "min"},
        {"e2e.max < 1ms", "1.001ms", budget_verdict::fail, "max"},
        {"e2e.mean < 426us", "0.425ms", budget_verdict::pass, "mean"},
        {"e2e.count == 4", "4", budget_verdict::pass, "count of samples"},
        {"e2e{service=horn}.max <= 200us", "0.2ms", budget_verdict::pass, "by service"},
        {"e2e{phase=steady}.max <= 400us", "0.4ms", budget_verdict::pass, "by phase"},
        {"e2e{service=lights,phase=steady}.min == 400us", "0.4ms", budget_verdict::pass, "by both"},
        {"e2e{phase=ramp}.max <= 1001us", "1.001ms", budget_verdict::pass, "two phases of one name"},
        {"e2e{phase=ramp}.count == 2", "2", budget_verdict::pass, "two phases of one name"},
        {"sessions.connect.max <= 2ms", "2ms", budget_verdict::pass, "connect"},
        {"sessions.connect.count == 1", "1", budget_verdict::pass, "connects"},
        {"sessions.tcp.max <= 300us", "0.3ms", budget_verdict::pass, "a part of it"},
        {"sessions.tcp.count == 1", "1", budget_verdict::pass, "its samples"},
        {"sessions.connack.max <= 200us", "0.2ms", budget_verdict::pass, "a part of it"},
        {"sessions.tls.max <= 1500us", "1.5ms", budget_verdict::pass, "full handshakes"},
        {"sessions.tls.p50 <= 500us", "0.5ms", budget_verdict::pass, "and those that were resumed"},
        {"sessions.tls.count == 4", "4", budget_verdict::pass, "both"},
        {"sessions.tls.resumed == 3", "3", budget_verdict::pass, "one kind"},
        {"sessions.tls.resumed.rate >= 30%", "30%", budget_verdict::pass, "of all ten: those that failed count"},
        {"sessions.tls.failed == 0", "6", budget_verdict::fail, "of all reasons"},
        {"sessions.tls.failed.rate <= 60%", "60%", budget_verdict::pass, "6 of 10"},
        {"unexpected == 0", "2", budget_verdict::fail, "a count"},
        {"unexpected.rate <= 0.2%", "0.2%", budget_verdict::pass, "2 of 1000"},
        {"unexpected{phase=ramp} == 4", "4", budget_verdict::pass, "1 + 3"},
        {"unexpected{phase=ramp}.rate == 1%", "1%", budget_verdict::pass, "4 of 400 due in these phases"},
        {"outcomes.errored == 1", "1", budget_verdict::pass, "one outcome"},
        {"outcomes.errored.rate <= 0.1%", "0.1%", budget_verdict::pass, "exactly the limit"},
        {"outcomes.errored.rate < 0.1%", "0.1%", budget_verdict::fail, "exactly the limit is not less"},
        {"outcomes.executed.rate > 99.7%", "99.8%", budget_verdict::pass, "another outcome"},
        {"outcomes.failed == 0", "0", budget_verdict::pass, "none, of 1000 due"},
        {"sessions.refused == 11", "11", budget_verdict::pass, "each its own"},
        {"sessions.dropped == 12", "12", budget_verdict::pass, "each its own"},
        {"sessions.reconnects == 13", "13", budget_verdict::pass, "each its own"},
        {"queued.delivered == 21", "21", budget_verdict::pass, "each its own"},
        {"queued.out_of_order == 22", "22", budget_verdict::pass, "each its own"},
        {"queued.wait.p99 < 5s", "0.5ms", budget_verdict::pass, "how long they waited"},
        {"queued.wait.count == 1", "1", budget_verdict::pass, "samples of that"},
        {"anomalies == 231", "231", budget_verdict::pass, "the sum of 1 to 21: nothing that was provoked"},
        {"anomalies.command_duplicated == 1", "1", budget_verdict::pass, "first"},
        {"anomalies.command_lost == 0", "4", budget_verdict::fail, "each its own"},
        {"anomalies.negative_sample == 21", "21", budget_verdict::pass, "last"},
    };
    for (const auto& c : cases) {
        const auto j = evaluated(c.budget);
        EXPECT_EQ(j.expression, c.budget);
        EXPECT_EQ(j.observed_text, c.observed) << c.budget << ": " << c.reason;
        EXPECT_EQ(j.verdict, c.verdict) << c.budget << ": " << c.reason;
    }
}

TEST(evaluate_budget, selects_by_all_labels_alone_and_together) {
    measure::totals t;
    t.requests.due = 100;
    const auto add = [&](measure::request_group group, nanoseconds e2e, std::uint64_t due, std::uint64_t errored) {
        t.latencies.record({hop::e2e, group}, e2e);
        auto& counts = t.groups[group];
        counts.due = due;
        counts.outcomes[static_cast<std::size_t>(outcome::errored)] = counts.unexpected = errored;
        counts.outcomes[static_cast<std::size_t>(outcome::executed)] = due - errored;
    };
    const std::uint32_t horn = 0, lights = 1, steady = 1, driving = 0, parked = 1, tunnel = 0;
    add({horn, steady, driving}, 100us, 60, 0);
    add({horn, steady, parked}, 200us, 30, 2);
    add({horn, steady, parked, tunnel}, 200us, 20, 2);
    add({lights, steady, parked}, 400us, 10, 1);
    const struct {
        const char* budget;
        const char* observed;
    } cases[] = {
        {"e2e.max < 1s", "0.4ms"},
        {"e2e.count > 0", "3"}, // no request twice
        {"e2e{segment=parked}.count > 0", "2"},
        {"e2e{segment=parked,service=horn}.max < 1s", "0.2ms"},
        {"e2e{condition=tunnel}.count > 0", "1"},
        {"e2e{segment=driving,condition=tunnel}.count > 0", "no data"},
        {"e2e{condition=storm}.max < 1s", "no data"},
        {"unexpected{segment=parked} == 0", "3"},
        {"unexpected{segment=parked}.rate < 1%", "7.5%"},
        {"unexpected{service=horn} == 0", "2"},
        {"unexpected{service=lights,phase=steady}.rate < 1%", "10%"},
        {"outcomes.errored{condition=tunnel}.rate < 1%", "10%"},
        {"outcomes.executed{segment=driving,phase=steady} == 60", "60"},
        {"unexpected{segment=driving,condition=tunnel} == 0", "no data"},
        {"unexpected{condition=nowhere} == 0", "no data"},
    };
    for (const auto& c : cases) EXPECT_EQ(evaluated(c.budget, t).observed_text, c.observed) << c.budget;
}

TEST(evaluate_budget, counts_what_observers_have_seen) {
    measure::totals t;
    t.observers[0].completions = 10;
    t.observers[0].rejections = {{"not JSON", 2}, {"no VIN", 3}};
    t.observers[1].completions = 7;
    t.observers[1].disagreements = 1;
    t.observers[1].connection_errors = {{"HTTP 401", 4}};
    const char* const cases[][2] = {
        {"observers.completions > 0", "17"},   {"observers{observer=webhook}.completions > 0", "7"},
        {"observers.rejections == 0", "5"},    {"observers.rejections{observer=webhook} == 0", "0"},
        {"observers.disagreements == 0", "1"}, {"observers.connection_errors == 0", "4"},
    };
    for (const auto& [budget, observed] : cases) EXPECT_EQ(evaluated(budget, t).observed_text, observed) << budget;
}

TEST(evaluate_budget, of_handshakes_that_all_failed) {
    measure::totals t;
    t.sessions.tls.failures = {{"TLS alert from the peer: unknown ca", 4}};
    EXPECT_EQ(evaluated("sessions.tls.p99 < 1s", t).verdict, budget_verdict::no_data);
    EXPECT_EQ(evaluated("sessions.tls.failed == 0", t).verdict, budget_verdict::fail);
    EXPECT_EQ(evaluated("sessions.tls.resumed.rate > 90%", t).observed_text, "0%");
}

// Each fraction n / 1000 against the same value as a percentage: rounding of the last bit must not change the verdict.
TEST(evaluate_budget, treats_equal_fractions_as_equal) {
    auto t = seen();
    for (std::uint64_t n = 0; n <= 1000; ++n) {
        t.requests.unexpected = n;
        const auto limit = std::to_string(n / 10) + "." + std::to_string(n % 10) + "%";
        ASSERT_EQ(evaluated("unexpected.rate <= " + limit, t).verdict, budget_verdict::pass) << limit;
        if (n == 0) continue; // no rate is below it, and such a budget is refused
        ASSERT_EQ(evaluated("unexpected.rate < " + limit, t).verdict, budget_verdict::fail) << limit;
    }
}

TEST(evaluate_budget, of_a_duration_above_the_histogram_exceeds_any_limit) {
    auto t = seen();
    t.queued.wait.clear();
    t.queued.wait.record(1ms, 99);
    t.queued.wait.record(24h * 400);
    for (const auto* text : {"queued.wait.max < 9000h", "queued.wait.p99.9 < 9000h"}) {
        EXPECT_EQ(evaluated(text, t).verdict, budget_verdict::fail) << text;
        EXPECT_EQ(evaluated(text, t).observed_text, "above 366 days") << text;
    }
    EXPECT_EQ(evaluated("queued.wait.p99 < 2ms", t).verdict, budget_verdict::pass);
}

TEST(evaluate_budget, of_two_hours_is_above_an_hour) {
    auto t = seen();
    t.queued.wait.record(2h);
    EXPECT_EQ(evaluated("queued.wait.max < 90m", t).verdict, budget_verdict::fail);
}

TEST(evaluate_budget, does_not_round_a_sample_into_the_limit) {
    measure::totals t;
    t.requests.due = 1;
    t.latencies.record(measure::hop::e2e, 0, 0, 1'000'400ns);
    t.latencies_from_begun = t.latencies;
    EXPECT_EQ(evaluated("e2e.p99 <= 1ms", t).verdict, budget_verdict::fail);
    EXPECT_EQ(evaluated("e2e.p99 <= 1ms", t).observed_text, "1.001ms");
}

TEST(evaluate_budget, observes_in_the_unit_of_the_limit) {
    EXPECT_DOUBLE_EQ(*evaluated("e2e.max < 1s").observed, 1.001);
    EXPECT_DOUBLE_EQ(*evaluated("unexpected == 0").observed, 2);
    EXPECT_DOUBLE_EQ(*evaluated("unexpected.rate < 1%").observed, 0.002);
}

TEST(evaluate_budget, never_passes_without_data) {
    const measure::totals nothing;
    for (const auto* text : {"e2e.p99 < 1s",
                             "e2e.min >= 0s",
                             "lag.max < 1h",
                             "e2e{service=horn}.p99 < 1s",
                             "e2e.count == 0",
                             "sessions.connect.p99 < 1s",
                             "sessions.tcp.p99 < 1s",
                             "sessions.connack.p99 < 1s",
                             "sessions.tls.p99 < 1s",
                             "sessions.tls.count == 0",
                             "sessions.tls.resumed == 0",
                             "sessions.tls.resumed.rate == 0%",
                             "sessions.tls.failed == 0",
                             "sessions.tls.failed.rate == 0%",
                             "queued.wait.p99 < 1s",
                             "recovery.time < 1m",
                             "recovery.latency < 1m",
                             "campaigns.undelivered == 0",
                             "campaigns.undelivered.rate == 0%",
                             "campaigns.latency.p99 < 1s",
                             "unexpected == 0",
                             "unexpected.rate < 1%",
                             "outcomes.errored == 0",
                             "outcomes.errored.rate == 0%",
                             "anomalies == 0",
                             "anomalies.completion_duplicated == 0",
                             "observers.rejections == 0"}) {
        const auto j = evaluated(text, nothing);
        EXPECT_EQ(j.verdict, budget_verdict::no_data) << text;
        EXPECT_EQ(j.observed, std::nullopt) << text;
        EXPECT_EQ(j.observed_text, "no data") << text;
    }
    for (const auto* text : {"sessions.refused == 0", "sessions.dropped == 0", "sessions.reconnects == 0",
                             "sessions.connect.count == 0", "sessions.tcp.count == 0", "sessions.connack.count == 0",
                             "queued.delivered == 0", "queued.out_of_order == 0", "queued.wait.count == 0"})
        EXPECT_EQ(evaluated(text, nothing).verdict, budget_verdict::pass) << text;
    // Requests were due, but none with these labels.
    for (const auto* text :
         {"lag.p99 < 1s", "e2e{service=horn,phase=nowhere}.p99 < 1s", "e2e{service=none}.count == 0",
          "unexpected{phase=steady} == 0", "unexpected{phase=nowhere} == 0", "e2e{phase=nowhere}.count == 0"})
        EXPECT_EQ(evaluated(text).verdict, budget_verdict::no_data) << text;
}

TEST(evaluate_budget, counts_vehicles_without_campaign_delivery) {
    auto t = seen();
    auto& recall = t.campaigns[0];
    recall.addressed = 200;
    recall.delivered = 199;
    recall.duplicate_deliveries = 4;
    recall.latency.record(1ms);
    auto& news = t.campaigns[1];
    news.addressed = news.delivered = 300;
    news.latency.record(2ms);
    const struct {
        const char* expression;
        const char* observed;
        budget_verdict verdict;
    } rows[] = {
        {"campaigns.undelivered == 0", "1", budget_verdict::fail},
        {"campaigns{campaign=recall}.undelivered <= 1", "1", budget_verdict::pass},
        {"campaigns{campaign=news}.undelivered == 0", "0", budget_verdict::pass},
        {"campaigns.undelivered.rate < 0.2%", "0.2%", budget_verdict::fail},
        {"campaigns{campaign=recall}.undelivered.rate <= 0.5%", "0.5%", budget_verdict::pass},
        {"campaigns.duplicates == 0", "4", budget_verdict::fail},
        {"campaigns{campaign=recall}.latency.max <= 1ms", "1ms", budget_verdict::pass},
        {"campaigns.latency.max <= 1ms", "2ms", budget_verdict::fail},
        {"campaigns.latency.count == 2", "2", budget_verdict::pass},
        {"campaigns{campaign=later}.undelivered == 0", "no data", budget_verdict::no_data}, // it was not due
    };
    for (const auto& r : rows) {
        const auto j = evaluated(r.expression, t);
        EXPECT_EQ(j.observed_text, r.observed) << r.expression;
        EXPECT_EQ(j.verdict, r.verdict) << r.expression;
    }
    t.campaigns[1].delivered = 0;
    t.campaigns[1].latency = {};
    EXPECT_EQ(evaluated("campaigns{campaign=news}.undelivered == 0", t).verdict, budget_verdict::fail);
    EXPECT_EQ(evaluated("campaigns{campaign=news}.latency.p99 < 1s", t).verdict, budget_verdict::no_data);
}

TEST(evaluate_budget, uses_the_longest_recovery) {
    const auto once = [](const char* condition, std::uint64_t affected, std::optional<nanoseconds> back,
                         const char* limit, std::optional<nanoseconds> latency) {
        measure::recovery r;
        r.condition = condition;
        r.affected = affected;
        r.recovery_time = back;
        r.budget = limit;
        r.latency_recovery_time = latency;
        return r;
    };
    constexpr auto limit = "e2e.p99 < 1s";
    const std::vector<measure::recovery> short_and_long{
        once("tunnel", 10, 5s, limit, 0s), once("tunnel", 10, 20s, limit, 3s), once("storm", 10, 30s, limit, 40s)};
    const std::vector<measure::recovery> not_back{once("tunnel", 10, 5s, limit, 1s),
                                                  once("tunnel", 10, std::nullopt, limit, std::nullopt)};
    const std::vector<measure::recovery> nobody{once("spike", 0, std::nullopt, limit, 2s)};
    const std::vector<measure::recovery> no_budget{once("tunnel", 10, 5s, "", std::nullopt)};
    struct {
        const char* budget;
        std::vector<measure::recovery> recoveries;
        const char* observed;
        budget_verdict verdict;
        const char* reason;
    } const cases[] = {
        {"recovery.time < 60s", short_and_long, "30000ms", budget_verdict::pass, "the longest of all"},
        {"recovery.time < 30s", short_and_long, "30000ms", budget_verdict::fail, "the longest of all"},
        {"recovery.latency <= 40s", short_and_long, "40000ms", budget_verdict::pass, "the longest of all"},
        {"recovery{condition=tunnel}.time <= 20s", short_and_long, "20000ms", budget_verdict::pass, "of one condition"},
        {"recovery{condition=tunnel}.latency < 3s", short_and_long, "3000ms", budget_verdict::fail, "of one condition"},
        {"recovery{condition=spike}.time < 60s", short_and_long, "no data", budget_verdict::no_data,
         "it never occurred"},
        {"recovery.time < 1000h", not_back, "not in this run", budget_verdict::fail, "one that never came back"},
        {"recovery.latency <= 1000h", not_back, "not in this run", budget_verdict::fail, "one that never came back"},
        {"recovery.time == 1000h", not_back, "not in this run", budget_verdict::fail, "one that never came back"},
        {"recovery.time > 1s", not_back, "not in this run", budget_verdict::pass, "which is longer"},
        {"recovery.time < 60s", nobody, "no data", budget_verdict::no_data, "it took nobody's session"},
        {"recovery.latency < 60s", nobody, "2000ms", budget_verdict::pass, "but it was felt"},
        {"recovery.latency < 60s", no_budget, "no data", budget_verdict::no_data, "nothing says what is slow"},
        {"recovery.time < 60s", no_budget, "5000ms", budget_verdict::pass, "that needs none"},
    };
    for (const auto& c : cases) {
        measure::run_result run;
        run.recoveries = c.recoveries;
        const auto j = evaluate_budget(*parse_budget(c.budget), run, names);
        EXPECT_EQ(j.observed_text, c.observed) << c.budget << ": " << c.reason;
        EXPECT_EQ(j.verdict, c.verdict) << c.budget << ": " << c.reason;
        EXPECT_EQ(j.observed.has_value(), j.observed_text.ends_with("ms")) << c.budget;
    }
}

// Ten requests, two deliveries and one recovery were open: the platform still had time.
TEST(evaluate_budget, of_an_aborted_run_does_not_count_what_is_open) {
    measure::run_result run;
    run.sum.requests.due = 20;
    run.sum.requests.outcomes[static_cast<std::size_t>(outcome::executed)] = 9;
    run.sum.requests.outcomes[static_cast<std::size_t>(outcome::failed)] = 1;
    run.sum.requests.unexpected = 1;
    run.sum.campaigns[0] = {.published = 1, .addressed = 5, .delivered = 3, .latency = {}};
    run.recoveries.emplace_back();
    run.recoveries.back().condition = "tunnel";
    run.recoveries.back().affected = 4;
    const struct {
        const char* budget;
        const char* whole; ///< observed in a run that was not aborted
        const char* aborted;
    } rows[] = {
        {"outcomes.executed.rate >= 90%", "45%", "90%"},
        {"unexpected.rate <= 10%", "5%", "10%"},
        {"unexpected <= 1", "1", "1"},
        {"campaigns.undelivered == 0", "2", "no data"},
        {"campaigns.undelivered.rate == 0%", "40%", "no data"},
        {"campaigns.duplicates == 0", "0", "0"},
        {"recovery.time < 1m", "not in this run", "no data"},
    };
    for (const auto& row : rows) {
        run.ended = measure::run_result::end_reason::complete;
        EXPECT_EQ(evaluate_budget(*parse_budget(row.budget), run, names).observed_text, row.whole) << row.budget;
        run.ended = measure::run_result::end_reason::aborted;
        const auto result = evaluate_budget(*parse_budget(row.budget), run, names);
        EXPECT_EQ(result.observed_text, row.aborted) << row.budget;
        EXPECT_NE(result.verdict, budget_verdict::fail) << row.budget;
    }
    run.sum.requests.outcomes = {};
    EXPECT_EQ(evaluate_budget(*parse_budget("unexpected == 0"), run, names).verdict, budget_verdict::no_data)
        << "all requests are open";
}

namespace {

/// One request of service horn in phase steady.
measure::run_result one_request(nanoseconds lag, nanoseconds from_due, nanoseconds loop_delay = 0ms) {
    measure::run_result run;
    run.sum.requests.due = 1;
    run.sum.latencies.record(hop::lag, 0, 1, lag);
    for (const auto h : {hop::e2e, hop::vehicle}) run.sum.latencies.record(h, 0, 1, from_due);
    run.sum.latencies_from_begun.record(hop::e2e, 0, 1, from_due - lag);
    if (loop_delay != 0ms) run.sum.loop_delay.record(loop_delay);
    run.sum.queued.wait.record(from_due);
    run.sum.sessions.connect.record(from_due);
    return run;
}

/// p99 is the 495th of 500 samples, its interval from the 490th to the last.
measure::run_result five_hundred_requests(nanoseconds lag) {
    measure::run_result run;
    for (int rank = 1; rank <= 500; ++rank) {
        const nanoseconds took = rank < 490    ? 10ms
                                 : rank == 490 ? 150ms
                                 : rank < 495  ? 160ms
                                 : rank < 500  ? 163ms
                                               : 170ms;
        run.sum.latencies.record(hop::lag, 0, 0, lag);
        run.sum.latencies.record(hop::e2e, 0, 0, took);
        run.sum.latencies_from_begun.record(hop::e2e, 0, 0, took - lag);
    }
    return run;
}

} // namespace

// The platform is blamed only for what the generator cannot have done.
TEST(evaluate_budget, that_the_generators_lateness_could_have_decided_is_undecided) {
    const struct {
        const char* budget;
        measure::run_result run;
        budget_verdict verdict;
        const char* reason;
    } rows[] = {
        {"e2e.max < 25ms", one_request(1ms, 30ms), budget_verdict::fail, "also from begun, with little lag"},
        {"e2e.max < 25ms", one_request(6ms, 30ms), budget_verdict::undecided, "within the limit from begun"},
        {"e2e.max < 25ms", one_request(6ms, 163ms), budget_verdict::fail, "the lag is below a quarter of the limit"},
        {"e2e.max < 25ms", one_request(7ms, 163ms), budget_verdict::undecided, "the lag is above it"},
        {"e2e.max <= 25ms", one_request(7ms, 163ms), budget_verdict::undecided, "the other upper limit"},
        {"e2e{service=horn,phase=steady}.max < 25ms", one_request(7ms, 163ms), budget_verdict::undecided,
         "the lag of these labels"},
        {"e2e.max < 25ms", one_request(7ms, 24ms), budget_verdict::pass, "lag only makes it harder"},
        {"e2e.max < 25ms", one_request(1ms, 163ms, 7ms), budget_verdict::undecided, "its end was read late"},
        {"e2e.max < 25ms", one_request(1ms, 163ms, 6ms), budget_verdict::fail, "its end was read in time"},
        {"e2e.max > 200ms", one_request(50ms, 163ms), budget_verdict::fail, "lateness does not shorten anything"},
        {"e2e.count > 1", one_request(50ms, 163ms), budget_verdict::fail, "a count"},
        {"vehicle.max < 25ms", one_request(1ms, 163ms), budget_verdict::fail, "of vehicles, which are in time"},
        {"vehicle.max < 25ms", one_request(7ms, 163ms), budget_verdict::undecided,
         "of vehicles, whose timers are ours"},
        {"lag.max < 5ms", one_request(6ms, 163ms), budget_verdict::undecided, "the lag is the generator's own"},
        {"queued.wait.max < 25ms", one_request(7ms, 163ms), budget_verdict::fail, "has no lag"},
        {"queued.wait.max < 25ms", one_request(1ms, 163ms, 7ms), budget_verdict::undecided, "may have been read late"},
        {"sessions.connect.max < 25ms", one_request(7ms, 163ms, 7ms), budget_verdict::fail, "was before the load"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(evaluate_budget(*parse_budget(row.budget), row.run, names).verdict, row.verdict)
            << row.budget << ": " << row.reason;

    auto other_phase = one_request(1ms, 163ms);
    other_phase.sum.latencies.record(hop::lag, 0, 0, 90ms);
    EXPECT_EQ(evaluate_budget(*parse_budget("e2e.max < 25ms"), other_phase, names).verdict, budget_verdict::undecided);
    EXPECT_EQ(evaluate_budget(*parse_budget("e2e{phase=steady}.max < 25ms"), other_phase, names).verdict,
              budget_verdict::fail)
        << "the lag of other phases does not matter";
    auto without = one_request(1ms, 163ms);
    without.sum.latencies_from_begun = {};
    EXPECT_EQ(evaluate_budget(*parse_budget("e2e.max < 25ms"), without, names).verdict, budget_verdict::undecided)
        << "nothing shows that it was the platform";
}

namespace {

/// A thousand requests, of which seven were skipped: `late` of them for the generator's lateness.
measure::run_result seven_skipped(std::uint64_t late) {
    measure::run_result run;
    measure::request_counts counts;
    counts.due = 1000;
    counts.outcomes[static_cast<std::size_t>(outcome::executed)] = 993;
    counts.outcomes[static_cast<std::size_t>(outcome::skipped)] = counts.unexpected = 7;
    counts.skipped_late = counts.unexpected_late = late;
    run.sum.requests = counts;
    run.sum.phases = {{}, counts, {}};
    run.sum.groups[{.service = 0, .phase = 1, .segment = 0}] = counts;
    return run;
}

} // namespace

TEST(evaluate_budget, that_late_skips_decide_is_undecided) {
    const struct {
        const char* budget;
        std::uint64_t late;
        budget_verdict verdict;
        const char* reason;
    } rows[] = {
        {"unexpected == 0", 0, budget_verdict::fail, "the fleet was too small"},
        {"unexpected == 0", 7, budget_verdict::undecided, "all of them may be the generator's"},
        {"unexpected == 0", 6, budget_verdict::fail, "one is not"},
        {"unexpected <= 2", 5, budget_verdict::undecided, "the others are permitted"},
        {"unexpected <= 2", 4, budget_verdict::fail, "the others are too many"},
        {"unexpected.rate < 0.5%", 3, budget_verdict::undecided, "4 of 997"},
        {"unexpected.rate < 0.5%", 2, budget_verdict::fail, "5 of 998"},
        {"outcomes.skipped == 0", 7, budget_verdict::undecided, "the outcome itself"},
        {"outcomes.skipped{phase=steady} == 0", 7, budget_verdict::undecided, "by phase"},
        {"outcomes.skipped{service=horn} == 0", 7, budget_verdict::undecided, "by another label"},
        {"outcomes.executed.rate > 99.5%", 7, budget_verdict::undecided, "993 of 993"},
        {"outcomes.executed >= 995", 7, budget_verdict::fail, "there were not as many"},
        {"outcomes.skipped <= 7", 7, budget_verdict::pass, "a pass stays one"},
        {"sessions.refused > 0", 7, budget_verdict::fail, "not of requests"},
        {"e2e.count > 0", 7, budget_verdict::fail, "of samples"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(evaluate_budget(*parse_budget(row.budget), seven_skipped(row.late), names).verdict, row.verdict)
            << row.budget << ", " << row.late << " late: " << row.reason;
    auto wanted = seven_skipped(7); // maxVusers
    wanted.sum.requests.unexpected = wanted.sum.requests.unexpected_late = 0;
    EXPECT_EQ(evaluate_budget(*parse_budget("outcomes.skipped == 0"), wanted, names).verdict,
              budget_verdict::undecided);
    EXPECT_EQ(evaluate_budget(*parse_budget("unexpected == 0"), wanted, names).verdict, budget_verdict::pass);
}

TEST(evaluate_budget, has_the_interval_of_a_percentile) {
    const auto run = five_hundred_requests(1ms);
    const auto result = evaluate_budget(*parse_budget("e2e{service=horn}.p99 < 165ms"), run, names);
    EXPECT_EQ(result.metric, "e2e.p99");
    EXPECT_EQ(result.labels, "service=horn");
    EXPECT_EQ(result.op, "<");
    EXPECT_EQ(result.limit, 165);
    EXPECT_EQ(result.unit, "ms");
    EXPECT_EQ(result.samples, 500U);
    EXPECT_NEAR(result.interval_low.value(), 150, 0.15);
    EXPECT_NEAR(result.interval_high.value(), 170, 0.15);
    EXPECT_TRUE(result.close);
    EXPECT_TRUE(result.carried);
    EXPECT_EQ(result.observed_from_begun, std::nullopt) << "of a budget that was missed";
    const struct {
        const char* budget;
        bool close;
        budget_verdict verdict, strict;
    } rows[] = {
        {"e2e.p99 < 25ms", false, budget_verdict::fail, budget_verdict::fail},
        {"e2e.p99 < 155ms", true, budget_verdict::fail, budget_verdict::fail},
        {"e2e.p99 < 165ms", true, budget_verdict::pass, budget_verdict::fail},
        {"e2e.p99 < 175ms", false, budget_verdict::pass, budget_verdict::pass},
        {"e2e.p99 > 155ms", true, budget_verdict::pass, budget_verdict::fail},
        {"e2e.p99 > 100ms", false, budget_verdict::pass, budget_verdict::pass},
        {"e2e.max < 171ms", false, budget_verdict::pass, budget_verdict::pass}, // has no interval
        {"e2e.mean < 1s", false, budget_verdict::pass, budget_verdict::pass},
    };
    for (const auto& row : rows) {
        const auto b = *parse_budget(row.budget);
        EXPECT_EQ(evaluate_budget(b, run, names).close, row.close) << row.budget;
        EXPECT_EQ(evaluate_budget(b, run, names).verdict, row.verdict) << row.budget;
        EXPECT_EQ(evaluate_budget(b, run, names, true).verdict, row.strict) << row.budget;
    }
    EXPECT_EQ(evaluate_budget(*parse_budget("e2e.p99 < 171ms"), five_hundred_requests(30ms), names, true).verdict,
              budget_verdict::pass)
        << "as without --strict";
    EXPECT_EQ(evaluate_budget(*parse_budget("e2e.p99 < 165ms"), five_hundred_requests(30ms), names, true).verdict,
              budget_verdict::undecided)
        << "not close without the lag";
}

// A short run still passes e2e.p99 < 1s: its 99th percentile is at most its slowest request.
TEST(evaluate_budget, on_a_percentile_of_few_samples_is_judged_as_observed) {
    measure::run_result run;
    for (int i = 0; i < 40; ++i) run.sum.latencies.record(hop::e2e, 0, 0, 100ms);
    run.sum.latencies_from_begun = run.sum.latencies;
    for (const auto& [text, verdict] :
         {std::pair{"e2e.p99 < 1s", budget_verdict::pass}, std::pair{"e2e.p99 < 50ms", budget_verdict::fail}}) {
        const auto result = evaluate_budget(*parse_budget(text), run, names);
        EXPECT_EQ(result.verdict, verdict) << text;
        EXPECT_FALSE(result.carried) << text;
        EXPECT_FALSE(result.close) << text;
        EXPECT_EQ(result.interval_low, std::nullopt) << text;
        EXPECT_EQ(evaluate_budget(*parse_budget(text), run, names, true).verdict, budget_verdict::no_data) << text;
    }
    EXPECT_TRUE(evaluate_budget(*parse_budget("e2e.p50 < 1s"), run, names).carried);
}

TEST(evaluate_budget, has_a_sentence) {
    const auto slow = five_hundred_requests(1ms);
    measure::run_result counted;
    counted.sum = seen();
    const measure::run_result nothing;
    const auto late = one_request(7ms, 163ms, 9ms);
    const auto late_skips = seven_skipped(7);
    const struct {
        const char* budget;
        const measure::run_result& run;
        bool strict;
        const char* sentence;
    } rows[] = {
        {"e2e.p99 < 25ms", slow, false,
         "e2e.p99 < 25ms missed by 138ms (observed 163ms in 500 samples, 95 % interval 150ms to 170ms)"},
        {"e2e.p99 < 1s", slow, false,
         "e2e.p99 < 1s holds by 837ms (observed 163ms in 500 samples, 95 % interval 150ms to 170ms)"},
        {"e2e.p99 < 165ms", slow, false,
         "e2e.p99 < 165ms holds by 1.93ms (observed 163ms in 500 samples, 95 % interval 150ms to 170ms); close, as the "
         "limit is within the interval"},
        {"e2e.p99 < 165ms", slow, true,
         "e2e.p99 < 165ms holds by 1.93ms, but closely, which --strict does not accept (observed 163ms in 500 samples, "
         "95 % interval 150ms to 170ms): the limit is within the interval"},
        {"e2e.p99 < 161ms", slow, false,
         "e2e.p99 < 161ms missed by 2.07ms (observed 163ms in 500 samples, 95 % interval 150ms to 170ms); close, as "
         "the limit is within the interval"},
        {"e2e.max < 25ms", late, false,
         "e2e.max < 25ms undecided: observed 163ms from due and 156ms from begun in 1 sample; lag p99 of these "
         "requests "
         "7ms; loop delay p99 9.01ms. The load generator's own lateness could have decided it: use a less busy "
         "machine, "
         "more shards (--shards) or fewer requests a second"},
        {"lag.max < 5ms", late, false,
         "lag.max < 5ms undecided: observed 7ms in 1 sample. This is the load generator's own lateness: use a less "
         "busy "
         "machine, more shards (--shards) or fewer requests a second"},
        {"e2e.p99 < 1s", late, false, "e2e.p99 < 1s holds by 837ms (observed 163ms in 1 sample, too few to carry p99)"},
        {"e2e.p99 < 1s", late, true,
         "e2e.p99 < 1s is not judged under --strict: observed 163ms in 1 sample, too few to carry p99"},
        {"unexpected == 0", counted, false, "unexpected == 0 missed by 2 (observed 2 in 1000 requests)"},
        {"unexpected == 0", late_skips, false,
         "unexpected == 0 undecided: observed 7 in 1000 requests. Without 7 of them, skipped because the load "
         "generator "
         "was late, it would hold: use a less busy machine, more shards (--shards) or fewer requests a second"},
        {"unexpected == 2", counted, false, "unexpected == 2 holds (observed 2 in 1000 requests)"},
        {"unexpected.rate < 0.15%", counted, false,
         "unexpected.rate < 0.15% missed by 0.05 percentage points (observed 0.2% in 1000 requests)"},
        {"anomalies == 0", counted, false, "anomalies == 0 missed by 231 (observed 231 in 1000 requests)"},
        {"e2e.count == 5", counted, false, "e2e.count == 5 missed by 1 (observed 4)"},
        {"sessions.dropped == 0", counted, false, "sessions.dropped == 0 missed by 12 (observed 12 in 1 session)"},
        {"queued.out_of_order == 0", counted, false,
         "queued.out_of_order == 0 missed by 22 (observed 22 in 21 queued commands)"},
        {"sessions.tls.failed == 0", counted, false,
         "sessions.tls.failed == 0 missed by 6 (observed 6 in 10 handshakes)"},
        {"e2e.p99 < 1s", nothing, false, "e2e.p99 < 1s has no data: the run has no sample of it"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(evaluate_budget(*parse_budget(row.budget), row.run, names, row.strict).sentence, row.sentence);
    measure::run_result not_back;
    not_back.recoveries.emplace_back();
    not_back.recoveries.back().affected = 3;
    EXPECT_EQ(evaluate_budget(*parse_budget("recovery.time < 1m"), not_back, names).sentence,
              "recovery.time < 1m missed (observed not in this run in 1 occurrence)");
}

TEST(budget_verdict, has_names) {
    EXPECT_EQ(to_string(budget_verdict::undecided), "undecided");
    EXPECT_EQ(to_string(budget_verdict::pass), "pass");
    EXPECT_EQ(to_string(budget_verdict::fail), "fail");
    EXPECT_EQ(to_string(budget_verdict::no_data), "no data");
}
