#include "sample_run.hpp"

#include <loadsim/report/comparison_report.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using verdict::change_verdict;
using verdict::run_comparison;

namespace {

verdict::latency_change compared_row(measure::hop hop, const char* service, change_verdict verdict) {
    return {.hop = hop,
            .service = service,
            .phase = {},
            .percentile = 99.9,
            .old_samples = 4000,
            .new_samples = 4000,
            .old_value = 100ms,
            .new_value = 125ms,
            .change = 0.25,
            .low = 0.21,
            .high = 0.294,
            .verdict = verdict,
            .reason = verdict == change_verdict::cannot_tell ? "too few samples" : ""};
}

comparison_heading sample_heading() {
    stored_run run{.path = "reports/a", .result = sample_run::run(), .version = "1.2.3", .verdict = "pass"};
    comparison_heading heading{.before = {run}, .after = {run}, .notes = {"other | versions"}};
    heading.after.front().path = "baseline.json";
    heading.after.front().runs = 3;
    return heading;
}

run_comparison sample_comparison() {
    run_comparison c;
    c.old_requests = c.new_requests = 60;
    c.latencies = {compared_row(measure::hop::e2e, "", change_verdict::worse),
                   compared_row(measure::hop::e2e, "horn", change_verdict::same),
                   compared_row(measure::hop::e2e, "light", change_verdict::cannot_tell),
                   compared_row(measure::hop::accept, "horn", change_verdict::better)};
    c.counts = {{"unexpected", 0, 4, change_verdict::worse}};
    return c;
}

} // namespace

TEST(comparison_report, shows_what_has_changed) {
    const auto text = comparison_text(sample_comparison(), sample_heading(), false);
    EXPECT_THAT(text, HasSubstr("old       reports/a (loadsim 1.2.3, 60 requests, 2026-11-20T10:20:00Z)\n"));
    EXPECT_THAT(text, HasSubstr("new       baseline.json (loadsim 1.2.3, 60 requests, 3 runs)\n"));
    EXPECT_THAT(text, HasSubstr("note      other | versions\n"));
    EXPECT_THAT(text, HasSubstr("e2e.p99.9"));
    EXPECT_THAT(text, HasSubstr("+25.0 %  +21.0 % to +29.4 %  worse"));
    EXPECT_THAT(text, HasSubstr("accept{service=horn}.p99.9"));
    EXPECT_THAT(text, Not(HasSubstr("e2e{service=horn}")));
    EXPECT_THAT(text, HasSubstr("2 rows by service and phase are not shown: 1 same, 1 cannot be told (compare --all)"));
    EXPECT_THAT(text, HasSubstr("verdict   worse: unexpected 0 to 4, e2e.p99.9 +25.0 %\n"));
    const auto whole = comparison_text(sample_comparison(), sample_heading(), true);
    EXPECT_THAT(whole, HasSubstr("e2e{service=horn}.p99.9"));
    EXPECT_THAT(whole, HasSubstr("too few samples"));
    EXPECT_THAT(whole, Not(HasSubstr("not shown")));
}

TEST(comparison_report, has_two_lines_for_a_summary) {
    EXPECT_EQ(comparison_summary(sample_comparison(), "baseline.json"),
              "\nbaseline  worse: unexpected 0 to 4, e2e.p99.9 +25.0 %\n    against baseline.json; largest change: "
              "e2e.p99.9 from 100 ms to 125 ms, 95 % interval +21.0 % to +29.4 %\n");
    run_comparison same;
    same.old_requests = same.new_requests = 60;
    same.latencies = {compared_row(measure::hop::e2e, "", change_verdict::same)};
    EXPECT_EQ(comparison_summary(same, "reports/a"), "\nbaseline  no change\n    against reports/a\n");
    same.latencies.push_back(compared_row(measure::hop::accept, "", change_verdict::cannot_tell));
    same.latencies.push_back(compared_row(measure::hop::accept, "horn", change_verdict::cannot_tell));
    EXPECT_EQ(comparison_summary(same, "reports/a"), "\nbaseline  no change in 1 of 2 percentiles of all requests, 1 "
                                                     "cannot be told\n    against reports/a\n");
    EXPECT_EQ(comparison_summary({}, "a"), "\nbaseline  nothing to compare\n    against a\n");
}

TEST(comparison_report, is_a_table_in_markdown) {
    const auto text = comparison_markdown(sample_comparison(), sample_heading(), false);
    EXPECT_THAT(text, testing::StartsWith("**Comparison: worse: unexpected 0 to 4"));
    EXPECT_THAT(text, HasSubstr("| metric | old | new | change | 95 % interval | verdict |  |\n| --- | ---: |"));
    EXPECT_THAT(text, HasSubstr("| e2e.p99.9 | 100 ms | 125 ms | +25.0 % | +21.0 % to +29.4 % | worse |  |\n"));
    EXPECT_THAT(text, HasSubstr("| unexpected | 0 | 4 | worse |\n"));
}

TEST(comparison_report, has_all_rows_in_json) {
    const auto document = boost::json::parse(comparison_json(sample_comparison(), sample_heading()));
    EXPECT_EQ(document.at("schema"), "loadsim.comparison/1");
    EXPECT_EQ(document.at("verdict"), "worse");
    EXPECT_EQ(document.at("exit_code"), 99);
    EXPECT_EQ(document.at("latencies").as_array().size(), 4U);
    EXPECT_EQ(document.at_pointer("/latencies/1/labels/service"), "horn");
    EXPECT_EQ(document.at_pointer("/latencies/0/old_ms").to_number<double>(), 100);
    EXPECT_EQ(document.at_pointer("/latencies/0/interval_low"), 0.21);
    EXPECT_EQ(document.at_pointer("/counts/0/new_count"), 4);
    EXPECT_EQ(document.at_pointer("/new/0/runs"), 3);
}

TEST(comparison_report, has_an_exit_code) {
    const auto code_of = [](change_verdict latency, change_verdict count, std::vector<std::string> without_data = {}) {
        auto c = sample_comparison();
        c.latencies = {compared_row(measure::hop::e2e, "", latency)};
        c.counts = {{"unexpected", 0, 0, count}};
        c.without_data = std::move(without_data);
        return static_cast<int>(exit_code_of(c));
    };
    EXPECT_EQ(code_of(change_verdict::same, change_verdict::same), 0);
    EXPECT_EQ(code_of(change_verdict::better, change_verdict::same), 0);
    EXPECT_EQ(code_of(change_verdict::worse, change_verdict::same), 99);
    EXPECT_EQ(code_of(change_verdict::same, change_verdict::worse), 99);
    EXPECT_EQ(code_of(change_verdict::cannot_tell, change_verdict::same), 5) << "nothing is not a pass";
    EXPECT_EQ(code_of(change_verdict::same, change_verdict::same, {"e2e.p99.9 +5%"}), 5);
    EXPECT_EQ(static_cast<int>(exit_code_of(run_comparison{})), 5);
}
