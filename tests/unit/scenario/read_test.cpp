#include "scenario_text.hpp"

#include <loadsim/scenario/builtin_behaviours.hpp>

#include <gmock/gmock.h>

#include <utility>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

TEST(read, the_minimal_scenario_has_defaults_for_the_rest) {
    const auto d = read_valid(minimal_scenario(""));
    EXPECT_EQ(d.name, "t");
    EXPECT_EQ(d.seed, 1U);
    EXPECT_TRUE(d.target.embedded);
    EXPECT_FALSE(d.target.broker);
    auto fleet = fleet::options{};
    fleet.segments = {{"all", fraction{1}, "success"}};
    EXPECT_EQ(d.fleet, fleet);
    EXPECT_EQ(d.behaviours, builtin_behaviours());
    EXPECT_THAT(d.budgets, testing::ElementsAre(*verdict::parse_budget("unexpected == 0"),
                                                *verdict::parse_budget("anomalies == 0")));
    ASSERT_EQ(d.load.phases.size(), 1U);
    EXPECT_EQ(d.load.phases[0].name, "phase 1");
    auto load = d.load;
    load.phases.clear();
    EXPECT_TRUE(std::exchange(load.check_response_sequence, false)) << "of an embedded broker, and so few";
    EXPECT_EQ(load, scenario::load{});
    EXPECT_THAT(d.conditions, testing::IsEmpty());
    EXPECT_EQ(d.record, record::automatic);
    EXPECT_EQ(d.report.requests_csv, 0U);
}

TEST(read, every_key_of_the_fleet) {
    const auto f = read_valid(minimal_scenario(R"(
fleet:
  vehicles: 2000
  connectRate: 30000/m
  fleetConnectTimeout: 60s
  vin: {wmi: WZ9, vds: ABCDE, year: 2025}
  mqtt:
    version: 3.1.1
    keepAlive: 2m
    cleanStart: false
    receiveMaximum: 20
    maximumPacketSize: 65536
    connectTimeout: 5s
    queueLimit: 7
    user: "car-{vin}"
    password: secret
    commandQos: 2
    responseQos: 0
  reconnect: {base: 2s, cap: 1m, backoff: fixed}
  segments:
    - {name: a, share: 75%}
    - {name: b, share: 0.25, behaviour: offline}
)"))
                       .fleet;
    EXPECT_EQ(f.vehicles, 2000U);
    EXPECT_EQ(f.connect_rate, rate{500});
    EXPECT_EQ(f.fleet_connect_timeout, 60s);
    EXPECT_EQ(f.vin, (vehicle::vin_options{"WZ9", "ABCDE", 2025}));
    EXPECT_EQ(f.mqtt.session.protocol, mqtt::version::v3_1_1);
    EXPECT_EQ(f.mqtt.session.keep_alive, 120s);
    EXPECT_FALSE(f.mqtt.session.clean_start);
    EXPECT_EQ(f.mqtt.session.receive_maximum, 20);
    EXPECT_EQ(f.mqtt.session.maximum_packet_size, 65536U);
    EXPECT_EQ(f.mqtt.session.connect_timeout, 5s);
    EXPECT_EQ(f.mqtt.session.queue_limit, 7);
    EXPECT_EQ(f.mqtt.user, "car-{vin}");
    EXPECT_EQ(f.mqtt.password, "secret");
    EXPECT_EQ(f.mqtt.command_qos, mqtt::qos::exactly_once);
    EXPECT_EQ(f.mqtt.response_qos, mqtt::qos::at_most_once);
    EXPECT_EQ(f.reconnect, (fleet::reconnect_options{2s, 60s, fleet::reconnect_options::kind::fixed}));
    EXPECT_THAT(f.segments, testing::ElementsAre(vehicle::segment{"a", fraction{0.75}, "success"},
                                                 vehicle::segment{"b", fraction{0.25}, "offline"}));
}

TEST(read, mqtt_versions_as_number_or_text) {
    const std::pair<const char*, mqtt::version> rows[] = {{"5.0", mqtt::version::v5_0},
                                                          {"5", mqtt::version::v5_0},
                                                          {"\"5\"", mqtt::version::v5_0},
                                                          {"3.1.1", mqtt::version::v3_1_1},
                                                          {"'3.1.1'", mqtt::version::v3_1_1}};
    for (const auto& [text, version] : rows)
        EXPECT_EQ(read_valid(minimal_scenario("fleet: {mqtt: {version: " + std::string(text) + "}}"))
                      .fleet.mqtt.session.protocol,
                  version)
            << text;
}

TEST(read, phases_as_artillery_has_them) {
    const auto phases = read_valid(R"(
name: t
load:
  phases:
    - {name: warm-up, duration: 90, arrivalRate: 5, rampTo: 200}
    - {pause: 5}
    - {duration: 2m, arrivalRate: 120/m, maxVusers: 50}
    - {duration: "1.5", arrivalCount: 30}
    - {name: rest, pause: 250ms}
)")
                            .load.phases;
    ASSERT_EQ(phases.size(), 5U);
    EXPECT_EQ(phases[0], (loadsim::load::phase{"warm-up", 90s, false, rate{5}, rate{200}, {}, {}}));
    EXPECT_EQ(phases[1], (loadsim::load::phase{"phase 2", 5s, true, {}, {}, {}, {}}));
    EXPECT_EQ(phases[2], (loadsim::load::phase{"phase 3", 2min, false, rate{2}, {}, {}, 50U}));
    EXPECT_EQ(phases[3], (loadsim::load::phase{"phase 4", 1500ms, false, {}, {}, 30U, {}}));
    EXPECT_EQ(phases[4], (loadsim::load::phase{"rest", 250ms, true, {}, {}, {}, {}}));
}

TEST(read, every_key_of_the_load) {
    const auto l = read_valid(scenario_with_load(R"(
  services: {horn: 3, light-flash: 0.5}
  spacing: poisson
  drain: 0s
  completionTimeout: 45s
  lagLimit: 10ms
  driver: mqtt
  http: {connections: 8, timeout: 2s, maxHeader: 16384, maxBody: 1000000}
  mqtt: {deadline: 3s}
  observers: [mqtt]
)"))
                       .load;
    EXPECT_THAT(l.services, testing::ElementsAre(service{"horn", 3}, service{"light-flash", 0.5}));
    EXPECT_EQ(l.spacing, loadsim::load::spacing::poisson);
    EXPECT_EQ(l.drain, 0s);
    EXPECT_EQ(l.completion_timeout, 45s);
    EXPECT_EQ(l.lag_limit, 10ms);
    EXPECT_EQ(l.driver, driver::kind::mqtt);
    EXPECT_EQ(l.http, (driver::http_options{.connections = 8, .timeout = 2s, .limits = {16'384, 1'000'000}}));
    EXPECT_EQ(l.mqtt, (driver::mqtt_options{3s}));
}

TEST(read, response_sequence_is_checked_by_default_for_small_runs) {
    const auto sequence_checked = [](std::string_view more) {
        return read_valid(scenario_with_load(more)).load.check_response_sequence;
    };
    EXPECT_TRUE(sequence_checked(""));
    EXPECT_FALSE(sequence_checked("  checkResponseSequence: false"));
    EXPECT_FALSE(sequence_checked("  driver: mqtt")) << "it reads the responses already";
    EXPECT_FALSE(sequence_checked("target: {broker: 'mqtt://b'}")) << "somebody else's broker";
    EXPECT_FALSE(sequence_checked("target: {broker: 'mqtt://b', api: 'http://a'}"));
    EXPECT_TRUE(sequence_checked("  checkResponseSequence: true\ntarget: {broker: 'mqtt://b', api: 'http://a'}"));
    EXPECT_TRUE(
        read_valid("name: t\nload: {phases: [{duration: 100s, arrivalRate: 1000}]}").load.check_response_sequence);
    EXPECT_FALSE(
        read_valid("name: t\nload: {phases: [{duration: 100.001s, arrivalRate: 1000}]}").load.check_response_sequence);
    EXPECT_EQ(read_valid(minimal_scenario("record: unexpected")).record, record::unexpected);
    EXPECT_EQ(read_valid(minimal_scenario("record: all")).record, record::all);
}

TEST(read, targets) {
    const auto target = [](std::string_view yaml, std::string_view driver = "http") {
        return read_valid(scenario_with_load("  driver: " + std::string(driver) + "\ntarget: " + std::string(yaml)))
            .target;
    };
    const net::endpoint broker{"mqtt", "b", 1883, ""};
    const net::endpoint api{"http", "a", 8080, ""};

    EXPECT_TRUE(target("embedded").embedded);
    EXPECT_EQ(target("embedded").backend, backend::options{});

    const auto real = target("{broker: mqtt://b, api: http://a:8080}");
    EXPECT_FALSE(real.embedded);
    EXPECT_EQ(real.broker, broker);
    EXPECT_EQ(real.api, api);

    EXPECT_TRUE(target("{broker: mqtt://b}").embedded) << "http needs an API: the embedded backend at that broker";
    EXPECT_FALSE(target("{broker: mqtt://b}", "mqtt").embedded) << "a broker alone is all that is needed";

    const auto both = target("{broker: mqtt://b, api: http://a:8080, embedded: {batch: 3}}");
    EXPECT_FALSE(both.embedded) << "addresses win, so that an embedded scenario can be pointed at a platform";
    EXPECT_EQ(both.backend, backend::options{});

    const auto options =
        target("{broker: mqtt://b, embedded: {workers: 4, queue: 9, database: f.db, batch: 3, batchWindow: 50ms, "
               "timeToLive: 1h, services: {horn: {pending: 3s, running: 4s}}}}");
    EXPECT_TRUE(options.embedded);
    EXPECT_EQ(options.broker, broker);
    EXPECT_EQ(options.backend.workers, 4U);
    EXPECT_EQ(options.backend.queue, 9U);
    EXPECT_EQ(options.backend.database, "f.db");
    EXPECT_EQ(options.backend.batch, 3U);
    EXPECT_EQ(options.backend.batch_window, 50ms);
    EXPECT_EQ(options.backend.time_to_live, 1h);
    EXPECT_THAT(options.backend.services, testing::ElementsAre(backend::service{"horn", {5s, 3s, 4s}}));
}

// No budget is not a pass: what a scenario does not say about unexpected outcomes and anomalies is said for it.
TEST(read, default_budgets) {
    const struct {
        const char* budgets;
        const char* read;
        const char* reason;
    } rows[] = {
        {"", "unexpected == 0, anomalies == 0", "none are given"},
        {"budgets: []\n", "", "nobody is to judge"},
        {"budgets: [e2e.p99 < 1s]\n", "e2e.p99 < 1s, unexpected == 0, anomalies == 0", "none is on these metrics"},
        {"budgets: [unexpected < 3]\n", "unexpected < 3, anomalies == 0", "another limit"},
        {"budgets: [unexpected.rate < 1%]\n", "unexpected.rate < 1%, anomalies == 0", "the rate"},
        {"budgets: ['unexpected{phase=phase 1} == 0']\n", "unexpected{phase=phase 1} == 0, anomalies == 0", "a label"},
        {"budgets: [anomalies >= 0]\n", "anomalies >= 0, unexpected == 0", "another limit"},
        {"budgets: [anomalies.command_late < 9]\n", "anomalies.command_late < 9, unexpected == 0",
         "a kind of which some may be there"},
        {"budgets: [anomalies.command_lost == 0]\n", "anomalies.command_lost == 0, unexpected == 0, anomalies == 0",
         "a kind of which there must be none"},
    };
    for (const auto& row : rows) {
        const auto d = read_valid(minimal_scenario(row.budgets));
        std::string all;
        for (const auto& b : d.budgets) all += (all.empty() ? "" : ", ") + b.expression;
        EXPECT_EQ(all, row.read) << row.reason;
        EXPECT_EQ(read_valid(write(d)).budgets, d.budgets) << row.reason;
    }
    std::string many;
    for (int i = 0; i < 99; ++i) many += "sessions.dropped == 0, ";
    EXPECT_THAT(problems_of(minimal_scenario("budgets: [" + many + "]")), testing::HasSubstr("101 budgets with"));
}

TEST(read, default_budgets_of_telemetry) {
    const auto expressions = [](const std::string& fleet, const std::string& budgets) {
        const auto d = read_valid(minimal_scenario("fleet: {" + fleet + "}\n" + budgets));
        std::string all;
        for (const auto& b : d.budgets)
            if (b.metric.starts_with("telemetry.")) all += (all.empty() ? "" : ", ") + b.expression;
        EXPECT_EQ(read_valid(write(d)).budgets, d.budgets);
        return all;
    };
    const std::string group = "telemetry: [{name: a, every: 1s, topic: 't/{vin}', payload: x}]";
    const struct {
        const char* budgets;
        const char* read;
        const char* reason;
    } rows[] = {
        {"", "telemetry.lost == 0, telemetry.errored == 0", "none are given"},
        {"budgets: []\n", "", "nobody is to judge"},
        {"budgets: [telemetry.lost < 9]\n", "telemetry.lost < 9, telemetry.errored == 0", "another limit"},
        {"budgets: ['telemetry.lost{group=a} == 0']\n", "telemetry.lost{group=a} == 0, telemetry.errored == 0",
         "a label"},
        {"budgets: [telemetry.overwritten > 0]\n", "telemetry.overwritten > 0, telemetry.errored == 0",
         "a part of which some may be there"},
        {"budgets: [telemetry.unsent == 0]\n", "telemetry.unsent == 0, telemetry.lost == 0, telemetry.errored == 0",
         "a part of which there must be none"},
        {"budgets: [telemetry.errored < 9]\n", "telemetry.errored < 9", "also a part of the lost ones"},
        {"budgets: [telemetry.stored >= 0]\n", "telemetry.stored >= 0, telemetry.lost == 0, telemetry.errored == 0",
         "no part of the lost ones"},
    };
    for (const auto& row : rows) EXPECT_EQ(expressions(group, row.budgets), row.read) << row.reason;
    EXPECT_EQ(expressions("alarms: [{name: a, rate: 1/s, topic: 't/{vin}', payload: x}]", ""),
              "telemetry.lost == 0, telemetry.errored == 0");
    EXPECT_EQ(expressions("vehicles: 9", ""), "") << "no vehicle sends telemetry";
    const auto no_requests = read_valid("name: t\nfleet: {" + group + "}\nload: {phases: [{pause: 10}]}\n").budgets;
    EXPECT_THAT(no_requests, testing::ElementsAre(*verdict::parse_budget("telemetry.lost == 0"),
                                                  *verdict::parse_budget("telemetry.errored == 0")));
}

TEST(read, budgets_with_qualifiers) {
    const auto d = read_valid(R"(
name: t
load: {phases: [{name: ramp, duration: 60, arrivalRate: 1}, {name: steady, duration: 60, arrivalRate: 1}]}
budgets:
  - {budget: e2e.p99 < 1s, severity: warn, during: steady}
  - {budget: unexpected == 0, except: [ramp], abort: 30s}
  - {budget: e2e.p95<1s, over: 1m}
  - {budget: anomalies == 0}
)");
    ASSERT_EQ(d.budgets.size(), 4U);
    EXPECT_EQ(d.budgets[0].severity, verdict::budget_severity::warn);
    EXPECT_THAT(d.budgets[0].during, testing::ElementsAre("steady"));
    EXPECT_EQ(d.budgets[0].expression, "e2e.p99 < 1s, during steady");
    EXPECT_EQ(d.budgets[0].limit_expression, "e2e.p99 < 1s");
    EXPECT_EQ(d.budgets[1].severity, verdict::budget_severity::fail);
    EXPECT_THAT(d.budgets[1].except, testing::ElementsAre("ramp"));
    EXPECT_EQ(d.budgets[1].abort_after, 30s);
    EXPECT_EQ(d.budgets[2].over, 60s);
    EXPECT_EQ(d.budgets[2].expression, "e2e.p95 < 1s over 1m windows");
    EXPECT_EQ(d.budgets[3], *verdict::parse_budget("anomalies == 0")) << "a map without qualifiers is the text";
}

TEST(read, budgets_and_labels) {
    const auto d = read_valid(scenario_with_load(R"(
  services: {horn: 1, light-flash: 1}
fleet: {segments: [{name: a, share: 100%, behaviour: failure}]}
budgets: ["e2e.p99 < 1s", "unexpected == 0"]
)"));
    ASSERT_EQ(d.budgets.size(), 3U) << "and anomalies == 0";
    EXPECT_EQ(d.budgets[0], *verdict::parse_budget("e2e.p99 < 1s"));
    const auto legend = labels_of(d);
    EXPECT_THAT(legend.services, testing::ElementsAre("horn", "light-flash"));
    EXPECT_THAT(legend.phases, testing::ElementsAre("phase 1"));
    EXPECT_THAT(legend.segments, testing::ElementsAre("a"));
    EXPECT_THAT(legend.behaviours, testing::ElementsAre("failure"));
}
