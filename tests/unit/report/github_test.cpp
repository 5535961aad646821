// Annotations and step summary of GitHub Actions.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/github.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

using step_summary = sample_run::temporary_folder;

} // namespace

TEST(github_annotations, are_at_the_lines_of_the_budgets) {
    const std::vector<budget_line> lines{{"e2e{service=horn,phase=steady}.p50 < 19ms", "scenarios/quickstart.yaml", 31},
                                         {"unexpected <= 1", "scenarios/quickstart.yaml", 32},
                                         {"expiry.p99 < 12s", "scenarios/base.yaml", 7}};
    EXPECT_EQ(github_annotations(sample_run::missed_budget(), lines),
              "::error file=scenarios/quickstart.yaml,line=31,title=loadsim%3A budget missed::Budget "
              "e2e{service=horn,phase=steady}.p50 < 19ms missed by 1.02ms.\n"
              "::warning title=loadsim%3A budget not decided::Budget lag.p99 < 100us undecided.\n"
              "::warning file=scenarios/base.yaml,line=7,title=loadsim%3A budget not decided::Budget expiry.p99 < 12s "
              "has no data.\n");
    auto warned = sample_run::missed_budget();
    for (auto& b : warned.budgets) b.severity = verdict::budget_severity::warn;
    EXPECT_THAT(github_annotations(warned, lines), testing::Not(HasSubstr("::error")));
    EXPECT_THAT(github_annotations(sample_run::missed_budget(), {}),
                StartsWith("::error title=loadsim%3A budget missed::Budget e2e{service=horn"))
        << "set on the command line";
    EXPECT_EQ(github_annotations({}, lines), "") << "a pass";
}

TEST(github_annotations, of_an_invalid_run_are_one_warning) {
    auto evaluation = sample_run::missed_budget();
    evaluation.verdict = verdict::run_verdict::invalid;
    evaluation.reasons = {"Lag was 100 % too high.", "Budget missed."};
    EXPECT_EQ(github_annotations(evaluation, {}),
              "::warning title=loadsim%3A run invalid::Lag was 100 %25 too high.\n");
}

TEST(github_annotations, are_one_line_each_whatever_a_text_contains) {
    auto evaluation = sample_run::missed_budget();
    evaluation.budgets.resize(1);
    evaluation.budgets[0].expression = "e2e{phase=a\n::error::b}.p99 < 1%";
    evaluation.budgets[0].sentence = "e2e{phase=a\n::error::b}.p99 < 1% missed, observed 2\r";
    EXPECT_EQ(github_annotations(evaluation, {{evaluation.budgets[0].expression, "a, b: 50%.yaml", 3}}),
              "::error file=a%2C b%3A 50%25.yaml,line=3,title=loadsim%3A budget missed::Budget "
              "e2e{phase=a%0A::error::b}.p99 < 1%25 missed, observed 2%0D.\n");
}

TEST(path_in_checkout, is_relative_inside_and_absolute_outside) {
    const struct {
        const char *file, *working_folder, *checkout, *path;
    } rows[] = {
        {"scenarios/a.yaml", "/w/repo", "/w/repo", "scenarios/a.yaml"},
        {"a.yaml", "/w/repo/load", "/w/repo/", "load/a.yaml"},
        {"../a.yaml", "/w/repo/load", "/w/repo", "a.yaml"},
        {"/w/repo/a.yaml", "/", "/w/repo", "a.yaml"},
        {"/etc/a.yaml", "/w/repo", "/w/repo", "/etc/a.yaml"},
        {"../repo2/a.yaml", "/w/repo", "/w/repo", "/w/repo2/a.yaml"},
        {"a.yaml", "/w/repo", "", "/w/repo/a.yaml"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(path_in_checkout(row.file, row.working_folder, row.checkout), row.path) << row.file;
}

TEST_F(step_summary, is_appended) {
    write("summary", "# Other tool\n");
    EXPECT_EQ(append_step_summary(folder / "summary", "## a: PASS\n"), "");
    EXPECT_EQ(text("summary"), "# Other tool\n## a: PASS\n");
    EXPECT_THAT(append_step_summary("/dev/full", "x\n"),
                testing::AllOf(HasSubstr("GITHUB_STEP_SUMMARY"), HasSubstr("No space left on device")));
    EXPECT_THAT(append_step_summary(folder / "no" / "summary", "x\n"), HasSubstr("No such file"));
}

TEST_F(step_summary, is_cut_where_github_would_refuse_it) {
    EXPECT_EQ(fit_step_summary("a\nb\n", step_summary_limit - 4), "a\nb\n");
    const std::string line(99, 'x');
    std::string many;
    for (int i = 0; i < 11'000; ++i) many += line + '\n';
    const auto cut = fit_step_summary(many, 0);
    EXPECT_LE(cut.size(), step_summary_limit);
    EXPECT_GT(cut.size(), step_summary_limit - 300);
    EXPECT_THAT(cut, EndsWith("x\n\nMore is in `summary.md`: GitHub shows 1 MiB of a step's summary.\n"));
    EXPECT_EQ(fit_step_summary(many, step_summary_limit - 10), "");
    EXPECT_EQ(fit_step_summary(many, 2 * step_summary_limit), "");
}
