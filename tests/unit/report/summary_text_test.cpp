#include "sample_run.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/console.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(summary_text, golden) {
    EXPECT_EQ(
        summary_text(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), "reports/quickstart-1"),
        R"(
quickstart  2,000 sessions, seed 42, 34s elapsed

verdict   FAIL  (exit code 99)
    1 of 4 budgets was missed

budgets
    ✗ e2e{service=horn,phase=steady}.p50 < 19ms  was 20.015ms, 95 % interval 14ms to 26ms, close
    ? lag.p99 < 100us                            was 0.14ms, of 60 samples: too few, undecided
    ✓ unexpected <= 1                            was 1
    ? expiry.p99 < 12s                           no data

requests  60 due, 59 sent (2/s), 1 unexpected  (of 61 planned)
    executed   50  83.3 %
    timed_out   9  15.0 %
    skipped     1   1.7 %
    1 x  no vehicle was free

unexpected outcomes
    segment  behaviour  service  expected               observed  count
    silent   timeout    horn     executed or timed_out  skipped       1

latency
                 p50      p90  p95  p99  p99.9      max  samples
    lag      0.14 ms  0.14 ms    -    -      -  0.14 ms       60  due to begun: delay of the load generator
    e2e      25.0 ms   1.00 s    -    -      -   1.00 s       50  due to completion announced
    connect        -        -    -    -      -  2.00 ms        2  TCP connect to CONNACK

phases
            due  sent  unexpected  e2e p50  p95  p99
    ramp     10    10           0   1.00 s    -    -
    steady   50    49           1  20.0 ms    -    -

sessions  2,000 planned, 1,999 at the peak, 2 refused, 1 dropped, 1 reconnect
    TLS: 1 full handshake, 1 resumed, 2 failed, the server not verified (fleet.tls.verify: none); 23.5 kB sent and 7.89 kB received, without TLS 12.3 kB and 999 B
    4 connects with a retransmitted SYN: a listen backlog was full; lower fleet.connectsInFlight
    2 x  connection refused
    1 x  connection reset by peer
queued    7 commands waited for unreachable vehicles for p50 -, p99 -, max 2.00 s; 1 out of order
exec      1,000 questions to external programs, 995 answered, p99 2.00 ms, 5 failed
    1 x  exec_bad_answer: a line is no JSON object
    4 x  exec_timeout: no answer came in time
http      59 requests over 4 connections; peak 3 open, 2 busy, limit 64; 5 waited for a connection, p99 -, part of accept and e2e
broker API 59 commands accepted (4 of them delayed), 6 refused by a fault, 2 reset by a fault; 110 responses posted to the platform (5 of them twice)
    3 x  inbound: 503

observers
             messages  completions  first  disagreements
    mqtt           60           50     20              0
    webhook        59           50     30              2
    7 x  webhook rejected: the signature is wrong
    2 x  webhook not connected: has ended

campaigns
            addressed  delivered          after reconnect  duplicates      p50      p99      max
    recall      1,000        990  99.0 %                5           3  8.00 ms  8.00 ms  8.00 ms

recovery
                    affected  recovered   99 % after  latency after  budget
    tunnel  at 10s       200        200       1.50 s         3.00 s  e2e.p99 < 1s
    tunnel  at 20s       200        100  not reached    not reached  e2e.p99 < 1s

anomalies
    completion_duplicated  3
    response_duplicated    2  expected
    4 anomalies and session events counted but not recorded: over the limit

contract fields never found
    contract.command.id: '/ref' was in none of the first 20 messages; one of them: {}

limits of the broker
    the broker does not retain messages

report    reports/quickstart-1/report.html
    loadsim explain reports/quickstart-1 shows the unexpected requests and the anomalies
)");
}

TEST(summary_text, golden_of_all_sections) {
    EXPECT_EQ(summary_text(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), "reports/quickstart-1",
                           {.verbose = true}),
              R"(
quickstart  2,000 sessions, seed 42, 34s elapsed

verdict   FAIL  (exit code 99)
    1 of 4 budgets was missed

budgets
    ✗ e2e{service=horn,phase=steady}.p50 < 19ms  was 20.015ms, 95 % interval 14ms to 26ms, close
    ? lag.p99 < 100us                            was 0.14ms, of 60 samples: too few, undecided
    ✓ unexpected <= 1                            was 1
    ? expiry.p99 < 12s                           no data

requests  60 due, 59 sent (2/s), 1 unexpected  (of 61 planned)
    executed   50  83.3 %
    timed_out   9  15.0 %
    skipped     1   1.7 %
    1 x  no vehicle was free

expected and observed outcomes
    segment  behaviour  service  expected               observed   count
    good     success    horn     executed               executed      40
    good     success    light    executed               executed      10
    silent   timeout    horn     executed or timed_out  timed_out      9
    silent   timeout    horn     executed or timed_out  skipped        1  unexpected

latency
                     p50      p90  p95  p99  p99.9      max  samples
    lag          0.14 ms  0.14 ms    -    -      -  0.14 ms       60  due to begun: delay of the load generator
    e2e          25.0 ms   1.00 s    -    -      -   1.00 s       50  due to completion announced
    connect            -        -    -    -      -  2.00 ms        2  TCP connect to CONNACK
    tcp                -        -    -    -      -  0.20 ms        2  part of connect: TCP connect
    tls full           -        -    -    -      -  1.50 ms        1  part of connect: TLS handshake
    tls resumed        -        -    -    -      -  0.50 ms        1  part of connect: TLS handshake, resumed
    connack            -        -    -    -      -  0.30 ms        2  part of connect: CONNECT to CONNACK

phases
            due  sent  unexpected  e2e p50  p95  p99
    ramp     10    10           0   1.00 s    -    -
    steady   50    49           1  20.0 ms    -    -

sessions  2,000 planned, 1,999 at the peak, 2 refused, 1 dropped, 1 reconnect
    TLS: 1 full handshake, 1 resumed, 2 failed, the server not verified (fleet.tls.verify: none); 23.5 kB sent and 7.89 kB received, without TLS 12.3 kB and 999 B
    4 connects with a retransmitted SYN: a listen backlog was full; lower fleet.connectsInFlight
    sessions by address: 10.0.0.1:1883 1,001, 10.0.0.2:1883 1,000
    2 x  connection refused
    1 x  connection reset by peer
queued    7 commands waited for unreachable vehicles for p50 -, p99 -, max 2.00 s; 1 out of order
exec      1,000 questions to external programs, 995 answered, p99 2.00 ms, 5 failed
    1 x  exec_bad_answer: a line is no JSON object
    4 x  exec_timeout: no answer came in time
http      59 requests over 4 connections; peak 3 open, 2 busy, limit 64; 5 waited for a connection, p99 -, part of accept and e2e
messages  118 published (12.3 kB), 59 received (999 B)
generator 3.2 s of CPU, 41.5 MB, 3 ranks of 2 shards
    CPU: generator 25 % of 2 cores, other processes 10 % of 4 cores, waiting for a core 5 %
broker API 59 commands accepted (4 of them delayed), 6 refused by a fault, 2 reset by a fault; 110 responses posted to the platform (5 of them twice)
    3 x  inbound: 503

observers
             messages  completions  first  disagreements
    mqtt           60           50     20              0
    webhook        59           50     30              2
    7 x  webhook rejected: the signature is wrong
    2 x  webhook not connected: has ended

campaigns
            addressed  delivered          after reconnect  duplicates      p50      p99      max
    recall      1,000        990  99.0 %                5           3  8.00 ms  8.00 ms  8.00 ms

recovery
                    affected  recovered   99 % after  latency after  budget
    tunnel  at 10s       200        200       1.50 s         3.00 s  e2e.p99 < 1s
    tunnel  at 20s       200        100  not reached    not reached  e2e.p99 < 1s

anomalies
    completion_duplicated  3
    response_duplicated    2  expected
    4 anomalies and session events counted but not recorded: over the limit

contract fields never found
    contract.command.id: '/ref' was in none of the first 20 messages; one of them: {}

limits of the broker
    the broker does not retain messages

report    reports/quickstart-1/report.html
    loadsim explain reports/quickstart-1 shows the unexpected requests and the anomalies
)");
}

TEST(summary_text, colour_is_around_marks_and_verdict_only_when_asked) {
    const auto plain =
        summary_text(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
    const auto coloured =
        summary_text(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), "r", {.colour = true});
    EXPECT_THAT(coloured, HasSubstr("\x1b[31m✗\x1b[0m e2e{service=horn"));
    EXPECT_THAT(coloured, HasSubstr("\x1b[32m✓\x1b[0m unexpected <= 1"));
    EXPECT_THAT(coloured, HasSubstr("\x1b[33m?\x1b[0m expiry.p99 < 12s"));
    EXPECT_THAT(coloured, HasSubstr("verdict   \x1b[31mFAIL\x1b[0m"));
}

TEST(summary_text, marks_a_missed_budget_that_only_warns) {
    auto warned = sample_run::missed_budget();
    for (auto& b : warned.budgets) b.severity = verdict::budget_severity::warn;
    const auto text = summary_text(sample_run::run(), warned, sample_run::labels(), "r");
    EXPECT_THAT(text, HasSubstr("    ! e2e{service=horn,phase=steady}.p50 < 19ms  was 20.015ms, 95 % interval 14ms to "
                                "26ms, close (warning only)\n"));
    EXPECT_THAT(text, HasSubstr("    ✓ unexpected <= 1                            was 1\n"));
}

TEST(summary_text, a_run_without_findings_has_no_error_text) {
    auto run = sample_run::run();
    run.planned_arrivals = run.sum.requests.due;
    run.sum.requests.unexpected = 0;
    run.sum.matrix.erase({1, 0, {outcome::executed, outcome::timed_out}, outcome::skipped});
    run.sum.anomalies = run.sum.expected_anomalies = {};
    run.sum.omitted_records = 0;
    run.sum.queued = {};
    run.sum.programs = {};
    run.recoveries.clear();
    run.sum.observers.clear();
    run.sum.campaigns.clear();
    run.sum.broker_api = {};
    run.sum.unmatched_fields.clear();
    run.sum.broker_limits.clear();
    run.sum.sessions.addresses.erase("10.0.0.2:1883");
    run.sum.errors.clear();
    run.sum.sessions.reasons.clear();
    run.sum.sessions.syn_retransmitted = 0;
    run.sum.sessions.tls = {};
    const verdict::evaluation pass{};
    const auto text = summary_text(run, pass, sample_run::labels(), "r");
    EXPECT_THAT(text, HasSubstr("\nverdict   PASS\n"));
    for (const auto* text_part :
         {"  unexpected\n", "anomalies", "planned)", "explain", "exit code", "budgets", "SYN", "queued", "recovery",
          "campaigns", "broker API", "contract", "rehears", "replay", "by address", "limits", "tls", "TLS"})
        EXPECT_THAT(text, Not(HasSubstr(text_part)));
}

TEST(summary_text, fits_the_width_of_the_terminal) {
    const std::string folder = "reports/quickstart-20261130T134238Z";
    for (const bool verbose : {false, true})
        for (const unsigned columns : {60U, 80U, 120U, 200U}) {
            const auto text = summary_text(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), folder,
                                           {.verbose = verbose, .columns = columns});
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), columns) << line;
            for (const auto* kept : {"FAIL", "p50", "p95", "p99", "unexpected <= 1", "max"})
                EXPECT_THAT(text, HasSubstr(kept)) << columns;
            EXPECT_THAT(text, HasSubstr("\nreport    " + folder + "/report.html\n")) << columns;
        }
    const auto sixty = summary_text(sample_run::run(), {}, sample_run::labels(), "r", {.columns = 60});
    EXPECT_EQ(summary_text(sample_run::run(), {}, sample_run::labels(), "r", {.columns = 20}), sixty)
        << "not below 60 columns";
    EXPECT_THAT(
        sixty,
        HasSubstr("\nsessions  2,000 planned, 1,999 at the peak, 2 refused, 1\n          dropped, 1 reconnect\n"));
}

TEST(summary_text, begins_with_verdict_misses_and_where_the_time_went) {
    auto run = sample_run::run();
    run.sum.latencies.record(measure::hop::dispatch, 0, 1, 4ms);
    run.sum.latencies.record(measure::hop::vehicle, 0, 1, 95ms);
    run.sum.latencies.record(measure::hop::notify, 0, 1, 1ms);
    const auto text = summary_text(run, sample_run::missed_budget(), sample_run::labels(), "r");
    EXPECT_THAT(text,
                testing::ContainsRegex(
                    "\ntime      vehicle 9[0-9.]+ %, dispatch [0-9.]+ %, notify [0-9.]+ % of the mean time from due"));
    EXPECT_LT(text.find("verdict   FAIL"), text.find("e2e{service=horn"));
    EXPECT_LT(text.find("e2e{service=horn"), text.find("\ntime "));
    EXPECT_LT(text.find("\ntime "), text.find("\nrequests "));
}

TEST(summary_text, what_went_as_it_should_is_verbose) {
    auto run = sample_run::run();
    run.sum.http.connection_wait.clear();
    run.sum.broker_api.reasons.clear();
    run.sum.sessions.tls.failures.clear();
    run.sum.sessions.tls.unverified = 0;
    for (auto& [index, o] : run.sum.observers) {
        o.rejections.clear();
        o.connection_errors.clear();
        o.disagreements = 0;
    }
    const auto text = [&](bool verbose) {
        return summary_text(run, {}, sample_run::labels(), "r", {.verbose = verbose});
    };
    for (const auto* part : {"expected and observed", "\n    tcp ", "TLS:", "by address", "\nhttp ", "\nmessages ",
                             "\ngenerator ", "\nbroker API ", "\nobservers\n"}) {
        EXPECT_THAT(text(false), Not(HasSubstr(part)));
        EXPECT_THAT(text(true), HasSubstr(part));
    }
}

TEST(summary_text, without_utf8_the_marks_are_ascii) {
    const auto text = summary_text(sample_run::run(), sample_run::missed_budget(), sample_run::labels(), "r",
                                   {.verbose = true, .has_unicode_glyphs = false});
    EXPECT_THAT(text, HasSubstr("    x e2e{service=horn,phase=steady}.p50 < 19ms  was"));
    EXPECT_THAT(text, HasSubstr("    + unexpected <= 1                            was"));
    for (const char c : text) ASSERT_GE(c, 0) << "not ASCII";
    EXPECT_EQ(with_ascii_glyphs("✓ Tür 高峰 ✗"), "+ Tür 高峰 x") << "names are kept";
}

TEST(summary_text, connections_by_address_if_there_are_several) {
    auto run = sample_run::run();
    run.sum.http.addresses = {{"10.0.0.9:80", 3}, {"[::1]:80", 1}};
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}),
                HasSubstr("\n    connections by address: 10.0.0.9:80 3, [::1]:80 1\n"));
    for (int i = 0; i < 10; ++i) run.sum.http.addresses["10.0.1." + std::to_string(i) + ":80"] = 1;
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}),
                HasSubstr("10.0.1.6:80 1, ... 4 more\n"));
}

TEST(summary_text, connections_of_the_http_driver) {
    auto run = sample_run::run();
    run.sum.http.connection_wait.clear();
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}),
                HasSubstr("limit 64; none waited for a connection\n"));
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}), Not(HasSubstr("timed out,")));
    run.sum.http.timeouts = 3;
    run.sum.http.retries = 2;
    run.sum.http.failovers = 1;
    const auto tried = summary_text(run, {}, sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(tried,
                HasSubstr("    3 attempts timed out, 2 retries: the platform may have received a request twice\n"));
    EXPECT_THAT(tried, HasSubstr("    1 failover to another address\n"));
    run.sum.http = {};
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}), Not(HasSubstr("http")));
}

TEST(summary_text, the_most_frequent_reasons_come_first_and_few) {
    auto run = sample_run::run();
    run.sum.errors.clear();
    for (char c = 'a'; c < 'k'; ++c) run.sum.errors[std::string("reason ") + c] = static_cast<std::uint64_t>(c);
    const auto text = summary_text(run, sample_run::missed_budget(), sample_run::labels(), "r", {.verbose = true});
    EXPECT_LT(text.find("reason j"), text.find("reason f"));
    EXPECT_THAT(text, HasSubstr("reason f"));
    EXPECT_THAT(text, Not(HasSubstr("reason e")));
    EXPECT_THAT(text, HasSubstr("... 5 more kinds"));
}

TEST(summary_text, a_run_without_samples_says_so) {
    EXPECT_THAT(summary_text({}, {}, {}, "r"), HasSubstr("latency   no samples"));
}

TEST(summary_text, counts_the_open_requests_of_an_aborted_run) {
    auto run = sample_run::run();
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}), Not(HasSubstr("\n    open")));
    run.sum.requests.due += 60;
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}),
                testing::ContainsRegex("\n    open +60  50.0 %  without an outcome at the end\n"));
}

TEST(summary_text, a_rehearsal_is_marked) {
    auto run = sample_run::run();
    run.mode = measure::run_mode::rehearsal;
    const auto text = summary_text(run, sample_run::missed_budget(), sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(text, HasSubstr("\nrehearsal in simulated time against a simulated platform"));
    EXPECT_THAT(text, HasSubstr("verdict   FAIL  (rehearsal, exit code 99)"));
    EXPECT_THAT(summary_text(run, {}, sample_run::labels(), "r", {.verbose = true}),
                HasSubstr("verdict   PASS  (rehearsal)\n"));
}

TEST(summary_text, shows_the_loop_delay_below_lag) {
    auto run = sample_run::run();
    run.sum.loop_delay.record(2ms, 99);
    const auto text = summary_text(run, {}, sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(text, testing::ContainsRegex(
                          "\n    lag  .*\n    loop delay +2.00 ms .* 99  message arrived to message read\n    e2e "));
}

TEST(summary_text, a_replay_is_judged_only_for_generator_lag) {
    auto run = sample_run::run();
    run.mode = measure::run_mode::replay;
    const auto text = summary_text(run, {}, sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(text, HasSubstr("\nreplay of one vehicle of another run\n"));
    EXPECT_THAT(text, Not(HasSubstr("verdict")));
    const verdict::evaluation late{.verdict = verdict::run_verdict::invalid,
                                   .code = verdict::exit_code::invalid,
                                   .reasons = {"the generator was late"},
                                   .budgets = {}};
    EXPECT_THAT(summary_text(run, late, sample_run::labels(), "r", {.verbose = true}),
                HasSubstr("verdict   INVALID  (replay, exit code 4)\n    the generator was late\n"));
}

TEST(summary_text, a_long_matrix_shows_unexpected_cells_and_sums) {
    measure::run_result run;
    for (std::uint32_t segment = 0; segment < 30; ++segment) {
        run.sum.matrix[{segment, 0, outcome::executed, outcome::executed}] = 1000;
        run.sum.matrix[{segment, 0, outcome::executed, outcome::failed}] = segment < 20 ? segment : 0;
    }
    run.sum.requests.unexpected = 190;
    const auto text = summary_text(run, {}, sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(text, HasSubstr("expected and observed outcomes  (16 of 49 rows; all are in summary.json)\n"));
    EXPECT_THAT(text, Not(HasSubstr(" 1,000 "))) << "what is as expected is summed up";
    EXPECT_THAT(text, testing::ContainsRegex("all as expected +30,000\n"));
    EXPECT_THAT(text, testing::ContainsRegex("all unexpected +190\n"));
    EXPECT_LT(text.find("19  "), text.find("18  "));
    EXPECT_LT(text.find("failed                5  unexpected"), text.find("failed                4  unexpected"));
}

TEST(summary_text, many_recoveries_show_the_slowest) {
    measure::run_result run;
    for (std::uint32_t n = 0; n < 40; ++n)
        run.recoveries.push_back({.condition = "tunnel",
                                  .occurrence = n,
                                  .started = std::chrono::seconds(n),
                                  .affected = 10,
                                  .recovered = 10,
                                  .recovery_time = std::chrono::milliseconds(100 + n),
                                  .budget = "",
                                  .latency_recovery_time = std::nullopt});
    run.recoveries[3].recovery_time = std::nullopt;
    const auto text = summary_text(run, {}, sample_run::labels(), "r", {.verbose = true});
    EXPECT_THAT(text, HasSubstr("recovery  (the 16 slowest of 40; all are in summary.json)\n"));
    EXPECT_LT(text.find("at 3s"), text.find("at 39s")) << "that which never came back is the slowest";
    EXPECT_THAT(text, HasSubstr("at 25s"));
    EXPECT_THAT(text, Not(HasSubstr("at 24s")));
}

TEST(summary_text, a_recovery_without_affected_vehicles) {
    measure::run_result run;
    run.recoveries = {{.condition = "tunnel",
                       .occurrence = 0,
                       .started = {},
                       .affected = 0,
                       .recovered = 0,
                       .recovery_time = std::nullopt,
                       .budget = "e2e.p99 < 1s",
                       .latency_recovery_time = nanoseconds(0)}};
    EXPECT_THAT(summary_text(run, {}, {}, "r", {.verbose = true}),
                HasSubstr("tunnel  at 0s         0          0           -   not exceeded  e2e.p99 < 1s\n"));
}

TEST(summary_text, escapes_what_a_platform_or_scenario_brings) {
    auto run = sample_run::run();
    run.scenario = "pilot\x1b]0;x\x07";
    run.sum.errors = {{"http 500: \xc2\x9b"
                       "2J",
                       1}};
    auto missed = sample_run::missed_budget();
    missed.reasons = {"aborted: \x1b[2J\r"};
    const auto text = summary_text(run, missed, sample_run::labels(), "my reports/$(id)", {.verbose = true});
    EXPECT_EQ(printable_length(text, "\n"), text.size());
    EXPECT_THAT(text, HasSubstr("pilot\\x1b]0;x\\x07  "));
    EXPECT_THAT(text, HasSubstr("http 500: \\xc2\\x9b2J"));
    EXPECT_THAT(text, HasSubstr("    loadsim explain 'my reports/$(id)' shows"));
}

TEST(summary_text, shows_the_cpu_of_each_machine) {
    auto run = sample_run::run();
    auto& machines = run.generator.machines;
    machines.push_back({.host = "load-2", .measured_s = 30, .cores_usable = 1, .own_share = 0.97, .throttled_s = 3.2});
    machines.push_back({.host = "load-3", .measured_s = 30});
    EXPECT_THAT(
        summary_text(run, {}, sample_run::labels(), "reports/t", {.verbose = true}),
        HasSubstr("    CPU of load-1: generator 25 % of 2 cores, other processes 10 % of 4 cores, waiting for a "
                  "core 5 %\n    CPU of load-2: generator 97 % of 1 core, throttled 3.2 s\n"));
    machines.clear();
    EXPECT_EQ(summary_text(run, {}, sample_run::labels(), "reports/t", {.verbose = true}).find("CPU:"),
              std::string::npos);
}
