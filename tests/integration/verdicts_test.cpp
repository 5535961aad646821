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
    w.budgets = "['e2e.p99 < 1ms', 'unexpected == 0']";
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 99) << run.err();
    expect_verdict(run, "fail", 99);
    EXPECT_EQ(text(run.summary(), "/budgets/0/verdict"), "fail");
    EXPECT_EQ(text(run.summary(), "/budgets/1/verdict"), "pass");
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
    w.phases = "[{duration: 1ms, arrivalCount: 200}]"; // more than it can begin in that time
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
    w.budgets = "['e2e.p99 < 1s']";
    auto run =
        program::run(w.yaml(), {"--broker", broker.url(), "--api", "http://127.0.0.1:" + std::to_string(api.port())});
    EXPECT_EQ(run.wait(), 99) << run.err();
    expect_verdict(run, "fail", 99);
    EXPECT_GT(run.summary().at_pointer("/http/connection_wait/p99_ms").to_number<double>(), 2000);
}

} // namespace
