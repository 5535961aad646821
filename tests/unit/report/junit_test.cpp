// JUnit XML of a run. The schemas themselves: tests/integration/ci_files_test.cpp.
#include "sample_run.hpp"

#include <loadsim/report/junit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;

namespace {

/// Name and finding of each case: "e2e.p99 < 1s: failure ...".
std::vector<std::string> findings(const junit_suite& suite) {
    std::vector<std::string> all;
    for (const auto& c : suite.cases)
        all.push_back(c.name + (!c.failure.empty()   ? ": failure " + c.failure
                                : !c.error.empty()   ? ": error " + c.error
                                : !c.skipped.empty() ? ": skipped " + c.skipped
                                                     : ""));
    return all;
}

std::string xml_of(const std::string& name) { return junit_xml({{.name = name, .started = {}}}); }

} // namespace

TEST(junit, has_a_case_for_each_budget_and_for_the_run_itself) {
    const auto suite = junit_of(sample_run::run(), sample_run::missed_budget(), sample_run::labels());
    EXPECT_EQ(suite.name, "quickstart");
    EXPECT_EQ(suite.seconds, 34.25);
    EXPECT_EQ(suite.host, "ci-7");
    EXPECT_THAT(findings(suite),
                testing::ElementsAre("e2e{service=horn,phase=steady}.p50 < 19ms: failure Budget "
                                     "e2e{service=horn,phase=steady}.p50 < 19ms missed by 1.02ms.",
                                     "lag.p99 < 100us: skipped Budget lag.p99 < 100us undecided.", "unexpected <= 1",
                                     "expiry.p99 < 12s: error Budget expiry.p99 < 12s has no data.",
                                     "every request has one outcome",
                                     "no unexpected anomaly: skipped Unexpected anomalies: completion_duplicated 3. No "
                                     "budget that was missed counts them.",
                                     "the run is valid"));
    EXPECT_EQ(suite.cases.front().class_name, "quickstart.budgets");
    EXPECT_EQ(suite.cases.back().class_name, "quickstart.run");
    EXPECT_THAT(suite.properties,
                testing::ElementsAre(std::pair("verdict", "fail"), std::pair("seed", "42"),
                                     std::pair("version", "1.2.3"),
                                     std::pair("target", "mqtt://10.0.0.1:1883 http://10.0.0.9:80"),
                                     std::pair("label.commit", "abc123"), std::pair("label.branch", "main")));
}

TEST(junit, a_missed_budget_that_only_warns_is_skipped) {
    auto evaluation = sample_run::missed_budget();
    for (auto& b : evaluation.budgets) b.severity = verdict::budget_severity::warn;
    for (const auto& c : junit_of(sample_run::run(), evaluation, sample_run::labels()).cases)
        EXPECT_TRUE(c.failure.empty() && c.error.empty()) << c.name;
}

TEST(junit, anomalies_fail_with_a_missed_budget_of_them) {
    auto evaluation = sample_run::missed_budget();
    evaluation.budgets.front().expression = "anomalies == 0";
    const auto suite = junit_of(sample_run::run(), evaluation, sample_run::labels());
    EXPECT_THAT(findings(suite),
                testing::Contains("no unexpected anomaly: failure Unexpected anomalies: completion_duplicated 3."));
    EXPECT_THAT(findings(junit_of({}, {}, {})), testing::Contains("no unexpected anomaly"));
}

TEST(junit, an_invalid_run_judges_nothing) {
    auto evaluation = sample_run::missed_budget();
    evaluation.verdict = verdict::run_verdict::invalid;
    evaluation.code = verdict::exit_code::invalid;
    evaluation.reasons = {"The generator itself was the limit."};
    const auto suite = junit_of(sample_run::run(), evaluation, sample_run::labels());
    for (const auto& c : suite.cases) EXPECT_TRUE(c.failure.empty() && c.error.empty()) << c.name;
    EXPECT_EQ(findings(suite).front(),
              "e2e{service=horn,phase=steady}.p50 < 19ms: skipped Not evaluated: The generator itself was the limit.");
    EXPECT_EQ(findings(suite).back(), "the run is valid: skipped The generator itself was the limit.");

    evaluation.code = verdict::exit_code::internal_error;
    EXPECT_THAT(findings(junit_of(sample_run::run(), evaluation, sample_run::labels())),
                testing::Contains("every request has one outcome: error The generator itself was the limit."))
        << "a bug is no neutral result";
}

TEST(junit, is_written_with_what_all_schemas_have) {
    const auto started = std::chrono::system_clock::from_time_t(1'795'170'000); // 2026-11-20T10:20:00Z
    const sample_run::non_utc_time_zone zone;
    EXPECT_EQ(
        junit_xml({{.name = "a",
                    .started = started,
                    .seconds = 1234.5,
                    .cases = {{.class_name = "a.budgets", .name = "b1", .failure = "no"},
                              {.class_name = "a.budgets", .name = "b2", .error = "what"},
                              {.class_name = "a.run", .name = "r", .seconds = 0.25}},
                    .properties = {{"commit", "abc"}},
                    .host = "ci-7"},
                   {.name = "b", .started = started, .cases = {{.class_name = "b", .name = "c", .skipped = "s"}}}}),
        R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite id="0" package="loadsim" name="a" timestamp="2026-11-20T10:20:00" hostname="ci-7" tests="3" failures="1" errors="1" time="1234.500">
    <properties>
      <property name="commit" value="abc"/>
    </properties>
    <testcase classname="a.budgets" name="b1" time="0.000"><failure message="no" type="failure">no</failure></testcase>
    <testcase classname="a.budgets" name="b2" time="0.000"><error message="what" type="error">what</error></testcase>
    <testcase classname="a.run" name="r" time="0.250"/>
    <system-out/>
    <system-err/>
  </testsuite>
  <testsuite id="1" package="loadsim" name="b" timestamp="2026-11-20T10:20:00" hostname="localhost" tests="1" failures="0" errors="0" skipped="1" time="0.000">
    <properties>
      <property name="scenario" value="b"/>
    </properties>
    <testcase classname="b" name="c" time="0.000"><skipped>s</skipped></testcase>
    <system-out/>
    <system-err/>
  </testsuite>
</testsuites>
)");
}

TEST(junit, escapes_what_xml_does_not_have) {
    const struct {
        std::string text, written;
        const char* why;
    } rows[] = {
        {"a < b & c > \"d\"", "a &lt; b &amp; c &gt; &quot;d&quot;", "markup"},
        {"a\tb\r\nc", "a&#9;b&#13;&#10;c", "in an attribute a reader makes blanks of them"},
        {std::string("a\0b", 3), "a\\x00b", "XML 1.0, 2.2: no NUL"},
        {"\x1b[31m", "\\x1b[31m", "nor any other of C0"},
        {"\xff", "\\xff", "no UTF-8"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "a surrogate"},
        {"\xef\xbf\xbe\xef\xbf\xbf", "\\xef\\xbf\\xbe\\xef\\xbf\\xbf", "U+FFFE and U+FFFF"},
        {"高峰 \xf0\x9f\x9a\x97", "高峰 \xf0\x9f\x9a\x97", "other characters stay"},
    };
    for (const auto& row : rows) EXPECT_THAT(xml_of(row.text), HasSubstr(" name=\"" + row.written + "\" ")) << row.why;
}
