#include "scenario_text.hpp"

#include <loadsim/base/secrets.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;

TEST(write, is_read_back_to_an_equal_scenario) {
    const std::string rows[] = {
        minimal_scenario(""),
        "name: \"5.0\"\nload: {phases: [{name: '~', duration: 1, arrivalRate: 1}, {name: 'null', pause: 1}, {name: '- "
        "a: #', "
        "pause: 1}, {name: \"a \\\"b\\\"\", pause: 1ms}]}",
        "name: \"true\"\nload: {phases: [{duration: 1.000000001, arrivalRate: 1/m, rampTo: 7/h, maxVusers: 3}, "
        "{duration: 1ms, arrivalCount: 7}]}",
        minimal_scenario(
            "fleet: {segments: [{name: a, share: 0.333333333333333331}, {name: b, share: 0.333333333333333331}, "
            "{name: c, share: 0.33333333333333337}]}"),
        minimal_scenario(
            "fleet: {mqtt: {version: 3.1.1, keepAlive: 0s, user: '{vin}', commandQos: 0, responseQos: 2}}"),
        minimal_scenario("fleet: {mqtt: {sessionExpiry: 4294967295s}, fleetConnectTimeout: 365d}"),
        minimal_scenario(
            "behaviours: {silent: {steps: []}, parked: {online: false}, success: {steps: [{wait: {fixed: 1s, most: "
            "2s}}, running, {failed: '#1'}], expect: rejected}}"),
        minimal_scenario(
            "behaviours: {all: {steps: [{wait: {uniform: {min: 1ms, max: 2ms}}}, {wait: {normal: {mean: 1ms, stddev: "
            "1us}, most: 5ms}}, {wait: {lognormal: {median: 1ms, p99: 3ms}}}, executed]}}"),
        minimal_scenario("target: {broker: 'mqtt://b:1', api: 'http://a:2/base'}"),
        minimal_scenario("target: {broker: 'mqtt://[::1]:1'}"),
        minimal_scenario("target: {broker: 'mqtt://b', api: 'http://a'}\n"
                         "contract: {request: {body: \"a\\x7f\\x85\\x01'\"}}"),
        scenario_with_load("  driver: mqtt\ntarget: {broker: 'mqtt://b'}"),
        minimal_scenario(
            "target: {embedded: {services: {horn: {created: 1s, pending: 2s, running: 3s}}, database: 'a b.db'}}"),
        scenario_with_load(
            "  services: {wash: 0.1, horn: 0}\n  spacing: poisson\n  observers: [mqtt]\nseed: 18446744073709551615"),
        minimal_scenario(
            "behaviours: {b: {delays: {work: 1s, x: {normal: {mean: 1s, stddev: 1ms}}}, services: {horn: {work: "
            "2s}}, clock: "
            "-5m, deduplicates: false, expectAnomalies: [response_lost, unauthorized_accepted], expect: [failed, "
            "executed], steps: "
            "[{wait: work}, drop]}}"),
        minimal_scenario(
            "behaviours: {b: {steps: [execute, {report: failed, code: x, about: previous, vin: foreign, "
            "payload: empty}, "
            "{report: ack, about: unknown}, {disconnect: half-open}, reconnect, {takeover: 1s}, {stall: "
            "{uniform: {min: 1s, "
            "max: 2s}}}, {choose: [{weight: 0.5, steps: [drop]}, {steps: [], expect: [executed, failed]}]}, "
            "executed]}}"),
        minimal_scenario(
            "behaviours: {b: {credentials: {user: x}}, c: {steps: [], asleep: {bearer: udp, loss: 1%}, clock: +1ns}}"),
        minimal_scenario("report: {requestsCsv: 5000}"),
        minimal_scenario("record: unexpected\nfleet: {reconnect: {backoff: none}}"),
        scenario_with_load("  checkResponseSequence: false"),
        minimal_scenario("seed: 9\ntarget: {embedded: {commandQos: 0, wakeup: {again: 1s}, faults: [{drop: event, "
                         "every: 3}, {delay: "
                         "command, by: 1s, probability: 0%}, {doubleSend: request, probability: 33.3%}]}}"),
        minimal_scenario(
            "conditions: [{tunnel: {at: 1s, for: {lognormal: {median: 1s, p99: 2s}}, segments: [all], share: 0.1, "
            "every: 9s, "
            "jitter: 1s, expect: [failed, executed], expectAnomalies: [command_late]}}, {handover: {at: 0s}}, {slow: "
            "{at: 0s, "
            "for: 1s, "
            "bytesPerSecond: 0.5, delay: 1s}}, {lossy: {at: 0s, for: 1s, loss: 1%}}, {outage: {at: 0s, for: 1s, way: "
            "freeze}}, "
            "{reconnectStorm: {at: 0s, within: 1s}}, {powerOn: {at: 1s, name: morning}}, {spike: {at: 0s, for: 1s, "
            "factor: 3}}, "
            "{halfOpen: {at: 0s, for: 1s, expect: failed}}, {garage: {at: 0s, for: 1s}}, {garage: {at: 0s, for: 1s}}]"),
        minimal_scenario("tags: [edge-case, slow]"),
        minimal_scenario("budgets: ['e2e{service=horn}.p99 < 1s', outcomes.errored.rate < 0.1%]"),
        minimal_scenario("budgets: []"),
        "name: t\nload: {phases: [{name: a, duration: 10, arrivalRate: 1}, {name: b, pause: 1}, {name: c, pause: 1}]}\n"
        "budgets: [{budget: e2e.p99 < 1s, severity: warn, during: [a, b], except: b, over: 5s}, {budget: unexpected == "
        "0, abort: 0s}]",
    };
    for (const auto& yaml : rows) {
        const auto d = read_valid(yaml);
        const auto written = write(d);
        const auto again = read(written, "written");
        ASSERT_TRUE(again) << written << to_string(again.error());
        EXPECT_EQ(*again, d) << written;
        EXPECT_EQ(write(*again), written);
    }
}

TEST(write, spells_out_every_value_in_force) {
    const auto text = write(read_valid(minimal_scenario("")));
    for (const auto* line :
         {"name: t", "seed: 1", "vehicles: 100", "connectRate: 500", "keepAlive: 1m", "version: 5.0", "drain: 30s",
          "completionTimeout: 1m", "  timeout:\n    online: true\n    steps: []\n    expect: timed_out",
          "  offline:\n    online: false\n    expect: timed_out", "horn:\n        created: 5s", "spacing: uniform",
          "- name: phase 1\n      duration: 10s\n      arrivalRate: 1"})
        EXPECT_THAT(text, testing::HasSubstr(line));
}

TEST(write, never_shows_a_password) {
    auto d = read_valid(minimal_scenario("fleet: {mqtt: {user: me, password: s3cret}}"));
    const auto text = write(d);
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("s3cret")));
    EXPECT_THAT(text, testing::HasSubstr("***"));
    EXPECT_THAT(text, testing::HasSubstr("user: me"));
    d.fleet.mqtt.password = "***";
    EXPECT_THAT(write(read_valid(minimal_scenario("behaviours: {b: {credentials: {user: u, password: s3cret}}}"))),
                testing::Not(testing::HasSubstr("s3cret")));
    EXPECT_EQ(*read(text, "written"), d) << "all else is there";
}

TEST(write, has_no_secret_within_other_texts) {
    ASSERT_EQ(setenv("LOADSIM_TEST_USER", "user-of-write-test", 1), 0);
    const auto d = read_valid(minimal_scenario(
        "target: {broker: mqtt://a, api: http://b, user: '${LOADSIM_TEST_USER}', auth: {bearer: token-of-write-test}}\n"
        "contract: {request: {headers: {X-Also: 'a token-of-write-test'}, body: '{\"a\":\"${LOADSIM_TEST_USER}\"}'}}"));
    EXPECT_EQ(d.target.broker->user, "user-of-write-test");
    const auto text = write(d);
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("-of-write-test")));
    EXPECT_THAT(text, testing::HasSubstr("X-Also: a ***"));
    EXPECT_THAT(text, testing::HasSubstr("${LOADSIM_TEST_USER}")) << "a template is written as it is";
}

TEST(write, names_are_no_secrets) {
    ASSERT_EQ(setenv("LOADSIM_TEST_WORD", "horn-of-write-test", 1), 0);
    const auto d = read_valid(
        scenario_with_load("  services: {horn-of-write-test: 1}\n"
                           "target: {broker: mqtt://a, api: http://b}\n"
                           "fleet: {segments: [{name: horn-of-write-test, share: 100%, behaviour: success}]}\n"
                           "contract: {request: {headers: {X-A: '${LOADSIM_TEST_WORD}'}}}"));
    EXPECT_EQ(*read(write(d), "written"), d);
}

TEST(write, defaults_are_no_secrets) {
    forget_secrets();
    ASSERT_EQ(setenv("LOADSIM_TEST_WORD", "phase", 1), 0);
    ASSERT_EQ(setenv("LOADSIM_TEST_OTHER_WORD", "requests", 1), 0);
    const auto d =
        read_valid(scenario_with_load("  observers: [{poll: {}}, {webhook: {}}]\n"
                                      "target: {broker: mqtt://a, api: http://b, user: 'a-${LOADSIM_TEST_WORD}'}\n"
                                      "contract: {failed: {payload: '{\"phase\":\"a\"}'}, executed: {payload: {json: "
                                      "'{\"a\":\"${LOADSIM_TEST_OTHER_WORD}\"}'}}}"));
    const auto text = write(d);
    auto again = read_valid(text);
    forget_secrets(); // texts of other tests have the words
    EXPECT_THAT(text, testing::HasSubstr("path: /requests/{request.id}"));
    EXPECT_THAT(text, testing::HasSubstr(R"(\"phase\":\"ack\")"));
    EXPECT_THAT(text, testing::HasSubstr("user: a-***"));
    EXPECT_THAT(text, testing::HasSubstr(R"({\"***\":\"a\"})")) << "a text of the user";
    again.target.broker->user = d.target.broker->user;
    again.contract.failed = d.contract.failed;
    EXPECT_EQ(again, d) << "all else is there";
}

TEST(masked_secrets, are_not_sought_in_other_scenarios) {
    EXPECT_EQ(to_string(find_masked_secrets("a: 'a *** text'", "f", {})), "");
}

TEST(masked_secrets, of_a_written_scenario_are_found) {
    const auto written = write(
        read_valid(minimal_scenario("target: {broker: mqtt://a, api: http://b, auth: {bearer: token-of-masked-test}}\n"
                                    "contract: {request: {headers: {X-Also: 'a token-of-masked-test'}}}\n"
                                    "behaviours: {b: {credentials: {user: u, password: password-of-masked-test}}}")));
    const auto found = to_string(find_masked_secrets(written, "f", {}));
    EXPECT_THAT(found, testing::StartsWith("f:"));
    for (const auto* path :
         {"target.auth.bearer", "contract.request.headers.X-Also", "behaviours.b.credentials.password"})
        EXPECT_THAT(found,
                    testing::HasSubstr(std::string("the run's folder does not hold this secret; give it with --set ") +
                                       path + "=..."));
    const std::vector all{*parse_override("target.auth.bearer=x"), *parse_override("contract.request.headers.X-Also=x"),
                          *parse_override("behaviours.b.credentials.password=x")};
    EXPECT_EQ(to_string(find_masked_secrets(written, "f", all)), "");
    EXPECT_EQ(to_string(find_masked_secrets("a: [", "f", {})), "") << "read() says what is wrong";
}
