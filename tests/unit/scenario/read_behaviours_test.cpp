// Reading of behaviours, and of conditions and faults.
#include "scenario_text.hpp"

#include <loadsim/scenario/builtin_behaviours.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

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
