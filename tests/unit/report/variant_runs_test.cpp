// Figures of a run for the choice between variants, from the text of its summary.json.
#include <loadsim/report/variant_runs.hpp>

#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;

namespace {

std::string summary_of(const std::string& verdict, const std::string& more = {}) {
    return R"({"verdict": ")" + verdict + R"(", "end_reason": "complete", "target": "embedded", "duration_ms": 9000,
        "requests": {"due": 300, "unexpected": 30},
        "phases": [{"sent": 100, "achieved_rate_per_s": 50}, {"sent": 0, "achieved_rate_per_s": null},
                   {"sent": 200, "achieved_rate_per_s": 100}],
        "latency": {"e2e": {"p50_ms": 123.455, "p99_ms": null}},
        "budgets": [{"expression": "e2e.p50 < 1s", "verdict": "fail", "severity": "warn"},
                    {"expression": "unexpected == 0", "verdict": "fail", "severity": "fail"}])" +
           more + "}";
}

} // namespace

TEST(variant_run, has_the_figures_of_its_summary) {
    const auto run = parse_variant_run(summary_of("fail", R"(, "cost": {"total": 0.25, "currency": "USD"})"));
    ASSERT_TRUE(run);
    EXPECT_FALSE(run->round.meets_budgets);
    EXPECT_TRUE(run->round.valid);
    EXPECT_EQ(run->round.missed, "unexpected == 0") << "a budget that only warns decides nothing";
    EXPECT_EQ(run->round.latency_p50, 123455us);
    EXPECT_EQ(run->round.latency_p99, std::nullopt) << "too few samples";
    EXPECT_DOUBLE_EQ(run->round.throughput, 270.0 / 4) << "over the time of the phases";
    EXPECT_DOUBLE_EQ(run->round.error_share, 0.1);
    EXPECT_EQ(run->cost, 0.25);
    EXPECT_EQ(run->currency, "USD");
    EXPECT_EQ(run->target, "embedded");
    EXPECT_EQ(run->duration, 9s);
}

TEST(variant_run, meets_the_budgets_by_its_verdict) {
    const auto pass = parse_variant_run(summary_of("pass"));
    ASSERT_TRUE(pass);
    EXPECT_TRUE(pass->round.meets_budgets);
    EXPECT_EQ(pass->round.missed, "");
    EXPECT_EQ(pass->cost, std::nullopt) << "the scenario has no prices";
    const auto invalid = parse_variant_run(summary_of("invalid", R"(, "cost": null)"));
    ASSERT_TRUE(invalid);
    EXPECT_FALSE(invalid->round.valid);
    EXPECT_FALSE(invalid->round.meets_budgets);
}

TEST(variant_run, of_no_summary_is_none) {
    EXPECT_FALSE(parse_variant_run(""));
    EXPECT_FALSE(parse_variant_run("{}"));
    EXPECT_FALSE(parse_variant_run("[1"));
}
