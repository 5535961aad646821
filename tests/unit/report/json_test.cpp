// summary.json, run.json and the lines of the .jsonl files, parsed and compared.
#include "json_format.hpp"
#include "sample_run.hpp"

#include <loadsim/base/secrets.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/report_reader.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

namespace {

json::value summary() {
    return json::parse(summary_json(sample_run::run(), sample_run::missed_budget(), sample_run::labels()));
}

/// Equality with numbers compared by value, since JSON does not distinguish integers from doubles.
bool equal_json(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    if (a.is_array() && b.is_array()) {
        const auto &x = a.get_array(), &y = b.get_array();
        return std::equal(x.begin(), x.end(), y.begin(), y.end(), equal_json);
    }
    if (a.is_object() && b.is_object()) {
        const auto &x = a.get_object(), &y = b.get_object();
        return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& m, const auto& n) {
            return m.key() == n.key() && equal_json(m.value(), n.value());
        });
    }
    return a == b;
}

void expect_json(const json::value& got, std::string_view expected) {
    EXPECT_TRUE(equal_json(got, json::parse(expected))) << "got    " << json_line(got) << "\nwanted " << expected;
}

} // namespace

TEST(json_format, numbers_look_like_numbers) {
    EXPECT_EQ(json_line(json::array{12.5, 12.0, 0.001, 1e21}), "[12.5,12,0.001,1e+21]");
    EXPECT_EQ(json_line(json::array{std::numeric_limits<double>::quiet_NaN(), nullptr, true, -3}),
              "[null,null,true,-3]");
}

TEST(json_format, strings_are_escaped) {
    EXPECT_EQ(json_line(json::object{{"a\"b", "line\nfeed \\ ü \x01"}}), R"({"a\"b":"line\nfeed \\ ü \u0001"})");
}

TEST(json_format, strings_are_valid_utf8_whatever_the_platform_sends) {
    EXPECT_EQ(json_line(json::object{{"a\xff", "\xc3( \xed\xa0\x80"}}),
              "{\"a\xef\xbf\xbd\":\"\xef\xbf\xbd( \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}");
}

TEST(json_format, a_page_breaks_where_something_is_nested) {
    EXPECT_EQ(json_indented(json::object{{"a", 1}, {"b", {{"c", 2}, {"d", json::array{1, 2}}}}, {"e", json::array{}}}),
              "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2,\n    \"d\": [1, 2]\n  },\n  \"e\": []\n}\n");
}

TEST(summary_json, identifies_the_run_and_its_end) {
    const auto s = summary();
    EXPECT_EQ(s.at("schema").as_string(), "loadsim.summary/2");
    EXPECT_EQ(s.at("scenario").as_string(), "quickstart");
    expect_json(s.at("seed"), "42");
    EXPECT_EQ(s.at("verdict").as_string(), "fail");
    expect_json(s.at("exit_code"), "99");
    expect_json(s.at("verdict_reasons"), R"(["1 of 4 budgets was missed"])");
    EXPECT_EQ(s.at("started_at").as_string(), "2026-11-20T10:20:00Z");
    expect_json(s.at("duration_ms"), "34250");
    EXPECT_EQ(s.at("end_reason").as_string(), "complete");
}

TEST(summary_json, counts_requests_by_outcome_phase_and_segment) {
    const auto s = summary();
    expect_json(s.at("requests"),
                R"({"due":60,"sent":59,"unexpected":1,"outcomes":{"executed":50,"failed":0,"timed_out":9,"rejected":0,
        "errored":0,"unanswered":0,"skipped":1},"skipped_late":0,"unexpected_late":0,"planned":61,"open":0,
        "error_reasons":{"no vehicle was free":1}})");
    expect_json(s.at("outcome_matrix"), R"([
        {"segment":"good","behaviour":"success","service":"horn","expected_outcomes":["executed"],"outcome":"executed",
         "unexpected":false,"count":40},
        {"segment":"good","behaviour":"success","service":"light","expected_outcomes":["executed"],"outcome":"executed",
         "unexpected":false,"count":10},
        {"segment":"silent","behaviour":"timeout","service":"horn","expected_outcomes":["executed","timed_out"],
         "outcome":"timed_out","unexpected":false,"count":9},
        {"segment":"silent","behaviour":"timeout","service":"horn","expected_outcomes":["executed","timed_out"],
         "outcome":"skipped","unexpected":true,"count":1}])");
    const auto& phases = s.at("phases").as_array();
    ASSERT_EQ(phases.size(), 2u);
    EXPECT_EQ(phases[1].at("name").as_string(), "steady");
    expect_json(phases[1].at("due"), "50");
    expect_json(phases[1].at("sent"), "49");
    expect_json(phases[1].at("outcomes").at("timed_out"), "9");
    expect_json(phases[1].at("unexpected"), "1");
    expect_json(phases[1].at("e2e").at("samples"), "40");
    expect_json(phases[1].at("lag").at("samples"), "60");
    expect_json(phases[1].at("loop_delay").at("samples"), "7");
    expect_json(phases[0].at("loop_delay").at("samples"), "0");
    EXPECT_TRUE(phases[1].at("judged").as_bool());
    expect_json(s.at("services").at(1).at("e2e").at("samples"), "10");
    EXPECT_EQ(s.at("services").at(1).at("name").as_string(), "light");
}

TEST(summary_json, names_the_phases_that_were_not_judged) {
    verdict::evaluation evaluation;
    evaluation.late_phases = {1};
    const auto s = json::parse(summary_json(sample_run::run(), evaluation, sample_run::labels()));
    EXPECT_TRUE(s.at("phases").at(0).at("judged").as_bool());
    EXPECT_FALSE(s.at("phases").at(1).at("judged").as_bool());
}

TEST(summary_json, latencies_are_milliseconds_and_null_without_samples) {
    const auto s = summary();
    // Sixty samples of 140 us; exact, because below 2,048 us every microsecond has its own bucket.
    expect_json(s.at("latency").at("lag"),
                R"({"samples":60,"min_ms":0.14,"mean_ms":0.14,"p50_ms":0.14,"p90_ms":0.14,"p95_ms":null,"p99_ms":null,
        "p999_ms":null,"max_ms":0.14,"p50_interval_ms":[0.14,0.14],"p90_interval_ms":[0.14,0.14],"p95_interval_ms":null,
        "p99_interval_ms":null,"p999_interval_ms":null})");
    expect_json(s.at("latency").at("expiry"), R"({"samples":0,"min_ms":null,"mean_ms":null,"p50_ms":null,"p90_ms":null,
        "p95_ms":null,"p99_ms":null,"p999_ms":null,"max_ms":null,"p50_interval_ms":null,"p90_interval_ms":null,
        "p95_interval_ms":null,"p99_interval_ms":null,"p999_interval_ms":null})");
    std::vector<std::string> hops;
    for (const auto& member : s.at("latency").as_object()) hops.emplace_back(member.key());
    EXPECT_THAT(hops,
                testing::ElementsAre("lag", "accept", "dispatch", "vehicle", "notify", "e2e", "platform", "expiry"));
    const auto& e2e = s.at("latency").at("e2e");
    expect_json(e2e.at("samples"), "50");
    EXPECT_NEAR(e2e.at("p50_ms").to_number<double>(), 25, 0.025) << "the 25th of 1..40 ms and ten of 1 s";
    EXPECT_NEAR(e2e.at("p50_interval_ms").at(0).to_number<double>(), 17, 0.02) << "the 17th: 25 - 1.96 * 3.54 - 0.5";
    EXPECT_NEAR(e2e.at("p50_interval_ms").at(1).to_number<double>(), 33, 0.03);
    EXPECT_NEAR(e2e.at("p90_ms").to_number<double>(), 1000, 1);
    EXPECT_TRUE(e2e.at("p99_ms").is_null()) << "50 samples do not carry it";
    EXPECT_NEAR(e2e.at("mean_ms").to_number<double>(), (820.0 + 10'000) / 50, 0.3);
}

TEST(summary_json, sessions_messages_anomalies_generator) {
    const auto s = summary();
    const auto& sessions = s.at("sessions");
    expect_json(sessions.at("planned"), "2000");
    expect_json(sessions.at("online_peak"), "1999");
    expect_json(sessions.at("refused"), "2");
    expect_json(sessions.at("dropped"), "1");
    expect_json(sessions.at("reconnects"), "1");
    expect_json(sessions.at("syn_retransmitted"), "4");
    expect_json(sessions.at("connect").at("max_ms"), "2");
    expect_json(sessions.at("tcp").at("max_ms"), "0.2");
    expect_json(sessions.at("connack").at("max_ms"), "0.3");
    const auto& tls = sessions.at("tls");
    expect_json(tls.at("handshake").at("samples"), "2");
    expect_json(tls.at("handshake").at("max_ms"), "1.5");
    expect_json(tls.at("full").at("max_ms"), "1.5");
    expect_json(tls.at("resumed").at("max_ms"), "0.5");
    expect_json(tls.at("failed"), "2");
    expect_json(tls.at("error_reasons"), R"({"TLS alert from the peer: unknown ca":2})");
    expect_json(tls.at("bytes_sent"), "23456");
    expect_json(tls.at("bytes_received"), "7890");
    expect_json(sessions.at("addresses"), R"({"10.0.0.1:1883":1001,"10.0.0.2:1883":1000})");
    expect_json(sessions.at("error_reasons"), R"({"connection refused":2,"connection reset by peer":1})");
    expect_json(s.at("messages"), R"({"published":118,"received":59,"bytes_sent":12345,"bytes_received":999})");
    const auto counts = [&](const char* which) {
        std::map<std::string, std::int64_t> all;
        for (const auto& kind : s.at(which).as_object()) all[kind.key()] = kind.value().to_number<std::int64_t>();
        EXPECT_EQ(all.size(), anomaly_count) << "each kind, whether it came or not";
        std::erase_if(all, [](const auto& kind) { return kind.second == 0; });
        return all;
    };
    EXPECT_EQ(counts("anomalies"), (std::map<std::string, std::int64_t>{{"completion_duplicated", 3}}));
    EXPECT_EQ(counts("expected_anomalies"), (std::map<std::string, std::int64_t>{{"response_duplicated", 2}}));
    expect_json(s.at("omitted_records"), "4");
    expect_json(s.at("generator"),
                R"({"cpu_time_ms":3250,"rss_bytes":41500000,"shards":2,"ranks":3,"lag_limit_ms":100,
        "loop_delay":{"samples":0,"min_ms":null,"mean_ms":null,"p50_ms":null,"p90_ms":null,"p95_ms":null,"p99_ms":null,
         "p999_ms":null,"max_ms":null,"p50_interval_ms":null,"p90_interval_ms":null,"p95_interval_ms":null,
         "p99_interval_ms":null,"p999_interval_ms":null},
        "machines":[{"host":"load-1","measured_ms":30000,"cores":4,"cores_usable":2,"generator_share":0.25,
        "other_share":0.1,"steal_share":null,"stalled_ms":1500,"throttled_ms":0}]})");
}

TEST(summary_json, has_no_tls_without_tls) {
    auto run = sample_run::run();
    run.sum.sessions.tls = {};
    const auto sessions = json::parse(summary_json(run, {}, sample_run::labels())).at("sessions");
    expect_json(sessions.at("tls"), "null");
    expect_json(sessions.at("tcp").at("samples"), "2");
    run.sum.sessions.tls.failures["TLS: the peer does not use TLS on this port"] = 1;
    expect_json(json::parse(summary_json(run, {}, sample_run::labels())).at("sessions").at("tls").at("failed"), "1");
}

TEST(summary_json, connections_of_the_http_driver) {
    auto run = sample_run::run();
    const auto http = [&] {
        return json::parse(summary_json(run, sample_run::missed_budget(), sample_run::labels())).at("http");
    };
    expect_json(http(), R"({"requests":59,"connections":{"limit":64,"opened":4,"open_peak":3,"busy_peak":2},
        "requests_per_connection":14.75,"timeouts":0,"retries":0,"failovers":0,"addresses":{"10.0.0.9:80":4},"connection_wait":{"samples":5,"min_ms":2,
        "mean_ms":2,"p50_ms":null,"p90_ms":null,"p95_ms":null,"p99_ms":null,"p999_ms":null,"max_ms":2,
        "p50_interval_ms":null,"p90_interval_ms":null,"p95_interval_ms":null,"p99_interval_ms":null,
        "p999_interval_ms":null}})");
    run.sum.http = {};
    run.sum.http.connection_limit = 64;
    expect_json(http().at("requests_per_connection"), "null");
    run.sum.http = {};
    expect_json(http(), "null");
}

TEST(summary_json, observers_campaigns_queued_commands_and_recoveries) {
    const auto s = summary();
    ASSERT_EQ(s.at("observers").as_array().size(), 2U);
    expect_json(s.at("observers").at(1).at("name"), "\"webhook\"");
    expect_json(s.at("observers").at(1).at("disagreements"), "2");
    expect_json(s.at("observers").at(1).at("rejections"), R"({"the signature is wrong":7})");
    expect_json(s.at("observers").at(1).at("connection_errors"), R"({"has ended":2})");
    expect_json(s.at("campaigns").at(0).at("name"), "\"recall\"");
    expect_json(s.at("campaigns").at(0).at("deliveries_after_reconnect"), "5");
    expect_json(s.at("broker_api").at("commands").at("accepted"), "59");
    expect_json(s.at("broker_api").at("error_reasons"), R"({"inbound: 503":3})");
    expect_json(s.at("observers").at(0).at("addresses"), R"({"10.0.0.1:1883":1})");
    EXPECT_EQ(s.at("unmatched_fields").as_object().size(), 1U);
    expect_json(s.at("broker_limits"), R"({"the broker does not retain messages":2})");
    expect_json(s.at("queued").at("delivered"), "7");
    expect_json(s.at("queued").at("out_of_order"), "1");
    expect_json(s.at("queued").at("wait").at("samples"), "7");
    EXPECT_NEAR(s.at("queued").at("wait").at("max_ms").to_number<double>(), 2000, 2);
    expect_json(s.at("recoveries"), R"([
        {"condition":"tunnel","occurrence":0,"started_at_ms":10000,"affected_vehicles":200,"recovered_vehicles":200,
         "recovery_ms":1500,"latency_budget":"e2e.p99 < 1s","latency_recovery_ms":3000},
        {"condition":"tunnel","occurrence":1,"started_at_ms":20000,"affected_vehicles":200,"recovered_vehicles":100,
         "recovery_ms":null,"latency_budget":"e2e.p99 < 1s","latency_recovery_ms":null}])");
}

TEST(summary_json, has_the_mode) {
    auto run = sample_run::run();
    const auto mode = [&] {
        return std::string(json::parse(summary_json(run, {}, sample_run::labels())).at("mode").as_string());
    };
    EXPECT_EQ(mode(), "run");
    run.mode = measure::run_mode::rehearsal;
    EXPECT_EQ(mode(), "rehearsal");
    run.mode = measure::run_mode::replay;
    EXPECT_EQ(mode(), "replay");
}

TEST(summary_json, says_what_was_tested_by_what_and_when) {
    const auto s = summary();
    EXPECT_EQ(s.at("version").as_string(), "1.2.3");
    EXPECT_EQ(s.at("host").as_string(), "ci-7");
    EXPECT_EQ(s.at("target").as_string(), "mqtt://10.0.0.1:1883 http://10.0.0.9:80");
    expect_json(s.at("labels"), R"({"commit":"abc123","branch":"main"})");
    EXPECT_EQ(s.at("load_started_at").as_string(), "2026-11-20T10:20:04.000Z");
    EXPECT_TRUE(json::parse(summary_json({}, {}, {})).at("load_started_at").is_null());
}

TEST(summary_json, has_the_tags_of_the_run) {
    auto run = sample_run::run();
    run.origin.tags = {{"team", "body"}, {"cost-center", "4711"}};
    expect_json(json::parse(summary_json(run, {}, sample_run::labels())).at("tags"),
                R"({"team":"body","cost-center":"4711"})");
    expect_json(summary().at("tags"), "{}");
}

TEST(summary_json, has_the_asked_and_the_achieved_rate_of_each_phase) {
    auto run = sample_run::run(); // 49 of the second phase's requests were sent in its first 15 s
    const auto rates = [&](std::size_t phase) {
        const auto p = json::parse(summary_json(run, {}, sample_run::labels())).at("phases").at(phase);
        return json::value{p.at("asked_rate_per_s"), p.at("achieved_rate_per_s")};
    };
    expect_json(rates(0), "[1.1,1]");
    expect_json(rates(1), "[2.5,3.267]");
    run.load_phases[1].elapsed = {};
    expect_json(rates(1), "[2.5,null]");
    run.load_phases.clear(); // a replay
    expect_json(rates(0), "[null,null]");
}

TEST(run_json, identifies_program_version_and_run) {
    expect_json(json::parse(run_json(sample_run::header())),
                R"({"schema":"loadsim.run/2","version":"1.2.3","host":"ci-7",
        "target":"mqtt://10.0.0.1:1883 http://10.0.0.9:80","labels":{"commit":"abc123","branch":"main"},"tags":{},"mode":"run",
        "scenario":"quickstart","seed":42,"started_at":"2026-11-20T10:20:00Z","load_started_at":null})");
    auto during_the_load = sample_run::header();
    during_the_load.load_started = sample_run::load_started();
    EXPECT_EQ(json::parse(run_json(during_the_load)).at("load_started_at").as_string(), "2026-11-20T10:20:04.000Z");
}

TEST(summary_json, budgets_with_observed_values) {
    expect_json(summary().at("budgets"), R"([
        {"expression":"e2e{service=horn,phase=steady}.p50 < 19ms","metric":"e2e.p50","labels":{"service":"horn",
         "phase":"steady"},"operator":"<","limit":19,"unit":"ms","observed_value":20.015,"observed_from_begun":19.983,
         "samples":40,"interval":[13.992,26.015],"carried":true,"close":true,"verdict":"fail",
         "severity":"fail","sentence":"e2e{service=horn,phase=steady}.p50 < 19ms missed by 1.02ms"},
        {"expression":"lag.p99 < 100us","metric":"lag.p99","labels":{},"operator":"<","limit":0.1,"unit":"ms",
         "observed_value":0.14,"observed_from_begun":null,"samples":60,"interval":null,"carried":false,"close":false,
         "verdict":"undecided","severity":"fail","sentence":"lag.p99 < 100us undecided"},
        {"expression":"unexpected <= 1","metric":"unexpected","labels":{},"operator":"<=","limit":1,"unit":"count",
         "observed_value":1,"observed_from_begun":null,"samples":60,"interval":null,"carried":true,"close":false,
         "verdict":"pass","severity":"fail","sentence":"unexpected <= 1 holds"},
        {"expression":"expiry.p99 < 12s","metric":"expiry.p99","labels":{},"operator":"<","limit":12000,"unit":"ms",
         "observed_value":null,"observed_from_begun":null,"samples":0,"interval":null,"carried":true,"close":false,
         "verdict":"no data","severity":"fail","sentence":"expiry.p99 < 12s has no data"}])");
    auto warned = sample_run::missed_budget();
    warned.budgets[0].severity = verdict::budget_severity::warn;
    const auto rows = json::parse(summary_json(sample_run::run(), warned, sample_run::labels())).at("budgets");
    EXPECT_EQ(rows.at(0).at("severity").as_string(), "warn");
}

TEST(summary_json, end_by_a_budget) {
    auto run = sample_run::run();
    run.ended = measure::run_result::end_reason::budget;
    const auto s = json::parse(summary_json(run, sample_run::missed_budget(), sample_run::labels()));
    EXPECT_EQ(s.at("end_reason").as_string(), "budget");
}

TEST(summary_json, time_is_utc_in_every_time_zone) {
    const sample_run::non_utc_time_zone zone;
    EXPECT_EQ(summary().at("started_at").as_string(), "2026-11-20T10:20:00Z");
}

TEST(summary_json, a_64_bit_seed_keeps_all_digits) {
    auto run = sample_run::run();
    run.seed = std::numeric_limits<std::uint64_t>::max();
    EXPECT_THAT(summary_json(run, {}, sample_run::labels()), HasSubstr("\"seed\": 18446744073709551615"));
}

TEST(summary_json, missing_labels_hide_no_row) {
    const auto s = json::parse(summary_json(sample_run::run(), {}, {}));
    EXPECT_EQ(s.at("outcome_matrix").as_array().size(), 4u);
    EXPECT_EQ(s.at("outcome_matrix").at(2).at("segment").as_string(), "1");
    EXPECT_EQ(s.at("outcome_matrix").at(1).at("service").as_string(), "1");
    EXPECT_EQ(s.at("phases").at(1).at("name").as_string(), "1");
}

TEST(timeline_line, is_one_line_with_the_second_in_it) {
    const auto run = sample_run::run();
    const auto line = timeline_line(sample_run::under_load(run.sum), sample_run::labels());
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    auto got = json::parse(line);
    // 41.2 ms lies in the bucket 41,184..41,215 us, 380 ms in 379,904..380,159 us.
    expect_json(got.at("latency").at("lag"),
                R"({"samples":1,"min_ms":0.14,"mean_ms":0.14,"p50_ms":0.14,"p90_ms":0.14,"p95_ms":0.14,"p99_ms":0.14,
        "p999_ms":0.14,"max_ms":0.14})");
    expect_json(got.at("latency").at("e2e"),
                R"({"samples":100,"min_ms":41.184,"mean_ms":51.365,"p50_ms":41.215,"p90_ms":41.215,"p95_ms":41.215,
        "p99_ms":380.159,"p999_ms":380.159,"max_ms":380.159})");
    for (const auto& [hop, statistics] : got.at("latency").as_object())
        if (hop != "lag" && hop != "e2e") expect_json(statistics.at("samples"), "0");
    EXPECT_EQ(got.at("latency").as_object().size(), measure::hop_names.size());
    got.at("latency") = nullptr;
    got.at("telemetry") = nullptr;
    expect_json(got, R"({"time":"2026-11-20T10:20:16.000Z","elapsed_ms":16000,"interval_ms":1000,"stage":"load",
        "phase":"steady","conditions":["tunnel"],"load_elapsed_ms":12000,"target_rate_per_s":200,"late_ranks":0,
        "requests":{"due":200,"sent":198,"unexpected":1,"outcomes":{"executed":190,"failed":0,"timed_out":0,"rejected":0,
        "errored":0,"unanswered":0,"skipped":0},"in_flight":84,"waiting_for_connection":0},
        "sessions":{"online":2000,"connected":4,"refused":0,"dropped":0,"reconnects":3},
        "vehicles":{"asleep":11,"connecting":12,"blocked":13,"busy":85},
        "latency":null,
        "messages":{"published":400,"received":200,"bytes_sent":40000,"bytes_received":20000},"telemetry":null,
        "generator":{"cpu_time_ms":1500,"rss_bytes":20000000}})");
}

TEST(timeline_line, an_interval_without_samples_has_nulls_and_no_phase) {
    measure::progress p;
    p.elapsed = 1500ms;
    const auto line = json::parse(timeline_line(p, sample_run::labels()));
    expect_json(line.at("elapsed_ms"), "1500");
    EXPECT_EQ(line.at("stage").as_string(), "connecting");
    EXPECT_TRUE(line.at("phase").is_null());
    EXPECT_TRUE(line.at("latency").at("e2e").at("p99_ms").is_null());
    EXPECT_TRUE(line.at("latency").at("lag").at("p99_ms").is_null());
}

TEST(request_line, has_all_fields) {
    auto request = sample_run::request();
    request.traceparent = "00-1-2-01";
    const auto line = request_line(request, sample_run::load_started());
    EXPECT_THAT(line, EndsWith("}\n"));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    expect_json(
        json::parse(line),
        R"({"arrival":17,"request_id":"r-17","traceparent":"00-1-2-01","vin":"LZ9SMEV05TF000001","segment":"good",
        "behaviour":"success","service":"horn","phase":"steady","expected_outcomes":["executed","timed_out"],
        "outcome":"unanswered","unexpected":true,"reason":"no end after \"60s\"","due_at_ms":1000,"due_at":"2026-11-20T10:20:05.000Z",
        "begun_at_ms":1000.125,"begun_at":"2026-11-20T10:20:05.000Z","sent_at_ms":1000.25,
        "sent_at":"2026-11-20T10:20:05.000Z","accepted_at_ms":1003.5,"accepted_at":"2026-11-20T10:20:05.003Z",
        "delivered_at_ms":1010,"delivered_at":"2026-11-20T10:20:05.010Z","acked_at_ms":null,"acked_at":null,
        "finished_at_ms":1030.5,"finished_at":"2026-11-20T10:20:05.030Z","observed_at_ms":null,"observed_at":null,
        "conditions":["tunnel"],"anomalies":["completion_missing"],"messages":[
        {"at_ms":1010,"at":"2026-11-20T10:20:05.010Z","direction":"to_vehicle","head":"v1/LZ9SMEV05TF000001/cmd/horn","payload":"{\"request\":\"r-17\"}",
         "payload_bytes":18},
        {"at_ms":1030.5,"at":"2026-11-20T10:20:05.030Z","direction":"from_vehicle","head":"v1/LZ9SMEV05TF000001/rsp/r-17",
         "payload":"{\"state\":\"executed\",\"pad\":\"","payload_bytes":70000}]})");
}

TEST(anomaly_line, has_its_evidence) {
    const auto line = anomaly_line(sample_run::anomaly(), sample_run::load_started());
    EXPECT_THAT(line, EndsWith("}\n"));
    expect_json(
        json::parse(line),
        R"({"kind":"completion_missing","expected":false,"at_ms":61000,"at":"2026-11-20T10:21:05.000Z","vin":"LZ9SMEV05TF000001",
        "request_id":"r-17","evidence":"accepted, and nothing was announced within 60s"})");
}

TEST(session_line, has_vehicle_and_event) {
    const auto line = session_line(sample_run::session());
    EXPECT_THAT(line, EndsWith("}\n"));
    expect_json(json::parse(line),
                R"({"at_ms":250.5,"at":null,"vin":"LZ9SMEV05TF000001","event":"online, session present"})");
}

TEST(finding_line, has_vehicle_group_and_sequence) {
    const auto line = finding_line(sample_run::finding());
    EXPECT_THAT(line, EndsWith("}\n"));
    expect_json(json::parse(line), R"({"at_ms":1250.5,"at":null,"finding":"out_of_order","vin":"LZ9SMEV05TF000001",
        "group":"position","sequence":17,"tap":"kafka"})");
}

TEST(explain_json, has_the_records_and_the_hops_of_each_request) {
    report_contents all;
    all.version = "1.2.3";
    all.scenario = "quickstart";
    all.load_started = sample_run::load_started();
    all.recorded = 60;
    all.unexpected = all.matching = 1;
    all.requests = {sample_run::request()};
    all.anomalies = {sample_run::anomaly()};
    all.sessions = {sample_run::session()};
    auto text = json::parse(explain_json(all)).get_object();
    auto request = text.at("requests").at(0).get_object();
    expect_json(request.at("hops_ms"),
                R"({"lag":0.125,"connection wait":0.125,"accept":3.5,"dispatch":10,"vehicle":20.5,
        "notify":null,"e2e":null})");
    request.erase("hops_ms");
    expect_json(request, request_line(sample_run::request(), all.load_started));
    expect_json(text.at("anomalies").at(0), anomaly_line(sample_run::anomaly(), all.load_started));
    expect_json(text.at("session_events").at(0), session_line(sample_run::session(), all.load_started));
    for (const auto* list : {"requests", "anomalies", "session_events"}) text.erase(list);
    expect_json(text, R"({"schema":"loadsim.explain/1","version":"1.2.3","mode":"run","scenario":"quickstart",
        "load_started_at":"2026-11-20T10:20:04.000Z","recorded_requests":60,"unexpected_requests":1,
        "matching_requests":1,"warnings":[]})");
}

TEST(json, has_its_keys_outcomes_and_instants_whatever_the_secrets_are) {
    const auto lines = [] {
        return request_line(sample_run::request(), sample_run::load_started()) +
               anomaly_line(sample_run::anomaly(), sample_run::load_started()) + run_json(sample_run::header()) +
               summary_json(sample_run::run(), {}, sample_run::labels()) +
               timeline_line(sample_run::under_load(sample_run::run().sum), sample_run::labels());
    };
    const auto before = lines();
    for (const auto* secret : {"timed_out", "executed", "2026", "horn", "request_id", "1000"}) register_secret(secret);
    EXPECT_EQ(lines(), before);
    forget_secrets();
}
