// Budgets of phases and windows.
#include <loadsim/verdict/budget.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using measure::hop;

namespace {

const measure::labels part_names{.services = {"horn"},
                                 .phases = {"warm-up", "steady"},
                                 .segments = {"all"},
                                 .behaviours = {},
                                 .conditions = {},
                                 .observers = {},
                                 .campaigns = {"recall"}};

budget of(const char* limit, std::chrono::seconds over = 0s) {
    auto b = parse_budget(limit).value();
    b.over = over;
    b.expression = qualified_expression(b);
    return b;
}

/// Requests with these latencies, one of them still in flight.
measure::totals requests(std::initializer_list<nanoseconds> e2e, std::uint32_t phase = 1) {
    measure::totals t;
    t.phases.resize(2);
    t.requests.due = e2e.size() + 1;
    t.requests.outcomes[static_cast<std::size_t>(outcome::executed)] = e2e.size();
    t.phases[phase] = t.requests;
    for (const auto latency : e2e) {
        t.latencies.record(hop::e2e, 0, phase, latency);
        t.latencies_from_begun.record(hop::e2e, 0, phase, latency - 1us);
        t.latencies.record(hop::lag, 0, phase, 1us);
        t.latencies.record(hop::accept, 0, phase, 2ms);
    }
    t.sessions.dropped = 3;
    t.queued.delivered = 4;
    t.campaigns[0].addressed = 5;
    t.anomalies[0] = 6;
    return t;
}

} // namespace

TEST(evaluate_budget, counts_only_the_phases_of_during_and_except) {
    auto sum = requests({100us, 200us}, 0);
    sum.add(requests({300us}));
    sum.phases[0].unexpected = 2;
    measure::run_result run;
    run.sum = sum;
    const auto evaluated = [&](const char* limit, std::vector<std::string> during, std::vector<std::string> except) {
        auto b = of(limit);
        b.during = std::move(during);
        b.except = std::move(except);
        return evaluate_budget(b, run, part_names).observed_text;
    };
    EXPECT_EQ(evaluated("e2e.count > 0", {}, {}), "3");
    EXPECT_EQ(evaluated("e2e.min > 0s", {"steady"}, {}), "0.3ms");
    EXPECT_EQ(evaluated("e2e.max < 1s", {}, {"steady"}), "0.2ms");
    EXPECT_EQ(evaluated("unexpected == 0", {"steady"}, {}), "0");
    EXPECT_EQ(evaluated("unexpected == 0", {}, {"steady"}), "2");
    EXPECT_EQ(evaluated("e2e.count > 0", {"steady", "warm-up"}, {}), "3");
}

TEST(evaluate_budget, of_windows_is_that_of_the_worst_one) {
    const auto b = of("e2e.max < 1ms", 60s);
    measure::run_result run;
    run.sum = requests({100us, 5ms});
    EXPECT_EQ(evaluate_budget(b, run, part_names).verdict, budget_verdict::no_data) << "the sum does not count";
    EXPECT_EQ(evaluate_budget(b, run, part_names).observed_text, "no data: no full window");
    run.budget_parts.push_back(
        {.budget = b.expression, .sum = requests({2ms}), .from = 120s, .until = 180s, .windows = 5});
    const auto result = evaluate_budget(b, run, part_names);
    EXPECT_EQ(result.expression, "e2e.max < 1ms over 1m windows");
    EXPECT_EQ(result.verdict, budget_verdict::fail);
    EXPECT_EQ(result.observed_text, "2ms from 2m to 3m of the load, the worst of 5 windows");
}

TEST(evaluate_budget, of_sessions_in_a_phase_is_that_of_its_part) {
    auto b = of("sessions.dropped == 0");
    b.except = {"warm-up"};
    b.expression = qualified_expression(b);
    EXPECT_TRUE(has_part(b));
    measure::run_result run;
    EXPECT_EQ(evaluate_budget(b, run, part_names).verdict, budget_verdict::no_data);
    run.budget_parts.push_back({.budget = "sessions.dropped == 0, except warm-up", .sum = requests({1ms})});
    EXPECT_EQ(evaluate_budget(b, run, part_names).observed_text, "3");
}

TEST(has_part, is_true_if_the_sum_does_not_decide) {
    auto hop_in_phase = of("e2e.p99 < 1s");
    hop_in_phase.during = {"steady"};
    EXPECT_FALSE(has_part(hop_in_phase)) << "latencies are counted by phase";
    EXPECT_FALSE(has_part(of("sessions.dropped == 0")));
    EXPECT_TRUE(has_part(of("e2e.p99 < 1s", 1s)));
}

TEST(part_of, has_what_the_budget_needs) {
    const auto all = requests({1ms, 2ms});
    for (const auto* limit :
         {"e2e.max < 1s", "e2e.count > 0", "unexpected == 0", "outcomes.executed.rate > 50%", "sessions.dropped == 0",
          "queued.delivered == 0", "campaigns.duplicates == 0", "anomalies == 0"}) {
        const auto b = of(limit);
        const auto whole = evaluate_part(b, all, part_names);
        const auto part = evaluate_part(b, part_of(b, all), part_names);
        EXPECT_EQ(part.observed_text, whole.observed_text) << limit;
        EXPECT_NE(part.verdict, budget_verdict::no_data) << limit;
    }
    const auto part = part_of(of("e2e.max < 1s"), all);
    EXPECT_EQ(part.latencies.select(hop::lag).count(), 2U) << "whether the generator was late";
    EXPECT_TRUE(part.latencies.select(hop::accept).empty());
    EXPECT_EQ(part.sessions.dropped, 0U);
}

TEST(evaluate_part, counts_requests_in_flight_in_no_rate) {
    EXPECT_EQ(evaluate_part(of("outcomes.executed.rate > 99%"), requests({1ms, 1ms}), part_names).observed_text,
              "100%");
}

TEST(is_worse, is_further_from_the_limit) {
    const auto result = [](std::optional<double> observed, budget_verdict v) {
        budget_result r;
        r.observed = observed;
        r.verdict = v;
        return r;
    };
    const auto fail = budget_verdict::fail, pass = budget_verdict::pass;
    const auto upper = of("e2e.p99 < 1s"), lower = of("e2e.count > 100"), equal = of("anomalies == 7");
    EXPECT_TRUE(is_worse(upper, result(2000, fail), result(1500, fail)));
    EXPECT_FALSE(is_worse(upper, result(1500, fail), result(2000, fail)));
    EXPECT_TRUE(is_worse(upper, result(std::nullopt, fail), result(2000, fail))) << "beyond every limit";
    EXPECT_TRUE(is_worse(upper, result(900, pass), result(800, pass)));
    EXPECT_TRUE(is_worse(upper, result(0, pass), result(std::nullopt, budget_verdict::no_data)));
    EXPECT_TRUE(is_worse(lower, result(10, fail), result(90, fail)));
    EXPECT_TRUE(is_worse(equal, result(3, fail), result(10, fail)));
    EXPECT_FALSE(is_worse(equal, result(7, pass), result(8, fail)));
}
