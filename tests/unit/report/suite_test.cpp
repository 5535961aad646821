// Suites: names of folders, table, page and JUnit test suites.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/suite.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::report;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using verdict::exit_code;

namespace {

using report_folder_of_a_run = sample_run::temporary_folder;
using end_reason = measure::run_result::end_reason;

const auto start = std::chrono::system_clock::from_time_t(1'795'170'000); // 2026-11-20T10:20:00Z

suite_run run_of(std::string name, exit_code code, run_end end) {
    return {.name = name,
            .file = name + ".yaml",
            .folder = name,
            .code = code,
            .end = std::move(end),
            .started = start,
            .seconds = 72.4};
}

std::vector<suite_run> runs() {
    return {
        run_of("tunnel", exit_code::pass, {.verdict = "pass", .budgets = {{"e2e.p99 < 1s", "pass"}}}),
        run_of("spike", exit_code::missed,
               {.verdict = "fail",
                .reasons = {"Budget missed: e2e.p99 < 1s, observed 2s."},
                .budgets = {{"e2e.p99 < 1s", "fail"}, {"unexpected == 0", "pass"}}}),
        run_of("busy", exit_code::invalid,
               {.verdict = "invalid",
                .reasons = {"The generator itself was the limit."},
                .budgets = {{"e2e.p99 < 1s", "fail"}}}),
        {.name = "broken.yaml", .file = "broken.yaml", .code = exit_code::usage, .error = "broken.yaml:1:1: bad\nmore"},
        {.name = "later", .file = "later.yaml"}};
}

} // namespace

TEST(suite, folders_have_the_names_of_the_scenarios) {
    EXPECT_THAT(suite_folder_names({"a", "b", "a", "a", "junit.xml", "a-2"}),
                ElementsAre("a", "b", "a-2", "a-3", "junit.xml-2", "a-2-2"));
    EXPECT_THAT(suite_folder_names({"a-retry-1", "a", "b-retry-1", "a-retry-x"}),
                ElementsAre("a-retry-1-2", "a", "b-retry-1", "a-retry-x"))
        << "a retry of 'a' needs the folder";
}

TEST(suite, a_repetition_has_a_folder_beside_that_of_the_run) {
    EXPECT_EQ(retry_folder("reports/a", 1), "reports/a-retry-1");
    EXPECT_EQ(retry_folder("out/", 2), "out-retry-2") << "not below it: it is not empty";
}

TEST(suite, the_worst_run_decides) {
    EXPECT_EQ(suite_code({}), exit_code::pass);
    EXPECT_EQ(suite_code(runs()), exit_code::usage);
    EXPECT_EQ(suite_code({runs()[0], runs()[2], runs()[1], runs()[4]}), exit_code::missed) << "not run is not worse";
}

TEST(suite, the_table_has_a_row_for_each_scenario) {
    EXPECT_EQ(suite_table(runs()), "    scenario     verdict  code   time  what decided\n"
                                   "    tunnel       pass        0  1m12s\n"
                                   "    spike        fail       99  1m12s  Budget missed: e2e.p99 < 1s, observed 2s.\n"
                                   "    busy         invalid     4  1m12s  The generator itself was the limit.\n"
                                   "    broken.yaml  error       2     0s  broken.yaml:1:1: bad\n"
                                   "    later        not run               The suite ended before it.\n"
                                   "\n"
                                   "5 scenarios: 1 pass, 1 fail, 1 invalid, 1 error, 1 not run\n");
    auto repeated = runs()[0];
    repeated.retries = 2;
    EXPECT_THAT(suite_table({repeated}), HasSubstr("pass (retry 2)"));
}

TEST(suite, a_finished_run_is_one_line) {
    EXPECT_EQ(suite_line(runs()[0]), "pass, 1m12s");
    EXPECT_EQ(suite_line(runs()[2]), "invalid, 1m12s: The generator itself was the limit.");
}

TEST(suite, a_pass_that_could_not_be_written_is_an_error) {
    auto run = runs()[0];
    run.code = exit_code::setup;
    EXPECT_EQ(suite_verdict(run), "error");
    EXPECT_THAT(suite_junit({run})[0].cases.back().error, suite_reason(run));
}

TEST(suite, junit_has_a_case_for_each_budget_and_one_for_the_run) {
    const auto suites = suite_junit(runs());
    ASSERT_THAT(suites, SizeIs(5));
    EXPECT_EQ(suites[0].name, "tunnel");
    EXPECT_EQ(suites[0].started, start);
    ASSERT_THAT(suites[0].cases, SizeIs(2));
    EXPECT_EQ(suites[0].cases[0].name, "e2e.p99 < 1s");
    EXPECT_EQ(suites[0].cases[1].name, "run");
    for (const auto& passed : suites[0].cases) {
        EXPECT_EQ(passed.class_name, "tunnel");
        EXPECT_THAT(passed.failure + passed.error + passed.skipped, IsEmpty());
    }
    EXPECT_EQ(suites[1].cases[0].failure, "Budget missed: e2e.p99 < 1s, observed 2s.");
    EXPECT_THAT(suites[1].cases[1].failure, IsEmpty());
    EXPECT_THAT(suites[1].cases[2].error, IsEmpty()) << "the run itself ended as it must";
    for (const auto& judged_by_nothing : suites[2].cases) {
        EXPECT_EQ(judged_by_nothing.skipped, "The generator itself was the limit.");
        EXPECT_THAT(judged_by_nothing.failure, IsEmpty());
    }
    ASSERT_THAT(suites[3].cases, SizeIs(1));
    EXPECT_EQ(suites[3].cases[0].error, "broken.yaml:1:1: bad");
    EXPECT_THAT(suites[4].cases[0].skipped, Not(IsEmpty()));
}

TEST(suite, a_missed_budget_is_a_failure_whatever_its_reason_says) {
    const auto suites = suite_junit(
        {run_of("a", exit_code::missed, {.verdict = "fail", .reasons = {"other"}, .budgets = {{"x < 1", "fail"}}})});
    EXPECT_THAT(suites[0].cases[0].failure, HasSubstr("x < 1"));
}

TEST(suite, a_budget_that_only_warns_is_no_failure) {
    const auto suites = suite_junit(
        {run_of("a", exit_code::pass,
                {.verdict = "pass", .budgets = {{"x < 1", "fail", "warn"}, {"y < 1", "no data", "warn"}}})});
    for (const auto& one : suites[0].cases) EXPECT_THAT(one.failure + one.error, IsEmpty());
}

TEST(suite, the_page_links_to_the_runs_and_escapes_all_texts) {
    auto all = runs();
    all[1].end->reasons = {"<script>alert('x')</script> & \"more\"\x01"};
    all[3].name = "<b>.yaml";
    all[2].folder = "a b&c";
    const auto page = suite_page(all, start);
    EXPECT_THAT(page, HasSubstr("<a href=\"tunnel/report.html\">tunnel</a>"));
    EXPECT_THAT(page, HasSubstr("<a href=\"a%20b"));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;\\x01"));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, HasSubstr("&lt;b&gt;.yaml</td>")) << "without a folder no link";
    EXPECT_THAT(page, HasSubstr("exit code 2"));
    EXPECT_THAT(page, HasSubstr("2026-11-20T10:20:00Z"));
    EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
    EXPECT_THAT(page, HasSubstr("<td class=\"name\">later</td><td class=\"verdict other\">not run</td>"));
    EXPECT_THAT(page, HasSubstr("<h1>5 scenarios: 1 pass, 1 fail, 1 invalid, 1 error, 1 not run</h1>"));
}

TEST(run_end, is_read_from_what_a_run_writes) {
    const auto end = parse_run_end(summary_json(sample_run::run(), sample_run::missed_budget(), sample_run::labels()));
    ASSERT_TRUE(end);
    EXPECT_EQ(end->verdict, "fail");
    EXPECT_EQ(end->end_reason, end_reason::complete);
    EXPECT_EQ(end->reasons, sample_run::missed_budget().reasons);
    ASSERT_THAT(end->budgets, SizeIs(sample_run::missed_budget().budgets.size()));
    EXPECT_EQ(end->budgets[0].expression, sample_run::missed_budget().budgets[0].expression);
}

TEST(run_end, of_anything_else_is_none) {
    for (const auto* text : {"", "[]", "{", "{}", R"({"verdict": 1, "end_reason": "complete"})",
                             R"({"verdict": "pass"})", R"({"verdict": "pass", "end_reason": "unknown"})"})
        EXPECT_FALSE(parse_run_end(text)) << text;
    const auto lenient =
        parse_run_end(R"({"verdict": "pass", "end_reason": "complete", "budgets": [1], "verdict_reasons": 2})");
    ASSERT_TRUE(lenient);
    EXPECT_THAT(lenient->budgets, IsEmpty());
}

TEST_F(report_folder_of_a_run, without_summary_has_no_end) {
    EXPECT_FALSE(read_run_end(folder));
    write(summary_file_name, R"({"verdict": "pass", "end_reason": "terminated"})");
    const auto end = read_run_end(folder);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->end_reason, end_reason::terminated);
}
