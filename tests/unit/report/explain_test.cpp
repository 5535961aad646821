// Text of request timelines, run overview and replay comparison.
#include "sample_run.hpp"

#include <loadsim/report/report_reader.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr auto never_ms = std::numeric_limits<double>::quiet_NaN();

report_contents report_with(const measure::request_record& r) {
    report_contents all;
    all.scenario = "quickstart";
    all.load_started = sample_run::load_started();
    all.requests = {r};
    all.anomalies = {sample_run::anomaly()};
    all.sessions = {sample_run::session()};
    all.recorded = 60;
    all.unexpected = all.matching = 1;
    all.anomalies_by_kind[static_cast<std::size_t>(anomaly::completion_missing)] = 1;
    return all;
}

measure::session_record session_at(double ms, const char* what, const char* vin = "LZ9SMEV05TF000001") {
    return {.at_ms = ms, .vin = vin, .event = what};
}

} // namespace

TEST(explain, golden) {
    const auto r = sample_run::request();
    EXPECT_EQ(explain(report_with(r), r), R"(request r-17  UNEXPECTED
    vehicle     LZ9SMEV05TF000001, segment good, behaviour success
    service     horn, phase steady
    due         2026-11-20T10:20:05.000Z, 1.000 s after the load's start, arrival 17
    expected    executed or timed_out
    observed    unanswered: no end after "60s"
    conditions  tunnel
    anomalies   completion_missing

             UTC  ms since due
    10:20:04.250      -749.500  session     online, session present
    10:20:05.000        +0.000  due
    10:20:05.000        +0.125  begun       by the load generator
    10:20:05.000        +0.250  sent        to the platform
    10:20:05.003        +3.500  accepted    by the platform
    10:20:05.010       +10.000  -> vehicle  v1/LZ9SMEV05TF000001/cmd/horn  {"request":"r-17"}
    10:20:05.010       +10.000  delivered   command received by the vehicle
    10:20:05.030       +30.500  <- vehicle  v1/LZ9SMEV05TF000001/rsp/r-17  {"state":"executed","pad":" ... (the first 1,024 of 70,000 bytes)
    10:20:05.030       +30.500  finished    final response sent by the vehicle
    10:21:05.000    +60000.000  ANOMALY     completion_missing: accepted, and nothing was announced within 60s
                         never              acked, observed

        lag  connection wait   accept  dispatch  vehicle  notify  e2e
    0.12 ms          0.12 ms  3.50 ms   10.0 ms  20.5 ms       -    -
)");
}

TEST(explain, an_expected_outcome_has_no_error_text) {
    auto r = sample_run::request();
    r.unexpected = false;
    r.outcome = outcome::executed;
    r.reason.clear();
    r.acked_at_ms = 1011;
    r.observed_at_ms = 1040;
    r.conditions.clear();
    r.anomalies.clear();
    const auto text = explain({}, r);
    for (const auto* text_part : {"UNEXPECTED", "ANOMALY", "conditions", "anomalies", "never"})
        EXPECT_THAT(text, Not(HasSubstr(text_part)));
    EXPECT_THAT(text, HasSubstr("    observed  executed\n"));
    EXPECT_THAT(text, HasSubstr("+40.000  observed    completion announced by the platform\n"));
    EXPECT_THAT(text, HasSubstr("10.0 ms  20.5 ms  9.50 ms  40.0 ms\n"));
}

TEST(explain, says_how_the_outcome_was_observed) {
    const std::pair<outcome, const char*> rows[] = {
        {outcome::timed_out, "observed    completion announced by the platform\n"},
        {outcome::rejected, "observed    rejected by the platform's API\n"},
        {outcome::errored, "observed    the request failed\n"},
        {outcome::unanswered, "observed    no completion: no longer awaited\n"},
    };
    for (const auto& [end, meaning] : rows) {
        auto r = sample_run::request();
        r.outcome = end;
        r.observed_at_ms = 1040;
        const auto text = explain({}, r);
        EXPECT_THAT(text, HasSubstr(meaning));
        EXPECT_EQ(text.find("9.50 ms  40.0 ms\n") != std::string::npos, end == outcome::timed_out)
            << "notify and e2e are of a completion\n"
            << text;
    }
}

TEST(explain, simultaneous_events_stay_in_causal_order) {
    auto r = sample_run::request();
    r.begun_at_ms = r.sent_at_ms = r.accepted_at_ms = r.delivered_at_ms = r.finished_at_ms = r.due_at_ms;
    for (auto& m : r.messages) m.at_ms = r.due_at_ms;
    const auto text = explain({}, r);
    std::size_t at = 0;
    for (const auto* next : {"+0.000  due", "+0.000  begun", "+0.000  sent", "+0.000  accepted", "+0.000  -> vehicle",
                             "+0.000  <- vehicle", "+0.000  delivered", "+0.000  finished"}) {
        at = text.find(next, at);
        ASSERT_NE(at, std::string::npos) << next << '\n' << text;
    }
}

TEST(explain, shows_the_exchange_with_the_api_the_completion_and_the_trace) {
    using enum measure::message_direction;
    auto r = sample_run::request();
    r.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    r.sent_at_ms = r.due_at_ms;
    r.accepted_at_ms = r.observed_at_ms = 1030.5;
    r.outcome = outcome::failed;
    r.messages.insert(r.messages.begin(),
                      {.at_ms = r.sent_at_ms, .direction = to_api, .head = "POST /x", .payload = "{}"});
    r.messages.push_back({.at_ms = 1030.5, .direction = from_api, .head = "202", .payload = R"({"id":"r-17"})"});
    r.messages.push_back(
        {.at_ms = 1030.5, .direction = to_observer, .head = "mqtt v1/e", .payload = R"({"state":"failed"})"});
    const auto text = explain({}, r);
    std::size_t at = 0;
    for (const auto* next : {"trace       00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "sent",
                             "-> API       POST /x  {}", "<- API       202  {\"id\":\"r-17\"}", "accepted",
                             "-> observer  mqtt v1/e  {\"state\":\"failed\"}", "observed     completion announced"}) {
        at = text.find(next, at);
        ASSERT_NE(at, std::string::npos) << next << '\n' << text;
    }
}

TEST(explain, lists_session_events_around_the_request) {
    auto r = sample_run::request();
    r.due_at_ms = 100'000;
    r.begun_at_ms = 100'000;
    r.sent_at_ms = 100'001;
    r.observed_at_ms = 101'000;
    r.accepted_at_ms = r.delivered_at_ms = r.finished_at_ms = never_ms;
    r.messages.clear();
    report_contents all;
    all.sessions = {session_at(10'000, "online"),         session_at(20'000, "tunnel begins"),
                    session_at(30'000, "of a twin", "B"), session_at(95'000, "within five seconds"),
                    session_at(106'000, "to the last"),   session_at(106'001, "too late")};
    const auto text = explain(all, r);
    EXPECT_THAT(text, Not(HasSubstr("online"))) << "of what was long before only the last";
    EXPECT_THAT(text, HasSubstr("-80000.000  session   tunnel begins"));
    EXPECT_THAT(text, Not(HasSubstr("of a twin")));
    EXPECT_THAT(text, HasSubstr("-5000.000  session   within five seconds"));
    EXPECT_THAT(text, HasSubstr("+6000.000  session   to the last"));
    EXPECT_THAT(text, Not(HasSubstr("too late")));
}

TEST(explain, lists_the_last_session_event_before_the_window) {
    const auto r = sample_run::request();
    report_contents all;
    all.sessions = {session_at(-60'000, "online"), session_at(-50'000, "offline: tunnel")};
    const auto text = explain(all, r);
    EXPECT_THAT(text, HasSubstr("-51000.000  session     offline: tunnel\n"));
    EXPECT_THAT(text, Not(HasSubstr("online\n")));
}

TEST(explain, lists_other_anomalies_of_the_vehicle_with_their_request) {
    const auto r = sample_run::request();
    auto all = report_with(r);
    auto other = sample_run::anomaly();
    other.kind = anomaly::concurrent_request;
    other.request_id = "r-18";
    other.at_ms = 1020;
    all.anomalies.push_back(other);
    other.request_id.clear();
    other.kind = anomaly::unauthorized_accepted;
    other.expected = true;
    all.anomalies.push_back(other);
    other.kind = anomaly::completion_unknown;
    other.vin = "B";
    all.anomalies.push_back(other);
    const auto text = explain(all, r);
    EXPECT_THAT(text,
                HasSubstr("concurrent_request: accepted, and nothing was announced within 60s  [request r-18]\n"));
    EXPECT_THAT(text, HasSubstr("unauthorized_accepted (expected): "));
    EXPECT_THAT(text, Not(HasSubstr("completion_unknown"))) << "of another vehicle";
}

TEST(explain, of_a_skipped_request) {
    measure::request_record r;
    r.arrival = 3;
    r.due_at_ms = 2500;
    r.begun_at_ms = r.sent_at_ms = r.accepted_at_ms = r.delivered_at_ms = r.acked_at_ms = r.finished_at_ms =
        r.observed_at_ms = never_ms;
    r.outcome = outcome::skipped;
    const auto text = explain({}, r);
    EXPECT_THAT(text, HasSubstr("arrival 3, without a request id\n"));
    EXPECT_THAT(text, HasSubstr("never       begun, sent, accepted, delivered, acked, finished, observed\n"));
    r.due_at_ms = never_ms;
    EXPECT_THAT(explain({}, r), HasSubstr("ms of the load\n"));
}

TEST(explain, escapes_control_characters_of_payloads) {
    auto r = sample_run::request();
    r.messages[0].payload = "\x1b[2Jgone\r\n\x07";
    r.messages[0].head = "t\xC2\x9B"
                         "1m";
    r.reason = "\x1b]0;title\x07";
    const auto text = explain({}, r);
    EXPECT_THAT(text, HasSubstr(R"(t\xc2\x9b1m  \x1b[2Jgone\x0d\x0a\x07)"));
    EXPECT_THAT(text, HasSubstr(R"(\x1b]0;title\x07)"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(run_overview, golden) {
    auto r = sample_run::request();
    auto all = report_with(r);
    all.mode = measure::run_mode::rehearsal;
    all.matching = 3;
    auto unknown_completion = sample_run::anomaly();
    unknown_completion.kind = anomaly::completion_unknown;
    unknown_completion.vin.clear();
    unknown_completion.request_id = "x-1";
    unknown_completion.evidence = "executed was announced for a request that is not of this run";
    all.anomalies.push_back(unknown_completion);
    all.anomalies_by_kind[static_cast<std::size_t>(anomaly::completion_unknown)] = 1;
    all.expected_anomalies_by_kind[static_cast<std::size_t>(anomaly::response_duplicated)] = 2;
    EXPECT_EQ(run_overview(all, "reports/q-1"), R"(quickstart  (rehearsal)
    60 requests recorded, 1 of them unexpected
    the load started at 2026-11-20T10:20:04.000Z

unexpected requests, and requests with an anomaly
             UTC   due at  vehicle            service  expected               observed    request  reason, anomalies
    10:20:05.000  1.000 s  LZ9SMEV05TF000001  horn     executed or timed_out  unanswered  r-17     no end after "60s", completion_missing
    ... and 2 more; --limit shows more

anomalies
    completion_unknown   1
    completion_missing   1
    response_duplicated  2  expected

anomalies of other requests, and without a request
             UTC        at  vehicle  anomaly             evidence
    10:21:05.000  61.000 s  -        completion_unknown  executed was announced for a request that is not of this run

next
    loadsim explain reports/q-1 --request r-17               timeline of this request
    loadsim replay reports/q-1 --request r-17                run it again
    loadsim explain reports/q-1 --vehicle LZ9SMEV05TF000001  all requests of this vehicle
    loadsim explain reports/q-1 --unexpected                 timelines of all these requests
)");
}

TEST(run_overview, without_findings_is_short) {
    report_contents all;
    all.recorded = 1;
    EXPECT_EQ(run_overview(all, "r"), "unnamed run\n    1 request recorded, 0 of them unexpected\n\n"
                                      "nothing unexpected\n");
}

TEST(replay_comparison, lists_for_each_request_whether_it_was_reproduced) {
    const auto original = sample_run::request();
    auto replayed = original;
    replayed.request_id = "n-1";
    auto other = original;
    other.arrival = 99;
    other.outcome = outcome::executed;

    const auto same = compare_replay({original}, {other, replayed});
    EXPECT_TRUE(same.reproduced);
    EXPECT_EQ(same.text, "reproduced: request r-17 of LZ9SMEV05TF000001, horn due at 1.000 s: unanswered (no end after "
                         "\"60s\")\n");

    replayed.outcome = outcome::executed;
    replayed.reason.clear();
    replayed.anomalies.clear();
    const auto differs = compare_replay({original}, {replayed});
    EXPECT_FALSE(differs.reproduced);
    EXPECT_EQ(differs.text,
              "differs: request r-17 of LZ9SMEV05TF000001, horn due at 1.000 s: unanswered (no "
              "end after \"60s\") originally, executed now\n    anomalies: completion_missing originally, none now\n");

    const auto missing = compare_replay({original, other}, {other});
    EXPECT_FALSE(missing.reproduced);
    EXPECT_THAT(missing.text, HasSubstr("not replayed: request r-17 of"));
    EXPECT_THAT(missing.text, HasSubstr("\nreproduced: request r-17 of"));
}

TEST(replay_comparison, of_several_replays_says_how_often_each_request_was_reproduced) {
    const auto original = sample_run::request();
    auto steady = original;
    steady.arrival = 99;
    steady.request_id = "r-99";
    auto other = original;
    other.outcome = outcome::executed;
    const auto hit = compare_replay({original, steady}, {original, steady});
    const auto miss = compare_replay({original, steady}, {other, steady});
    EXPECT_EQ(miss.by_request, (std::vector<bool>{false, true}));
    const auto all = combine_replays({original, steady}, {miss, hit, miss});
    EXPECT_TRUE(all.reproduced) << "each at least once";
    EXPECT_EQ(all.text,
              "reproduced 1 of 3 times: request r-17 of LZ9SMEV05TF000001, horn due at 1.000 s: unanswered (no "
              "end after \"60s\")\n"
              "reproduced 3 of 3 times: request r-99 of LZ9SMEV05TF000001, horn due at 1.000 s: unanswered (no "
              "end after \"60s\")\n");
    EXPECT_FALSE(combine_replays({original, steady}, {miss, miss}).reproduced);
}

TEST(replay_comparison, additional_anomalies_are_listed_and_do_not_decide) {
    const auto original = sample_run::request();
    auto replayed = original;
    replayed.anomalies = {"response_lost", "completion_missing"};
    const auto found = compare_replay({original}, {replayed});
    EXPECT_TRUE(found.reproduced);
    EXPECT_THAT(found.text,
                HasSubstr("\n    anomalies: completion_missing originally, completion_missing, response_lost now\n"));
}

// The case to reproduce is often an anomaly of a request with the expected outcome.
TEST(replay_comparison, a_missing_anomaly_means_not_reproduced) {
    measure::request_record original;
    original.outcome = outcome::executed;
    original.anomalies = {"command_duplicated"};
    auto replayed = original;
    EXPECT_TRUE(compare_replay({original}, {replayed}).reproduced);
    replayed.anomalies.clear();
    const auto found = compare_replay({original}, {replayed});
    EXPECT_FALSE(found.reproduced);
    EXPECT_THAT(found.text, HasSubstr("differs"));
    EXPECT_THAT(found.text, HasSubstr("anomalies: command_duplicated originally, none now"));
}

TEST(run_overview, prints_commands_that_a_shell_takes_as_they_are) {
    report_contents all;
    all.requests.emplace_back();
    all.requests.back().request_id = "$(id) it's";
    all.requests.back().vin = "LZ9SMEV05TF000001";
    const auto text = run_overview(all, "my reports/q");
    EXPECT_THAT(text, HasSubstr("loadsim explain 'my reports/q' --request '$(id) it'\\''s'"));
    EXPECT_THAT(text, HasSubstr("loadsim replay 'my reports/q' --request '$(id) it'\\''s'"));
}
