#include "scenario_text.hpp"

#include <loadsim/base/secrets.hpp>
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
    EXPECT_THAT(d.budgets, testing::IsEmpty());
    ASSERT_EQ(d.load.phases.size(), 1U);
    EXPECT_EQ(d.load.phases[0].name, "phase 1");
    auto load = d.load;
    load.phases.clear();
    EXPECT_TRUE(std::exchange(load.check_response_sequence, false)) << "of an embedded broker, and so few";
    EXPECT_EQ(load, scenario::load{});
    EXPECT_THAT(d.conditions, testing::IsEmpty());
    EXPECT_EQ(d.record, record::automatic);
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

TEST(read, behaviours_and_all_delays) {
    using delay = vehicle::delay;
    using kind = delay::kind;
    const auto d = read_valid(minimal_scenario(R"(
behaviours:
  slow:
    steps:
      - {wait: 40ms}
      - {wait: {fixed: 1s, most: 500ms}}
      - ack
      - {wait: {uniform: {min: 10ms, max: 20ms}}}
      - running
      - {wait: {normal: {mean: 100ms, stddev: 20ms}}}
      - {wait: {lognormal: {median: 40ms, p99: 200ms}, most: 1s}}
      - {failed: battery_low}
  parked: {online: false}
  late: {steps: [ack, {wait: 1h}, executed], expect: timed_out}
  timeout: {steps: [ack]}
)"));
    ASSERT_EQ(d.behaviours.size(), builtin_behaviours().size() + 3) << "one of the four is built in";
    const auto& slow = behaviour_of(d, "slow");
    EXPECT_EQ(slow.expected, outcome_set(outcome::failed));
    EXPECT_TRUE(slow.online);
    const auto wait = [](delay lasts) {
        vehicle::step s;
        s.duration = lasts;
        return s;
    };
    const auto say = [](vehicle::response_step::kind what, std::string code = {}) {
        vehicle::step s;
        s.type = vehicle::step::kind::respond;
        s.response.type = what;
        s.response.code = std::move(code);
        return s;
    };
    using enum vehicle::response_step::kind;
    EXPECT_THAT(slow.steps, testing::ElementsAre(wait({kind::fixed, 40ms, {}, {}}), wait({kind::fixed, 1s, {}, 500ms}),
                                                 say(ack), wait({kind::uniform, 10ms, 20ms, {}}), say(running),
                                                 wait({kind::normal, 100ms, 20ms, {}}),
                                                 wait({kind::lognormal, 40ms, 200ms, 1s}), say(failed, "battery_low")));
    EXPECT_FALSE(behaviour_of(d, "parked").online);
    EXPECT_EQ(behaviour_of(d, "parked").expected, outcome_set(outcome::timed_out));
    EXPECT_EQ(behaviour_of(d, "late").expected, outcome_set(outcome::timed_out))
        << "what expect says, not what the steps do";
    EXPECT_EQ(behaviour_of(d, "timeout").steps.size(), 1U) << "a built-in one redefined";
    EXPECT_EQ(behaviour_of(d, "success"), builtin_behaviours()[0]) << "the others stay";
}

TEST(read, every_step) {
    using kind = vehicle::step::kind;
    using vehicle::response_step;
    const auto b = behaviour_of(read_valid(minimal_scenario(R"(
behaviours:
  all:
    delays: {work: 2s}
    steps:
      - {wait: work}
      - {report: ack}
      - {report: running, about: previous}
      - {report: executed, about: other, vin: foreign, payload: malformed}
      - {report: failed, code: x, about: unknown}
      - {report: ack, payload: empty}
      - {report: ack, payload: oversized}
      - execute
      - {takeover: 1s}
      - {stall: work}
      - {disconnect: clean}
      - reconnect
      - {disconnect: abrupt}
      - reconnect
      - {disconnect: half-open}
      - reconnect
      - choose:
          - {weight: 3, steps: [executed]}
          - {steps: [{choose: [{steps: []}, {steps: [drop]}]}], expect: [failed, timed_out]}
)")),
                                "all");
    const auto& s = b.steps;
    ASSERT_EQ(s.size(), 17U);
    EXPECT_EQ(s[0].delay_name, "work");
    EXPECT_EQ(s[1], read_valid(minimal_scenario("behaviours: {b: {steps: [ack]}}")).behaviours.back().steps[0])
        << "the same";
    EXPECT_EQ(s[2].response, (response_step{response_step::kind::running, "", response_step::correlation::previous,
                                            false, response_step::corruption::none}));
    EXPECT_EQ(s[3].response, (response_step{response_step::kind::executed, "", response_step::correlation::other, true,
                                            response_step::corruption::malformed}));
    EXPECT_EQ(s[4].response, (response_step{response_step::kind::failed, "x", response_step::correlation::unknown,
                                            false, response_step::corruption::none}));
    EXPECT_EQ(s[5].response.payload, response_step::corruption::empty);
    EXPECT_EQ(s[6].response.payload, response_step::corruption::oversized);
    EXPECT_EQ(s[7].type, kind::execute);
    EXPECT_EQ(s[8].type, kind::takeover);
    EXPECT_EQ(s[8].duration.a, 1s);
    EXPECT_EQ(s[9].type, kind::stall);
    EXPECT_EQ(s[9].delay_name, "work");
    EXPECT_EQ(s[10].disconnect, vehicle::disconnect_kind::clean);
    EXPECT_EQ(s[11].type, kind::reconnect);
    EXPECT_EQ(s[12].disconnect, vehicle::disconnect_kind::abrupt);
    EXPECT_EQ(s[14].disconnect, vehicle::disconnect_kind::half_open);
    ASSERT_EQ(s[16].branches.size(), 2U);
    EXPECT_EQ(s[16].branches[0].weight, 3);
    EXPECT_EQ(s[16].branches[1].weight, 1);
    EXPECT_EQ(s[16].branches[1].expected, (outcome_set{outcome::failed, outcome::timed_out}));
    EXPECT_EQ(s[16].branches[1].steps[0].branches[1].steps[0].type, kind::drop);
    EXPECT_EQ(b.expected, (outcome_set{outcome::executed, outcome::failed, outcome::timed_out}));
}

TEST(read, every_key_of_a_behaviour) {
    const auto d = read_valid(minimal_scenario(R"(
behaviours:
  moody:
    steps: [{wait: work}, executed]
    expect: [executed, timed_out]
    delays: {work: 1s, other: {uniform: {min: 1s, max: 2s}}}
    services: {horn: {work: 3s}}
    clock: -5m
    deduplicates: false
    expectAnomalies: [executed_twice, command_late]
  stranger: {credentials: {user: "u-{vin}", password: p}}
  sleeper: {steps: [ack], asleep: {bearer: sms, takes: 3s, loss: 10%, staysAwake: 5s}}
  ahead: {steps: [], clock: +90s}
)"));
    const auto& moody = behaviour_of(d, "moody");
    EXPECT_EQ(moody.expected, (outcome_set{outcome::executed, outcome::timed_out}));
    EXPECT_EQ(moody.delays.at("work").a, 1s);
    EXPECT_EQ(moody.delays.at("other").b, 2s);
    EXPECT_EQ(moody.services.at("horn").at("work").a, 3s);
    EXPECT_EQ(moody.clock_offset, -5min);
    EXPECT_FALSE(moody.deduplicates);
    anomaly_set both;
    both.add(anomaly::executed_twice);
    both.add(anomaly::command_late);
    EXPECT_EQ(moody.expected_anomalies, both);
    EXPECT_EQ(behaviour_of(d, "stranger").credentials, (vehicle::credentials{"u-{vin}", "p"}));
    EXPECT_EQ(behaviour_of(d, "stranger").expected, outcome_set(outcome::timed_out));
    EXPECT_EQ(behaviour_of(d, "sleeper").asleep,
              (vehicle::sleep{
                  vehicle::sleep::wakeup_bearer::sms, {vehicle::delay::kind::fixed, 3s, {}, {}}, fraction{0.1}, 5s}));
    EXPECT_EQ(behaviour_of(d, "ahead").clock_offset, 90s);
}

TEST(read, every_condition) {
    using kind = vehicle::condition::kind;
    const auto d = read_valid(R"(
name: t
fleet: {segments: [{name: a, share: 50%}, {name: b, share: 50%}]}
load: {phases: [{duration: 10m, arrivalRate: 1}], drain: 31s}
conditions:
  - tunnel: {name: alps, segments: [a, b], share: 20%, at: 60s, every: 5m, jitter: 10s,
             for: {uniform: {min: 1s, max: 9s}}, expect: [timed_out, failed], expectAnomalies: [command_late]}
  - garage: {at: 1s, for: 1h}
  - tunnel: {at: 1s, for: 1s}
  - handover: {at: 1s, for: 50ms}
  - halfOpen: {at: 1s, for: 1s}
  - slow: {at: 1s, for: 1s, bytesPerSecond: 2000, delay: 300ms}
  - lossy: {at: 1s, for: 1s, loss: 5%}
  - outage: {at: 1s, for: 1s, way: freeze}
  - reconnectStorm: {at: 60s, share: 100%, within: 0s, every: 1m}
  - powerOn: {at: 1s, within: 5s}
  - spike: {at: 1s, factor: 40, for: 30s}
)");
    const auto& c = d.conditions;
    ASSERT_EQ(c.size(), 11U);
    EXPECT_EQ(c[0].name, "alps");
    EXPECT_THAT(c[0].segments, testing::ElementsAre("a", "b"));
    EXPECT_EQ(c[0].affected_fraction, fraction{0.2});
    EXPECT_EQ(c[0].start, 60s);
    EXPECT_EQ(c[0].interval, 5min);
    EXPECT_EQ(c[0].jitter, 10s);
    EXPECT_EQ(c[0].duration, (vehicle::delay{vehicle::delay::kind::uniform, 1s, 9s, {}}));
    EXPECT_EQ(c[0].expected, (outcome_set{outcome::timed_out, outcome::failed}));
    EXPECT_TRUE(c[0].expected_anomalies.contains(anomaly::command_late));
    EXPECT_EQ(c[1].affected_fraction, fraction{1});
    EXPECT_EQ(c[3].duration.a, 50ms);
    EXPECT_EQ(c[5].bytes_per_second, 2000);
    EXPECT_EQ(c[5].added_delay.a, 300ms);
    EXPECT_EQ(c[6].loss, fraction{0.05});
    EXPECT_EQ(c[7].mode, vehicle::condition::outage_mode::freeze);
    EXPECT_EQ(c[8].interval, 1min);
    EXPECT_EQ(c[9].spread, 5s);
    EXPECT_EQ(c[10].factor, 40);
    std::vector<kind> kinds;
    for (const auto& one : c) kinds.push_back(one.type);
    EXPECT_THAT(kinds, testing::ElementsAre(kind::tunnel, kind::garage, kind::tunnel, kind::handover, kind::half_open,
                                            kind::slow, kind::lossy, kind::outage, kind::reconnect_storm,
                                            kind::power_on, kind::spike));
    EXPECT_THAT(labels_of(d).conditions,
                testing::ElementsAre("alps", "garage", "tunnel 2", "handover", "halfOpen", "slow", "lossy", "outage",
                                     "reconnectStorm", "powerOn", "spike"));
    EXPECT_THAT(d.fleet.source_addresses, testing::ElementsAre("127.0.0.1", "127.0.0.2")) << "for the handover";
}

TEST(read, faults_of_the_embedded_backend) {
    using kind = backend::fault::kind;
    using message = backend::fault::message;
    const auto b = read_valid(minimal_scenario(R"(
seed: 7
target:
  embedded:
    commandQos: 2
    wakeup: {again: 500ms}
    faults:
      - {drop: command, every: 10}
      - {delay: response, by: 12s, probability: 2%}
      - {duplicate: event, every: 1}
      - {reorder: command, every: 3}
      - {forget: request, every: 7}
      - {doubleSend: request, probability: 0%}
)"))
                       .target.backend;
    EXPECT_EQ(b.command_qos, 2);
    EXPECT_EQ(b.wakeup.repeat_interval, 500ms);
    EXPECT_EQ(b.seed, 7U) << "the scenario's";
    EXPECT_THAT(b.faults,
                testing::ElementsAre(backend::fault{kind::drop, message::command, {10U, {}, {}}, {}},
                                     backend::fault{kind::delay, message::response, {{}, fraction{0.02}, {}}, 12s},
                                     backend::fault{kind::duplicate, message::event, {1U, {}, {}}, {}},
                                     backend::fault{kind::reorder, message::command, {3U, {}, {}}, {}},
                                     backend::fault{kind::forget, message::request, {7U, {}, {}}, {}},
                                     backend::fault{kind::double_send, message::request, {{}, fraction{0}, {}}, {}}));
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

    const auto options = target("{broker: mqtt://b, embedded: {database: f.db, batch: 3, batchWindow: 50ms, "
                                "timeToLive: 1h, services: {horn: {pending: 3s, running: 4s}}}}");
    EXPECT_TRUE(options.embedded);
    EXPECT_EQ(options.broker, broker);
    EXPECT_EQ(options.backend.database, "f.db");
    EXPECT_EQ(options.backend.batch, 3U);
    EXPECT_EQ(options.backend.batch_window, 50ms);
    EXPECT_EQ(options.backend.time_to_live, 1h);
    EXPECT_THAT(options.backend.services, testing::ElementsAre(backend::service{"horn", {5s, 3s, 4s}}));
}

TEST(read, the_embedded_target_serves_the_requested_services) {
    const auto d = read_valid(scenario_with_load("  services: {wash: 1, horn: 1}"));
    auto services = backend::default_services();
    services.push_back({"wash", {}});
    EXPECT_EQ(d.target.backend.services, services);
}

TEST(read, budgets_and_labels) {
    const auto d = read_valid(scenario_with_load(R"(
  services: {horn: 1, light-flash: 1}
fleet: {segments: [{name: a, share: 100%, behaviour: failure}]}
budgets: ["e2e.p99 < 1s", "unexpected == 0"]
)"));
    ASSERT_EQ(d.budgets.size(), 2U);
    EXPECT_EQ(d.budgets[0], *verdict::parse_budget("e2e.p99 < 1s"));
    const auto legend = labels_of(d);
    EXPECT_THAT(legend.services, testing::ElementsAre("horn", "light-flash"));
    EXPECT_THAT(legend.phases, testing::ElementsAre("phase 1"));
    EXPECT_THAT(legend.segments, testing::ElementsAre("a"));
    EXPECT_THAT(legend.behaviours, testing::ElementsAre("failure"));
}

TEST(read, user_and_password_from_the_environment) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SECRET", "a{Geheim77", 1), 0);
    const auto m =
        read_valid(minimal_scenario(
                       "fleet: {mqtt: {user: 'u-${LOADSIM_TEST_SECRET}-{vin}', password: '${LOADSIM_TEST_SECRET}'}}"))
            .fleet.mqtt;
    EXPECT_EQ(m.user, "u-${LOADSIM_TEST_SECRET}-{vin}") << "its template inserts the value, as text";
    EXPECT_EQ(m.password, "${LOADSIM_TEST_SECRET}");
    EXPECT_THAT(problems_of(minimal_scenario("fleet: {mqtt: {password: '${LOADSIM_TEST_NONE}'}}")),
                testing::HasSubstr("'LOADSIM_TEST_NONE' is not set"));
    EXPECT_THAT(problems_of(minimal_scenario("target: {broker: mqtt://a, user: '${LOADSIM'}")),
                testing::HasSubstr("without its '}'"));
    EXPECT_THAT(problems_of("name: ${HOME}\nload: {phases: [{pause: 1}, {duration: 1, arrivalRate: 1}]}"),
                testing::HasSubstr("cannot name a folder"))
        << "nowhere else";
}

TEST(read, urls_from_the_environment) {
    ASSERT_EQ(setenv("LOADSIM_TEST_HOST", "platform.test", 1), 0);
    const auto t = read_valid(minimal_scenario("target: {broker: 'mqtt://${LOADSIM_TEST_HOST}', api: "
                                               "['HTTPS://${LOADSIM_TEST_HOST}/v1%2Fx', 'http://b'], auth: {oauth2: "
                                               "{tokenUrl: 'http://${LOADSIM_TEST_HOST}/t', clientId: a, "
                                               "clientSecret: b}}}"))
                       .target;
    EXPECT_EQ(net::to_string(*t.broker), "mqtt://platform.test:1883");
    EXPECT_EQ(net::to_string(*t.api), "https://platform.test:443/v1%2Fx");
    EXPECT_EQ(t.auth.oauth2.token_url, "http://platform.test/t");
    EXPECT_THAT(problems_of(minimal_scenario("target: {broker: 'mqtt://${LOADSIM_TEST_NONE}'}")),
                testing::HasSubstr("f:3:18: the environment variable 'LOADSIM_TEST_NONE' is not set"));
}

TEST(read, files_are_found_relative_to_the_scenario) {
    const auto here = std::filesystem::current_path();
    const auto yaml = minimal_scenario("target: {broker: mqtt://a, api: https://b, tls: {ca: tls/ca.pem}}\n"
                                       "before: [{path: /a, body: {file: /abs.bin}}]\nfleet: {data: cars.csv}");
    const auto wrong = [&](std::span<const value_override> overrides) {
        return to_string(read(yaml, "scenarios/x.yaml", overrides).error());
    };
    EXPECT_THAT(wrong({}), testing::HasSubstr((here / "scenarios/cars.csv").string() + ": cannot be read"));
    EXPECT_THAT(wrong({}), testing::HasSubstr("the file '/abs.bin' cannot be read"));
    EXPECT_THAT(wrong(std::vector{*parse_override("fleet.data=cars.csv")}),
                testing::HasSubstr((here / "cars.csv").string() + ": cannot be read"))
        << "an override is not the scenario's";
    const auto config =
        read(minimal_scenario("target: {broker: mqtt://a, api: https://b, tls: {ca: tls/ca.pem}}"), "scenarios/x.yaml");
    ASSERT_TRUE(config) << to_string(config.error());
    EXPECT_EQ(config->target.tls.ca, (here / "scenarios/tls/ca.pem").string());
    EXPECT_THAT(write(*config), testing::HasSubstr((here / "scenarios/tls/ca.pem").string()))
        << "so that a report's scenario can be run from anywhere";
}

TEST(read, services_with_words_requests_and_parameters_of_the_platform) {
    const auto d = read_valid(R"(name: t
target: {broker: mqtt://b, api: http://a}
load:
  phases: [{duration: 1, arrivalRate: 1}]
  completionTimeout: 40s
  services:
    horn: 2
    Klima an:
      weight: 3
      as: KLIMA/1
      method: PUT
      path: "/klima/{vin}"
      headers: {X-Mode: "{parameter.mode}"}
      body: {json: '{"degrees":{parameter.degrees}}'}
      accepted: [200]
      rejected: [423]
      id: /nr
      topic: "klima/{vin}"
      payload: "{service}"
      deadline: 90s
      parameters:
        degrees: {normal: {mean: 21, stddev: 1.5}, least: -5, most: 28, decimals: 1}
        seconds: {uniform: {min: 1, max: 10}}
        mode: {choose: {auto: 3, eco: 1}}
        side: {choose: [left, right]}
        fixed: 21.50
)");
    ASSERT_EQ(d.load.services.size(), 2U);
    EXPECT_EQ(d.load.services[0], (service{"horn", 2}));
    EXPECT_EQ(d.load.services[0].platform_name(), "horn");
    const auto& s = d.load.services[1];
    EXPECT_EQ(s.name, "Klima an");
    EXPECT_EQ(s.weight, 3);
    EXPECT_EQ(s.platform_name(), "KLIMA/1");
    EXPECT_EQ(s.contract.method, "PUT");
    EXPECT_EQ(s.contract.path, "/klima/{vin}");
    EXPECT_EQ(s.contract.headers, (contract::named_texts{{"X-Mode", "{parameter.mode}"}}));
    EXPECT_EQ(s.contract.body->format, contract::payload_options::payload_format::json);
    EXPECT_THAT(*s.contract.accepted, testing::ElementsAre(200));
    EXPECT_THAT(*s.contract.rejected, testing::ElementsAre(423));
    EXPECT_EQ(s.contract.id, "/nr");
    EXPECT_EQ(s.contract.topic, "klima/{vin}");
    EXPECT_EQ(s.contract.payload->text, "{service}");
    EXPECT_EQ(completion_timeout_of(d.load, s), 90s);
    EXPECT_EQ(completion_timeout_of(d.load, d.load.services[0]), 40s);
    EXPECT_EQ(longest_completion_timeout(d.load), 90s);
    ASSERT_EQ(s.parameters.size(), 5U);
    const auto& degrees = s.parameters[0];
    EXPECT_EQ(degrees.distribution, distribution_kind::normal);
    EXPECT_EQ(std::pair(degrees.a, degrees.b), std::pair(21.0, 1.5));
    EXPECT_EQ(std::pair(*degrees.least, *degrees.most), std::pair(-5.0, 28.0));
    EXPECT_EQ(degrees.decimals, 1);
    EXPECT_EQ(s.parameters[1].distribution, distribution_kind::uniform);
    EXPECT_THAT(s.parameters[2].choices, testing::ElementsAre(testing::Pair("auto", 3), testing::Pair("eco", 1)));
    EXPECT_THAT(s.parameters[3].choices, testing::ElementsAre(testing::Pair("left", 1), testing::Pair("right", 1)));
    EXPECT_EQ(s.parameters[4].text, "21.50") << "as written";
    const auto again = read(write(d), "written");
    ASSERT_TRUE(again) << write(d) << to_string(again.error());
    EXPECT_EQ(*again, d) << write(d);
}

TEST(read, warns_of_placeholders_of_other_tools) {
    problems warnings;
    const auto config = read(minimal_scenario("target: {broker: mqtt://a, api: http://b}\n"
                                              "contract: {request: {body: '{\"a\":\"{{ vin }}\"}'}}\n"
                                              "fleet: {mqtt: {clientId: 'car-%i-{vin}'}}"),
                             "f", std::vector{*parse_override("contract.request.path=/a/${vin}")}, &warnings);
    ASSERT_TRUE(config) << to_string(config.error());
    ASSERT_EQ(warnings.list.size(), 3U) << to_string(warnings);
    EXPECT_THAT(to_string(warnings), testing::HasSubstr("f:4:28: '{{ vin }}' is a placeholder of other tools"));
    EXPECT_THAT(to_string(warnings), testing::HasSubstr("f:5:26: '%i' is a placeholder of other tools"));
    EXPECT_THAT(to_string(warnings), testing::HasSubstr("--set contract.request.path: '${vin}' is a placeholder"));
}

TEST(read, registers_secrets) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SECRET", "env{vin}-of-read-test", 1), 0);
    ASSERT_EQ(setenv("LOADSIM_TEST_HOST", "host-of-read-test", 1), 0);
    const auto found = [](std::string_view text) { return mask_secrets(text) == secret_mask; };
    EXPECT_FALSE(found("env{vin}-of-read-test"));
    read_valid(scenario_with_load(
        "  observers: [{webhook: {secret: {header: X-A, value: webhook-of-read-test}, hmac: {header: X-B, key: "
        "hmac-of-read-test}}}]\n"
        "target: {broker: 'mqtt://${LOADSIM_TEST_HOST}', api: 'http://${LOADSIM_TEST_HOST}', user: u, password: "
        "password-of-read-test, auth: {basic: {user: u, password: basic-of-read-test}}}\n"
        "fleet: {mqtt: {user: car, password: 'fleet-{{vin}}-of-read-test'}}\n"
        "contract: {request: {body: '{\"a\":\"${LOADSIM_TEST_SECRET}\"}'}}"));
    for (const auto* secret : {"env{vin}-of-read-test", "password-of-read-test", "basic-of-read-test",
                               "fleet-{vin}-of-read-test", "webhook-of-read-test", "hmac-of-read-test"})
        EXPECT_TRUE(found(secret)) << secret;
    EXPECT_FALSE(found("host-of-read-test")) << "a URL stays readable";
}

TEST(read, does_not_repeat_a_text_where_a_secret_may_be) {
    for (const auto* wrong :
         {"target: {broker: mqtt://a, api: http://b, auth: Secret-77}",
          "target: {broker: mqtt://a, api: http://b, auth: {basic: Secret-77}}", "target: 'mqtt://u:Secret-77@host'",
          "target: {broker: 'mqtt://u:Secret-77@host'}", "contract: {request: {headers: 'Authorization: Secret-77'}}",
          "behaviours: {b: {credentials: Secret-77}}"}) {
        const auto text = problems_of(minimal_scenario(wrong));
        EXPECT_NE(text, "") << wrong;
        EXPECT_THAT(text, testing::Not(testing::HasSubstr("Secret"))) << wrong;
    }
}

TEST(read, warns_of_secrets_that_are_too_short_to_mask) {
    problems warnings;
    const auto config =
        read(minimal_scenario("target: {broker: mqtt://a, api: http://b, auth: {bearer: abc}}"), "f", {}, &warnings);
    ASSERT_TRUE(config) << to_string(config.error());
    EXPECT_EQ(to_string(warnings), "f:3:58: a secret of less than 4 bytes is not masked within other texts");
}

TEST(read, warns_once_of_an_environment_variable_that_is_too_short_to_mask) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SHORT", "abc", 1), 0);
    ASSERT_EQ(setenv("LOADSIM_TEST_LONG", "abcd-of-read-test", 1), 0);
    problems warnings;
    const auto config =
        read(minimal_scenario("target: {broker: mqtt://a, api: http://b, auth: {bearer: '${LOADSIM_TEST_SHORT}'}}\n"
                              "contract: {request: {path: '/{vin}?a=${LOADSIM_TEST_SHORT}&b=${LOADSIM_TEST_LONG}'}}\n"
                              "fleet: {mqtt: {user: u, password: '${LOADSIM_TEST_SHORT}'}}"),
             "f", {}, &warnings);
    ASSERT_TRUE(config) << to_string(config.error());
    ASSERT_EQ(warnings.list.size(), 1U) << to_string(warnings);
    EXPECT_EQ(warnings.list.front().text,
              "the value of ${LOADSIM_TEST_SHORT} has less than 4 bytes and is not masked in output, logs and reports");
}
