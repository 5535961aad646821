// Exit codes of completed runs. Exit code 1 means a bug (inconsistent ledger), which no input can cause: the unit test of
// verdict covers it.
#include "broker.hpp"
#include "fake_api.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace std::chrono_literals;
using harness::expect_verdict;
using harness::number;
using harness::program;
using harness::text;
using testing::HasSubstr;

namespace {

TEST(verdict, a_missed_budget_is_99) {
    harness::scenario_builder w;
    w.budgets = "['e2e.p50 > 1m', 'unexpected == 0']"; // a lower limit: no lateness of the generator can miss it
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 99) << run.err();
    expect_verdict(run, "fail", 99);
    EXPECT_EQ(text(run.summary(), "/budgets/0/verdict"), "fail");
    EXPECT_EQ(text(run.summary(), "/budgets/1/verdict"), "pass");
}

TEST(verdict, a_budget_that_the_generator_could_have_missed_is_4) {
    harness::scenario_builder w;
    w.budgets = "['e2e.p50 < 1us', 'unexpected == 0']"; // any lag is above a quarter of it
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
    expect_verdict(run, "invalid", 4);
    EXPECT_EQ(text(run.summary(), "/budgets/0/verdict"), "undecided");
    EXPECT_GT(run.summary().at_pointer("/budgets/0/observed_from_begun").to_number<double>(), 10);
    EXPECT_THAT(run.out(), HasSubstr("use a less busy machine"));
}

TEST(verdict, without_budgets_unexpected_requests_are_99_and_with_none_nobody_judges) {
    const std::string scenario =
        "name: x\ntarget: {embedded: {services: {horn: {created: 300ms, pending: 300ms, running: 300ms}}}}\n"
        "fleet: {vehicles: 20, segments: [{name: all, share: 100%, behaviour: silent}]}\n"
        "behaviours: {silent: {expect: executed, steps: []}}\n"
        "load: {services: {horn: 1}, phases: [{duration: 1s, arrivalCount: 5}], drain: 3s, "
        "completionTimeout: 2s, lagLimit: 2s}\n";
    auto judged = program::run(scenario);
    EXPECT_EQ(judged.wait(), 99) << judged.out() << judged.err();
    EXPECT_THAT(judged.out(), HasSubstr("unexpected == 0 missed by 5 (observed 5 in 5 requests)"));
    auto unjudged = program::run(scenario, {"--set", "budgets=[]"});
    EXPECT_EQ(unjudged.wait(), 0) << unjudged.out() << unjudged.err();
    EXPECT_THAT(unjudged.out(), HasSubstr("nobody judged this run"));
    EXPECT_THAT(harness::read_file(unjudged.report() / "scenario.yaml"), HasSubstr("budgets: []"));
}

TEST(verdict, a_percentile_of_few_requests_is_5_when_strict) {
    harness::scenario_builder w;
    w.budgets = "['e2e.p99 < 1m']";
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_TRUE(run.summary().at_pointer("/latency/e2e/p99_ms").is_null()) << "of 40 samples";
    auto strict = program::run(w.yaml(), {"--strict"});
    EXPECT_EQ(strict.wait(), 5) << strict.out() << strict.err();
    EXPECT_THAT(strict.out(), HasSubstr("too few to carry p99"));
}

TEST(verdict, a_missed_budget_with_abort_ends_the_run_early) {
    harness::scenario_builder w;
    w.phases = "[{duration: 60s, arrivalRate: 20}]";
    w.budgets = "[{budget: outcomes.executed < 5, abort: 2s}]";
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 99) << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(text(summary, "/end_reason"), "budget");
    EXPECT_EQ(text(summary, "/verdict"), "fail");
    EXPECT_THAT(text(summary, "/verdict_reasons/0"),
                HasSubstr("The run ended early after 2s of load, because the budget"));
    EXPECT_LT(number(summary, "/requests/due"), 600);
}

TEST(verdict, a_missed_budget_that_only_warns_is_0) {
    harness::scenario_builder w;
    w.budgets = "[{budget: outcomes.executed == 0, severity: warn}, unexpected == 0]";
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 0) << run.err();
    expect_verdict(run, "pass", 0);
    EXPECT_EQ(text(run.summary(), "/budgets/0/verdict"), "fail");
    EXPECT_EQ(text(run.summary(), "/budgets/0/severity"), "warn");
}

TEST(verdict, a_budget_without_data_is_5) {
    harness::scenario_builder w; // all vehicles respond: no request expires
    w.budgets = "['expiry.max < 10s', 'unexpected == 0']";
    auto run = program::run(w.yaml(), {"--quiet"});
    EXPECT_EQ(run.wait(), 5) << run.err();
    EXPECT_THAT(run.err(), HasSubstr("expiry.max < 10s")) << "--quiet still says what is wrong";
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(text(summary, "/verdict"), "no data");
    EXPECT_TRUE(summary.at_pointer("/budgets/0/observed_value").is_null());
}

TEST(verdict, a_generator_that_was_the_limit_is_4) {
    harness::scenario_builder w;
    w.vehicles = 800;
    w.phases = "[{duration: 1ms, arrivalCount: 800}]"; // more than it can begin in that time
    auto run = program::run(w.yaml(), {"--set", "load.lagLimit=1ms"});
    EXPECT_EQ(run.wait(), 4) << run.err();
    expect_verdict(run, "invalid", 4);
}

TEST(verdict, a_platform_that_stands_still_is_99) {
    // One connection to an API that never responds: every request but the first waits for a timeout.
    harness::broker broker;
    const harness::fake_server api(harness::fake_api_handler([](auto) { return harness::reaction{}; }));
    harness::scenario_builder w;
    w.load_keys = "http: {connections: 1, timeout: 200ms},";
    w.budgets = "['e2e.p99 < 10s', 'unexpected > 0', 'anomalies >= 0']";
    auto run =
        program::run(w.yaml(), {"--broker", broker.url(), "--api", "http://127.0.0.1:" + std::to_string(api.port())});
    EXPECT_EQ(run.wait(), 99) << run.err();
    expect_verdict(run, "fail", 99);
    EXPECT_GT(run.summary().at_pointer("/http/connection_wait/max_ms").to_number<double>(), 2000);
}

} // namespace
