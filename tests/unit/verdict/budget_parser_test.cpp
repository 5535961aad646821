#include <loadsim/verdict/budget.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using kind = budget::kind;

namespace {

budget parsed(std::string_view text) {
    const auto b = parse_budget(text);
    EXPECT_TRUE(b) << text << ": " << to_string(b.error());
    return b ? *b : budget{};
}

} // namespace

TEST(parse_budget, parses_each_kind_of_metric) {
    const budget cases[] = {
        // expression, kind, metric, stat, percentile, service, phase, operator, limit
        {"e2e.p99 < 1s", kind::latency, "e2e", "p99", 99, "", "", comparison::less, 1000},
        {"accept.p95 <= 50ms", kind::latency, "accept", "p95", 95, "", "", comparison::less_equal, 50},
        {"lag.p99 < 5ms", kind::latency, "lag", "p99", 99, "", "", comparison::less, 5},
        {"lag.max < 500us", kind::latency, "lag", "max", 100, "", "", comparison::less, 0.5},
        {"dispatch.mean < 1m", kind::latency, "dispatch", "mean", 0, "", "", comparison::less, 60'000},
        {"vehicle.min >= 1ms", kind::latency, "vehicle", "min", 0, "", "", comparison::greater_equal, 1},
        {"notify.p5 > 1ns", kind::latency, "notify", "p5", 5, "", "", comparison::greater, 1e-6},
        {"platform.p0 == 0s", kind::latency, "platform", "p0", 0, "", "", comparison::equal, 0},
        {"expiry.p100 < 11s", kind::latency, "expiry", "p100", 100, "", "", comparison::less, 11'000},
        {"e2e.p999 < 1s", kind::latency, "e2e", "p999", 99.9, "", "", comparison::less, 1000},
        {"e2e.p9999 < 1s", kind::latency, "e2e", "p9999", 99.99, "", "", comparison::less, 1000},
        {"e2e.p99.9 < 1s", kind::latency, "e2e", "p99.9", 99.9, "", "", comparison::less, 1000},
        {"e2e.p12.5 < 1s", kind::latency, "e2e", "p12.5", 12.5, "", "", comparison::less, 1000},
        {"e2e.count >= 1000", kind::latency_count, "e2e", "count", 0, "", "", comparison::greater_equal, 1000},
        {"sessions.connect.p99.9 < 2s", kind::connect, "sessions.connect", "p99.9", 99.9, "", "", comparison::less,
         2000},
        {"sessions.connect.max < 2s", kind::connect, "sessions.connect", "max", 100, "", "", comparison::less, 2000},
        {"sessions.connect.count == 2000", kind::connect_count, "sessions.connect", "count", 0, "", "",
         comparison::equal, 2000},
        {"queued.wait.p99 < 5s", kind::queue_wait, "queued.wait", "p99", 99, "", "", comparison::less, 5000},
        {"queued.wait.count > 0", kind::queue_wait_count, "queued.wait", "count", 0, "", "", comparison::greater, 0},
        {"queued.out_of_order == 0", kind::count, "queued.out_of_order", "", 0, "", "", comparison::equal, 0},
        {"recovery.time < 60s", kind::recovery, "recovery", "time", 0, "", "", comparison::less, 60'000},
        {"recovery{condition=tunnel at noon}.latency <= 1m", kind::recovery, "recovery", "latency", 0, "", "",
         comparison::less_equal, 60'000, "tunnel at noon"},
        {"campaigns.undelivered == 0", kind::count, "campaigns.undelivered", "", 0, "", "", comparison::equal, 0},
        {"campaigns.duplicates{campaign=recall}.rate < 1%", kind::rate, "campaigns.duplicates", "rate", 0, "", "",
         comparison::less, 0.01, "", "recall"},
        {"campaigns.latency{campaign=recall}.p99 < 5s", kind::latency, "campaigns.latency", "p99", 99, "", "",
         comparison::less, 5000, "", "recall"},
        {"campaigns.latency.count >= 10", kind::latency_count, "campaigns.latency", "count", 0, "", "",
         comparison::greater_equal, 10},
        {"unexpected == 0", kind::count, "unexpected", "", 0, "", "", comparison::equal, 0},
        {"unexpected.rate < 0.1%", kind::rate, "unexpected", "rate", 0, "", "", comparison::less, 0.001},
        {"outcomes.errored < 7", kind::count, "outcomes.errored", "", 0, "", "", comparison::less, 7},
        {"outcomes.timed_out.rate <= 100%", kind::rate, "outcomes.timed_out", "rate", 0, "", "", comparison::less_equal,
         1},
        {"sessions.tcp.mean < 5ms", kind::connect, "sessions.tcp", "mean", 0, "", "", comparison::less, 5},
        {"sessions.tls.p99 < 300ms", kind::connect, "sessions.tls", "p99", 99, "", "", comparison::less, 300},
        {"sessions.tls.p99.9 < 1s", kind::connect, "sessions.tls", "p99.9", 99.9, "", "", comparison::less, 1000},
        {"sessions.tls.count == 7", kind::connect_count, "sessions.tls", "count", 0, "", "", comparison::equal, 7},
        {"sessions.connack.max < 1s", kind::connect, "sessions.connack", "max", 100, "", "", comparison::less, 1000},
        {"sessions.tls.resumed > 3", kind::count, "sessions.tls.resumed", "", 0, "", "", comparison::greater, 3},
        {"sessions.tls.resumed.rate > 90%", kind::rate, "sessions.tls.resumed", "rate", 0, "", "", comparison::greater,
         0.9},
        {"sessions.tls.failed == 0", kind::count, "sessions.tls.failed", "", 0, "", "", comparison::equal, 0},
        {"sessions.refused == 0", kind::count, "sessions.refused", "", 0, "", "", comparison::equal, 0},
        {"sessions.dropped == 0", kind::count, "sessions.dropped", "", 0, "", "", comparison::equal, 0},
        {"sessions.reconnects > 3", kind::count, "sessions.reconnects", "", 0, "", "", comparison::greater, 3},
        {"anomalies == 0", kind::count, "anomalies", "", 0, "", "", comparison::equal, 0},
        {"anomalies.completion_contradicted == 0", kind::count, "anomalies.completion_contradicted", "", 0, "", "",
         comparison::equal, 0},
        {"e2e{service=horn,phase=steady}.p99 < 800ms", kind::latency, "e2e", "p99", 99, "horn", "steady",
         comparison::less, 800},
        {"e2e{phase=phase 2. up < 3}.p99 < 1s", kind::latency, "e2e", "p99", 99, "", "phase 2. up < 3",
         comparison::less, 1000},
        {"e2e{service=a=b}.count > 0", kind::latency_count, "e2e", "count", 0, "a=b", "", comparison::greater, 0},
        {"unexpected{phase=warm up}.rate < 1%", kind::rate, "unexpected", "rate", 0, "", "warm up", comparison::less,
         0.01},
        {"outcomes.skipped{phase=peak} == 0", kind::count, "outcomes.skipped", "", 0, "", "peak", comparison::equal, 0},
        {"e2e{segment=parked,condition=tunnel}.p99 < 9s", kind::latency, "e2e", "p99", 99, "", "", comparison::less,
         9000, "tunnel", "", "parked"},
        {"unexpected{service=horn,segment=parked,phase=peak,condition=tunnel} == 0", kind::count, "unexpected", "", 0,
         "horn", "peak", comparison::equal, 0, "tunnel", "", "parked"},
        {"outcomes.errored{segment=parked}.rate < 1%", kind::rate, "outcomes.errored", "rate", 0, "", "",
         comparison::less, 0.01, "", "", "parked"},
    };
    for (const auto& c : cases) {
        const auto b = parsed(c.expression);
        EXPECT_EQ(b.expression, c.expression);
        EXPECT_EQ(b.metric_kind, c.metric_kind) << c.expression;
        EXPECT_EQ(b.metric, c.metric) << c.expression;
        EXPECT_EQ(b.stat, c.stat) << c.expression;
        EXPECT_EQ(b.percentile, c.percentile) << c.expression;
        EXPECT_EQ(b.service, c.service) << c.expression;
        EXPECT_EQ(b.phase, c.phase) << c.expression;
        EXPECT_EQ(b.segment, c.segment) << c.expression;
        EXPECT_EQ(b.condition, c.condition) << c.expression;
        EXPECT_EQ(b.op, c.op) << c.expression;
        EXPECT_DOUBLE_EQ(b.limit, c.limit) << c.expression;
    }
}

TEST(parse_budget, normalises_blanks_and_the_position_of_labels) {
    const char* const cases[][2] = {
        {"e2e.p99<1s", "e2e.p99 < 1s"},
        {"  e2e.p99\t<=   1s \n", "e2e.p99 <= 1s"},
        {"e2e { service = horn , phase = warm  up } .p99 < 1s", "e2e{service=horn,phase=warm  up}.p99 < 1s"},
        {"e2e.p99{service=horn} < 1s", "e2e{service=horn}.p99 < 1s"},
    };
    for (const auto& [written, normal] : cases) {
        EXPECT_EQ(parsed(written).expression, normal);
        EXPECT_EQ(parsed(written), parsed(normal));
    }
}

TEST(parse_budget, reports_errors_with_suggestions) {
    const char* const cases[][2] = {
        {"", "a budget is missing"},
        {"   ", "a budget is missing"},
        {"e2e.p99", "'e2e.p99' has no operator"},
        {"e2e.p99 1s", "'e2e.p99 1s' has no operator"},
        {"e2e.p99 <", "a limit is missing after '<'"},
        {"< 1s", "a metric is missing before '<'"},
        // names
        {"e2ee.p99 < 1s", "unknown metric 'e2ee'; did you mean 'e2e'?"},
        {"acept.p99 < 1s", "unknown metric 'acept'; did you mean 'accept'?"},
        {"outcome.errored == 0", "unknown metric 'outcome'; did you mean 'outcomes'?"},
        {"zzzzzz == 0",
         "unknown metric 'zzzzzz'; there are: lag, accept, dispatch, vehicle, notify, e2e, platform, expiry, "
         "unexpected, outcomes, sessions, queued, recovery, campaigns, anomalies, observers, exec, telemetry, tap, "
         "cost"},
        {"e2e.avgg < 1s", "unknown statistic 'avgg'"},
        {"e2e.maxx < 1s", "unknown statistic 'maxx'; did you mean 'max'?"},
        {"e2e.rate < 1%", "unknown statistic 'rate'"},
        {"e2e < 1s", "e2e needs a statistic, such as e2e.p99"},
        {"e2e. < 1s", "'e2e.' ends in a dot"},
        {"unexpected. == 0", "'unexpected.' ends in a dot"},
        {"e2e.p101 < 1s", "'p101' is not a percentile"},
        {"e2e.p125 < 1s", "'p125' is not a percentile"},
        {"e2e.p99.9.9 < 1s", "'p99.9.9' is not a percentile"},
        {"e2e.p < 1s", "unknown statistic 'p'"},
        {"outcomes == 0", "outcomes needs the name of an outcome"},
        {"outcomes.error == 0", "unknown outcome 'error'; did you mean 'errored'?"},
        {"outcomes.timed_out.rat < 1%", "unknown statistic of outcomes.timed_out 'rat'; did you mean 'rate'?"},
        {"unexpected.p99 < 1s", "unknown statistic of unexpected 'p99'"},
        {"sessions == 0", "sessions needs the name of a metric"},
        {"sessions.droped == 0", "unknown metric of sessions 'droped'; did you mean 'dropped'?"},
        {"sessions.dropped.rate < 1%", "unknown metric of sessions 'dropped.rate'"},
        {"sessions.tlss.p99 < 1s", "unknown metric of sessions 'tlss'; did you mean 'tls'?"},
        {"sessions.conack.p99 < 1s", "unknown metric of sessions 'conack'; did you mean 'connack'?"},
        {"sessions.tls < 1s", "sessions.tls needs a statistic, such as sessions.tls.p99"},
        {"sessions.tls.resumd == 0", "unknown statistic 'resumd'; did you mean 'resumed'?"},
        {"sessions.tls.fail == 0", "did you mean 'failed'?"},
        {"sessions.tls.resumed.rat > 9%", "unknown statistic of sessions.tls.resumed 'rat'; did you mean 'rate'?"},
        {"sessions.tls.resumed > 90%", "is a count; write sessions.tls.resumed.rate for a share"},
        {"sessions.tls.resumed.rate > 90",
         "'90' is not a percentage, and sessions.tls.resumed.rate is a share of the TLS handshakes"},
        {"sessions.tls.p99 < 5%", "'5%' is a share, and sessions.tls.p99 is a duration"},
        {"sessions.tls{phase=x}.p99 < 1s", "sessions.tls has no labels"},
        {"sessions.connect < 1s", "sessions.connect needs a statistic"},
        {"sessions.connect.p9o < 1s", "unknown statistic 'p9o'; did you mean 'p90'?"},
        {"anomalies.completion_duplicatd == 0",
         "unknown anomaly 'completion_duplicatd'; did you mean 'completion_duplicated'?"},
        // operators
        {"e2e.p99 = 1s", "unknown operator '='; did you mean '=='?"},
        {"e2e.p99 =< 1s", "unknown operator '=<'; did you mean '<='?"},
        {"e2e.p99 => 1s", "unknown operator '=>'; did you mean '>='?"},
        {"e2e.p99 != 1s", "unknown operator '!='; there are <, <=, ==, >=, >"},
        {"e2e.p99 << 1s", "unknown operator '<<'; there are"},
        // limits
        {"e2e.p99 < 800", "'800' has no unit; write 800ms, 800s or 800m"},
        {"e2e.p99 < 800x", "unknown unit 'x'"},
        {"e2e.p99 < fast", "'fast' is not a duration"},
        {"e2e.p99 < -1s", "'-1s' is not a duration"},
        {"e2e.p99 < 1%", "'1%' is a share, and e2e.p99 is a duration; write one such as 250ms"},
        {"sessions.connect.max < 5", "'5' has no unit"},
        {"unexpected == 0ms", "'0ms' is not a whole number, and unexpected is a count; write one such as 0"},
        {"unexpected < 0.5", "'0.5' is not a whole number"},
        {"unexpected > -1", "'-1' is not a whole number"},
        {"unexpected < 1%", "'1%' is a share, and unexpected is a count; write unexpected.rate for a share"},
        {"sessions.dropped < 1%", "'1%' is not a whole number, and sessions.dropped is a count"},
        {"e2e.count > 1s", "'1s' is not a whole number, and e2e.count is a count"},
        {"outcomes.errored.rate < 0.1", "'0.1' is not a percentage"},
        {"outcomes.errored.rate < 5ms", "'5ms' is not a percentage"},
        {"outcomes.errored.rate < x%", "'x%' is not a share"},
        {"outcomes.errored.rate < 101%", "not between 0% and 100%"},
        {"e2e.p99 < 1s 2s", "'1s 2s'"},
        {"e2e.p99 < 0s", "'e2e.p99 < 0s' never holds: no value is below 0; write a limit that a good run keeps"},
        {"unexpected < 0", "'unexpected < 0' never holds: no value is below 0"},
        {"outcomes.executed{phase=x}.rate > 100%",
         "'outcomes.executed{phase=x}.rate > 100%' never holds: no share is above 100%"},
        // labels
        {"e2e{service=horn.p99 < 1s", "no closing brace"},
        {"e2e{servic=horn}.p99 < 1s", "unknown label 'servic'; did you mean 'service'?"},
        {"e2e{segmnt=x}.p99 < 1s", "unknown label 'segmnt'; did you mean 'segment'?"},
        {"e2e{campaign=x}.p99 < 1s", "unknown label 'campaign'; there are: service, segment, phase, condition"},
        {"e2e{horn}.p99 < 1s", "'{horn}' is not a label; write one such as {service=NAME}"},
        {"e2e{service=}.p99 < 1s", "'{service=}' is not a label"},
        {"e2e{=horn}.p99 < 1s", "'{=horn}' is not a label"},
        {"e2e{}.p99 < 1s", "'{}' is not a label"},
        {"e2e{service=a,}.p99 < 1s", "'{}' is not a label"},
        {"e2e{service=a,service=b}.p99 < 1s", "label 'service' is given twice"},
        {"unexpected{servce=horn} == 0", "unknown label 'servce'; did you mean 'service'?"},
        {"sessions.dropped{phase=x} == 0", "sessions.dropped has no labels"},
        {"queued.wait{phase=x}.p99 < 1s", "queued.wait has no labels"},
        {"recovery{phase=x}.time < 1s", "unknown label 'phase'; there are: condition"},
        {"queued == 0", "queued needs the name of a metric, such as queued.wait.p99"},
        {"queued.wait < 1s", "queued.wait needs a statistic"},
        {"queued.wiat.p99 < 1s", "unknown metric of queued 'wiat.p99'"},
        {"recovery < 1s", "recovery needs the name of a metric: recovery.time or recovery.latency"},
        {"recovery.tme < 1s", "unknown metric of recovery 'tme'; did you mean 'time'?"},
        {"recovery.time < 3", "'3' has no unit"},
        {"recovery.time < 3%", "'3%' is a share, and recovery.time is a duration"},
        {"campaigns == 0", "campaigns needs the name of a metric, such as campaigns.undelivered"},
        {"campaigns.delivered == 0", "unknown metric of campaigns 'delivered'; did you mean 'undelivered'?"},
        {"campaigns.latency < 1s", "campaigns.latency needs a statistic"},
        {"campaigns.undelivered < 1%", "is a count; write campaigns.undelivered.rate for a share"},
        {"campaigns.undelivered.rate < 1",
         "'1' is not a percentage, and campaigns.undelivered.rate is a share of the vehicles addressed"},
        {"campaigns{phase=x}.undelivered == 0", "unknown label 'phase'; there are: campaign"},
        {"anomalies.comand_lost == 0", "unknown anomaly 'comand_lost'; did you mean 'command_lost'?"},
        {"sessions.connect{phase=x}.p99 < 1s", "sessions.connect has no labels"},
        {"anomalies{phase=x} == 0", "anomalies has no labels"},
        {"observers == 0", "observers needs the name of a metric, such as observers.rejections"},
        {"observers.rejection == 0", "unknown metric of observers 'rejection'; did you mean 'rejections'?"},
        {"observers.rejections{obsever=mqtt} == 0", "unknown label 'obsever'; did you mean 'observer'?"},
    };
    for (const auto& [text, says] : cases) {
        const auto b = parse_budget(text);
        ASSERT_FALSE(b) << text;
        EXPECT_EQ(b.error().list.size(), 1U) << text;
        EXPECT_THAT(to_string(b.error()), HasSubstr(says)) << text;
    }
}

TEST(parse_budget, knows_every_hop_outcome_and_anomaly) {
    for (const auto hop : measure::hop_names) EXPECT_EQ(parsed(std::string(hop) + ".p50 < 1s").metric, hop);
    for (const auto name : outcome_names)
        EXPECT_EQ(parsed("outcomes." + std::string(name) + " == 0").metric, "outcomes." + std::string(name));
    for (const auto name : anomaly_names)
        EXPECT_EQ(parsed("anomalies." + std::string(name) + " == 0").metric, "anomalies." + std::string(name));
}

TEST(check_budget, reports_labels_without_a_match) {
    const measure::labels names{.services = {"horn", "lights"},
                                .phases = {"warm up", "steady"},
                                .segments = {"parked", "driving"},
                                .behaviours = {},
                                .conditions = {"tunnel", "garage"},
                                .observers = {"mqtt", "webhook"},
                                .campaigns = {"recall"}};
    EXPECT_THAT(check(parsed("e2e.p99 < 1s"), names), IsEmpty());
    EXPECT_THAT(check(parsed("e2e{service=lights,phase=warm up}.p99 < 1s"), names), IsEmpty());
    EXPECT_THAT(check(parsed("e2e{service=light,phase=stedy}.p99 < 1s"), names),
                ElementsAre("unknown service 'light'; did you mean 'lights'?",
                            "unknown phase 'stedy'; did you mean 'steady'?"));
    EXPECT_THAT(check(parsed("unexpected{phase=horn} == 0"), names),
                ElementsAre("unknown phase 'horn'; there are: warm up, steady"));
    EXPECT_THAT(check(parsed("e2e{segment=parkd,condition=tunel}.p99 < 1s"), names),
                ElementsAre("unknown segment 'parkd'; did you mean 'parked'?",
                            "unknown condition 'tunel'; did you mean 'tunnel'?"));
    EXPECT_THAT(check(parsed("observers{observer=webhok}.rejections == 0"), names),
                ElementsAre("unknown observer 'webhok'; did you mean 'webhook'?"));
    EXPECT_THAT(check(parsed("recovery{condition=garage}.time < 1s"), names), IsEmpty());
    EXPECT_THAT(check(parsed("campaigns{campaign=recall}.undelivered == 0"), names), IsEmpty());
    EXPECT_THAT(check(parsed("campaigns{campaign=recal}.latency.p99 < 1s"), names),
                ElementsAre("unknown campaign 'recal'; did you mean 'recall'?"));
    EXPECT_THAT(check(parsed("recovery{condition=tunel}.time < 1s"), names),
                ElementsAre("unknown condition 'tunel'; did you mean 'tunnel'?"));
}
