#include "example.hpp"

#include <loadsim/report/console.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;
using testing::Not;

TEST(summary_text, golden) {
    EXPECT_EQ(summary_text(example::run(), example::missed(), example::names(), "reports/quickstart-1", false), R"(
quickstart  2,000 sessions, seed 42, 34s elapsed

requests  60 due, 59 sent, 1 unexpected  (of 61 planned)
    executed   50  83.3 %
    timed_out   9  15.0 %
    skipped     1   1.7 %
    1 x  no vehicle was free

unexpected
    segment  behaviour  expected   observed  count
    silent   timeout    timed_out  skipped       1

latency
                 p50      p90      p99    p99.9      max  samples
    lag      0.14 ms  0.14 ms  0.14 ms  0.14 ms  0.14 ms       60  due to sent: the generator's own lateness
    e2e      25.0 ms   1.00 s   1.00 s   1.00 s   1.00 s       50  due to end announced
    connect  2.00 ms  2.00 ms  2.00 ms  2.00 ms  2.00 ms        1  TCP to CONNACK

phases
            due  sent  unexpected  e2e p50      p99
    ramp     10    10           0   1.00 s   1.00 s
    steady   50    49           1  20.0 ms  40.0 ms

sessions  2,000 asked, 1,999 at the peak, 2 refused, 1 dropped, 1 reconnect
    4 connects whose SYN had to be sent again: a listen backlog was full; lower fleet.connectsInFlight
    2 x  connection refused
    1 x  connection reset by peer
http      59 requests over 4 connections; at once 3 open, 2 busy, 64 allowed; 5 waited for a free one, p99 2.00 ms, in lag
messages  118 published (12.3 kB), 59 received (999 B)
generator 3.2 s of CPU, 41.5 MB, 3 ranks of 2 shards

anomalies
    end_repeated  3

budgets
    ✗ e2e.p99 < 1s      was 1000ms
    ✓ unexpected <= 1   was 1
    ? expiry.p99 < 12s  no data

verdict   FAIL  (exit code 99)
    1 of 3 budgets was missed
report    reports/quickstart-1
    failures.jsonl tells each unexpected request with its instants
)");
}

TEST(summary_text, colour_is_around_marks_and_verdict_only_when_asked) {
    const auto plain = summary_text(example::run(), example::missed(), example::names(), "r", false);
    EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
    const auto coloured = summary_text(example::run(), example::missed(), example::names(), "r", true);
    EXPECT_THAT(coloured, HasSubstr("\x1b[31m✗\x1b[0m e2e.p99 < 1s"));
    EXPECT_THAT(coloured, HasSubstr("\x1b[32m✓\x1b[0m unexpected <= 1"));
    EXPECT_THAT(coloured, HasSubstr("\x1b[33m?\x1b[0m expiry.p99 < 12s"));
    EXPECT_THAT(coloured, HasSubstr("verdict   \x1b[31mFAIL\x1b[0m"));
}

TEST(summary_text, a_clean_run_has_no_word_about_trouble) {
    auto run = example::run();
    run.planned = run.sum.requests.due;
    run.sum.requests.unexpected = 0;
    run.sum.matrix.erase({1, outcome::timed_out, outcome::skipped});
    run.sum.anomalies = {};
    run.sum.errors.clear();
    run.sum.sessions.reasons.clear();
    run.sum.sessions.syn_retransmitted = 0;
    const verdict::conclusion pass{};
    const auto text = summary_text(run, pass, example::names(), "r", false);
    EXPECT_THAT(text, HasSubstr("\nverdict   PASS\n"));
    for (const auto* word : {"\nunexpected", "anomalies", "planned", "failures.jsonl", "exit code", "budgets", "SYN"})
        EXPECT_THAT(text, Not(HasSubstr(word)));
}

TEST(summary_text, connections_are_of_the_http_driver) {
    auto run = example::run();
    run.sum.http.wait.clear();
    EXPECT_THAT(summary_text(run, {}, example::names(), "r", false),
                HasSubstr("64 allowed; none waited for a free one\n"));
    run.sum.http = {};
    EXPECT_THAT(summary_text(run, {}, example::names(), "r", false), Not(HasSubstr("http")));
}

TEST(summary_text, the_most_frequent_reasons_come_first_and_few) {
    auto run = example::run();
    run.sum.errors.clear();
    for (char c = 'a'; c < 'k'; ++c) run.sum.errors[std::string("reason ") + c] = static_cast<std::uint64_t>(c);
    const auto text = summary_text(run, example::missed(), example::names(), "r", false);
    EXPECT_LT(text.find("reason j"), text.find("reason f"));
    EXPECT_THAT(text, HasSubstr("reason f"));
    EXPECT_THAT(text, Not(HasSubstr("reason e")));
    EXPECT_THAT(text, HasSubstr("... 5 more kinds"));
}

TEST(summary_text, a_run_without_samples_says_so) {
    EXPECT_THAT(summary_text({}, {}, {}, "r", false), HasSubstr("latency   no samples"));
}
