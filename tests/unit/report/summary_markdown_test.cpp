// Summary of a run as Markdown.
#include "sample_run.hpp"

#include <loadsim/report/summary_markdown.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

std::string sample(std::string_view comparison = {}) {
    return summary_markdown(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), comparison);
}

} // namespace

TEST(summary_markdown, begins_with_the_verdict_and_its_reasons) {
    EXPECT_THAT(sample(), StartsWith("## quickstart: FAIL\n\n- 1 of 4 budgets was missed\n\n| "));
    auto rehearsal = sample_run::run();
    rehearsal.mode = measure::run_mode::rehearsal;
    EXPECT_THAT(summary_markdown(rehearsal, {}, {}), StartsWith("## quickstart: PASS (rehearsal)\n"));
}

TEST(summary_markdown, has_tables_of_budgets_hops_and_phases) {
    EXPECT_THAT(sample(), AllOf(HasSubstr("|  | budget | observed |\n| --- | --- | ---: |\n| ✗ | `e2e{service=horn"),
                                HasSubstr("| ✓ | `unexpected <= 1` | 1 |\n| ? | `expiry.p99 < 12s` | no data |\n")));
    auto warned = sample_run::missed_budget();
    for (auto& budget : warned.budgets) budget.severity = verdict::budget_severity::warn;
    EXPECT_THAT(summary_markdown(sample_run::run(), warned, sample_run::labels()),
                AllOf(HasSubstr("| ! | `e2e{service=horn"), HasSubstr("| ✓ | `unexpected <= 1`"), Not(HasSubstr("✗"))));
    EXPECT_THAT(sample(),
                AllOf(HasSubstr("| latency | p50 | p90 | p95 | p99 | max | samples |\n"
                                "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n| lag | 0.14 ms |"),
                      HasSubstr("\n| e2e | 25.0 ms | 1.00 s | - | - | 1.00 s | 50 |\n"), HasSubstr("\n| connect | ")));
    EXPECT_THAT(sample(), HasSubstr("| phase | asked | achieved | due | unexpected | e2e p50 | p99 |\n"
                                    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
                                    "| `ramp` | 1.1/s | 1/s | 10 | 0 | 1.00 s | - |\n"
                                    "| `steady` | 2.5/s | 3.3/s | 50 | 1 | 20.0 ms | - |\n"));
    EXPECT_THAT(sample(), HasSubstr("**Requests:** 60 due, 59 sent, 1 unexpected (of 61 planned); 50 `executed`, 9 "
                                    "`timed_out`, 1 `skipped`\n"));
}

TEST(summary_markdown, has_reasons_anomalies_and_what_was_tested) {
    EXPECT_THAT(sample(), AllOf(HasSubstr("- 1 × `no vehicle was free`\n"), HasSubstr("- 2 × `connection refused`\n"),
                                HasSubstr("- 3 × `completion_duplicated`\n"), HasSubstr("`commit=abc123`"),
                                HasSubstr("2026-11-20T10:20:00Z"), HasSubstr("seed 42"), HasSubstr("loadsim 1.2.3"),
                                HasSubstr("from `ci-7`")));
}

TEST(summary_markdown, has_the_changes_against_a_baseline_if_there_is_one) {
    EXPECT_THAT(sample(), Not(HasSubstr("baseline")));
    EXPECT_THAT(sample("e2e p99 is 5 % better\n"),
                HasSubstr("\n### Compared with the baseline\n\ne2e p99 is 5 % better\n\n"));
}

TEST(summary_markdown, leaves_out_what_has_no_data) {
    const auto text = summary_markdown({}, {}, {});
    EXPECT_THAT(text, AllOf(Not(HasSubstr("|")), Not(HasSubstr("×")), HasSubstr("0 due")));
}

TEST(summary_markdown, makes_no_markup_of_texts_from_outside) {
    measure::run_result run;
    run.scenario = "[x](http://y) <img> @team";
    run.sum.errors = {{"`rm` | ``x``", 1}, {"a\nb\x1b", 2}};
    run.sum.phases.resize(2);
    const measure::labels labels{
        .services = {}, .phases = {"a|b", "c"}, .segments = {}, .behaviours = {}, .conditions = {}};
    const auto text = summary_markdown(run, {}, labels);
    EXPECT_THAT(text, StartsWith("## \\[x\\]\\(http://y\\) \\<img\\> @<!-- -->team: PASS\n"));
    EXPECT_THAT(text, HasSubstr("- 1 × ``` `rm` | ``x`` ```\n")) << "a fence that is longer than any inside";
    EXPECT_THAT(text, HasSubstr("- 2 × `a\\x0ab\\x1b`\n"));
    EXPECT_THAT(text, HasSubstr("| `a\\|b` |")) << "in a table";
}

TEST(summary_markdown, cuts_long_tables) {
    verdict::evaluation evaluation;
    evaluation.budgets.assign(60, sample_run::missed_budget().budgets.front());
    EXPECT_THAT(summary_markdown({}, evaluation, {}), HasSubstr("\n10 more are in `summary.json`.\n"));
}
