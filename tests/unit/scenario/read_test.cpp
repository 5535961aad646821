#include "given.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

TEST(read, the_least_scenario_has_defaults_for_the_rest) {
    const auto d = good(least_with(""));
    EXPECT_EQ(d.name, "t");
    EXPECT_EQ(d.seed, 1U);
    EXPECT_TRUE(d.target.embedded);
    EXPECT_FALSE(d.target.broker);
    auto fleet = fleet::options{};
    fleet.segments = {{"all", share{1}, "success"}};
    EXPECT_EQ(d.fleet, fleet);
    EXPECT_EQ(d.behaviours, vehicle::built_in_behaviours());
    EXPECT_THAT(d.budgets, testing::IsEmpty());
    ASSERT_EQ(d.load.phases.size(), 1U);
    EXPECT_EQ(d.load.phases[0].name, "phase 1");
    auto load = d.load;
    load.phases.clear();
    EXPECT_EQ(load, scenario::load{});
}

TEST(read, every_key_of_the_fleet) {
    const auto f = good(least_with(R"(
fleet:
  vehicles: 2000
  connectRate: 30000/m
  connectWithin: 60s
  vin: {wmi: WZ9, vds: ABCDE, year: 2025}
  mqtt:
    version: 3.1.1
    keepAlive: 2m
    cleanStart: false
    receiveMaximum: 20
    maximumPacketSize: 65536
    connackWithin: 5s
    queueLimit: 7
    user: "car-{vin}"
    password: secret
    presence: false
    commandQos: 2
    responseQos: 0
  reconnect: {base: 2s, cap: 1m}
  segments:
    - {name: a, share: 75%}
    - {name: b, share: 0.25, behaviour: offline}
)"))
                       .fleet;
    EXPECT_EQ(f.vehicles, 2000U);
    EXPECT_EQ(f.connect_rate, rate{500});
    EXPECT_EQ(f.connect_within, 60s);
    EXPECT_EQ(f.vin, (vehicle::vin_options{"WZ9", "ABCDE", 2025}));
    EXPECT_EQ(f.mqtt.session.protocol, mqtt::version::v3_1_1);
    EXPECT_EQ(f.mqtt.session.keep_alive, 120s);
    EXPECT_FALSE(f.mqtt.session.clean_start);
    EXPECT_EQ(f.mqtt.session.receive_maximum, 20);
    EXPECT_EQ(f.mqtt.session.maximum_packet_size, 65536U);
    EXPECT_EQ(f.mqtt.session.connack_within, 5s);
    EXPECT_EQ(f.mqtt.session.queue_limit, 7);
    EXPECT_EQ(f.mqtt.user, "car-{vin}");
    EXPECT_EQ(f.mqtt.password, "secret");
    EXPECT_FALSE(f.mqtt.presence);
    EXPECT_EQ(f.mqtt.command_qos, mqtt::qos::exactly_once);
    EXPECT_EQ(f.mqtt.response_qos, mqtt::qos::at_most_once);
    EXPECT_EQ(f.reconnect, (fleet::reconnect_options{2s, 60s}));
    EXPECT_THAT(f.segments, testing::ElementsAre(vehicle::segment{"a", share{0.75}, "success"},
                                                 vehicle::segment{"b", share{0.25}, "offline"}));
}

TEST(read, mqtt_versions_as_number_or_text) {
    const std::pair<const char*, mqtt::version> rows[] = {{"5.0", mqtt::version::v5_0},
                                                          {"5", mqtt::version::v5_0},
                                                          {"\"5\"", mqtt::version::v5_0},
                                                          {"3.1.1", mqtt::version::v3_1_1},
                                                          {"'3.1.1'", mqtt::version::v3_1_1}};
    for (const auto& [text, version] : rows)
        EXPECT_EQ(good(least_with("fleet: {mqtt: {version: " + std::string(text) + "}}")).fleet.mqtt.session.protocol,
                  version)
            << text;
}

TEST(read, phases_as_artillery_has_them) {
    const auto phases = good(R"(
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
    const auto l = good(load_with(R"(
  services: {horn: 3, light-flash: 0.5}
  spacing: poisson
  drain: 0s
  unansweredAfter: 45s
  lagLimit: 10ms
  driver: mqtt
  http: {connections: 8, timeout: 2s}
  mqtt: {deadline: 3s}
  observer: mqtt
)"))
                       .load;
    EXPECT_THAT(l.services, testing::ElementsAre(loadsim::load::service_weight{"horn", 3},
                                                 loadsim::load::service_weight{"light-flash", 0.5}));
    EXPECT_EQ(l.spacing, loadsim::load::spacing::poisson);
    EXPECT_EQ(l.drain, 0s);
    EXPECT_EQ(l.unanswered_after, 45s);
    EXPECT_EQ(l.lag_limit, 10ms);
    EXPECT_EQ(l.driver, drive::kind::mqtt);
    EXPECT_EQ(l.http, (drive::http_options{8, 2s}));
    EXPECT_EQ(l.mqtt, (drive::mqtt_options{3s}));
}

TEST(read, behaviours_and_all_delays) {
    using delay = vehicle::delay;
    using kind = delay::kind;
    using word = vehicle::step::kind;
    const auto d = good(least_with(R"(
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
    ASSERT_EQ(d.behaviours.size(), 7U) << "four built in, three new";
    const auto& slow = behaviour_of(d, "slow");
    EXPECT_EQ(slow.expected, outcome::failed);
    EXPECT_TRUE(slow.online);
    EXPECT_THAT(slow.steps, testing::ElementsAre(vehicle::step{word::wait, {kind::fixed, 40ms, {}, {}}, {}},
                                                 vehicle::step{word::wait, {kind::fixed, 1s, {}, 500ms}, {}},
                                                 vehicle::step{word::ack, {}, {}},
                                                 vehicle::step{word::wait, {kind::uniform, 10ms, 20ms, {}}, {}},
                                                 vehicle::step{word::running, {}, {}},
                                                 vehicle::step{word::wait, {kind::normal, 100ms, 20ms, {}}, {}},
                                                 vehicle::step{word::wait, {kind::lognormal, 40ms, 200ms, 1s}, {}},
                                                 vehicle::step{word::failed, {}, "battery_low"}));
    EXPECT_FALSE(behaviour_of(d, "parked").online);
    EXPECT_EQ(behaviour_of(d, "parked").expected, outcome::timed_out);
    EXPECT_EQ(behaviour_of(d, "late").expected, outcome::timed_out) << "what expect says, not what the steps do";
    EXPECT_EQ(behaviour_of(d, "timeout").steps.size(), 1U) << "a built-in one redefined";
    EXPECT_EQ(behaviour_of(d, "success"), vehicle::built_in_behaviours()[0]) << "the others stay";
}

TEST(read, targets) {
    const auto target = [](std::string_view yaml, std::string_view driver = "http") {
        return good(load_with("  driver: " + std::string(driver) + "\ntarget: " + std::string(yaml))).target;
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

TEST(read, the_embedded_target_serves_what_is_asked_for) {
    const auto d = good(load_with("  services: {wash: 1, horn: 1}"));
    auto services = backend::default_services();
    services.push_back({"wash", {}});
    EXPECT_EQ(d.target.backend.services, services);
}

TEST(read, budgets_and_legend) {
    const auto d = good(load_with(R"(
  services: {horn: 1, light-flash: 1}
fleet: {segments: [{name: a, share: 100%, behaviour: failure}]}
budgets: ["e2e.p99 < 1s", "unexpected == 0"]
)"));
    ASSERT_EQ(d.budgets.size(), 2U);
    EXPECT_EQ(d.budgets[0], *verdict::parse_budget("e2e.p99 < 1s"));
    const auto legend = legend_of(d);
    EXPECT_THAT(legend.services, testing::ElementsAre("horn", "light-flash"));
    EXPECT_THAT(legend.phases, testing::ElementsAre("phase 1"));
    EXPECT_THAT(legend.segments, testing::ElementsAre("a"));
    EXPECT_THAT(legend.behaviours, testing::ElementsAre("failure"));
}

TEST(read, user_and_password_from_the_environment) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SECRET", "s3c", 1), 0);
    const auto m =
        good(least_with("fleet: {mqtt: {user: 'u-${LOADSIM_TEST_SECRET}-{vin}', password: '${LOADSIM_TEST_SECRET}'}}"))
            .fleet.mqtt;
    EXPECT_EQ(m.user, "u-s3c-{vin}");
    EXPECT_EQ(m.password, "s3c");
    EXPECT_THAT(wrong(least_with("fleet: {mqtt: {password: '${LOADSIM_TEST_NONE}'}}")),
                testing::HasSubstr("'LOADSIM_TEST_NONE' is not set"));
    EXPECT_THAT(wrong(least_with("fleet: {mqtt: {password: '${LOADSIM'}}")), testing::HasSubstr("without its '}'"));
    EXPECT_THAT(wrong("name: ${HOME}\nload: {phases: [{pause: 1}, {duration: 1, arrivalRate: 1}]}"),
                testing::HasSubstr("cannot name a folder"))
        << "nowhere else";
}
