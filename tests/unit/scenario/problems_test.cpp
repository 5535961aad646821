// Problems and their source locations: the value for a wrong value, the key for an unknown key.
#include "scenario_text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <vector>

using namespace loadsim::scenario;

TEST(problems, are_reported_all_at_once_in_the_order_of_the_file) {
    EXPECT_EQ(problems_of("name: t\n"
                          "sed: 7\n"
                          "fleet:\n"
                          "  vehicles: many\n"
                          "  mqtt: {keepAlive: 30, versoin: 5}\n"
                          "load:\n"
                          "  phases:\n"
                          "    - {duration: 2x, arrivalRate: 1}\n"
                          "    - arrivalRate: 5\n"
                          "      rampto: 9\n"
                          "  drian: 5s\n"),
              "f:2:1: unknown key 'sed'; did you mean 'seed'?\n"
              "f:4:13: 'many' is not a whole number from 1 to 4294967295\n"
              "f:5:21: '30' has no unit; write 30ms, 30s or 30m\n"
              "f:5:25: unknown key 'versoin'; did you mean 'version'?\n"
              "f:8:18: '2x' has an unknown unit 'x'; there are ns, us, ms, s, m, h, d\n"
              "f:9:7: 'duration' is missing: how long does this phase last?\n"
              "f:10:7: unknown key 'rampto'; did you mean 'rampTo'?\n"
              "f:11:3: unknown key 'drian'; did you mean 'drain'?");
}

struct value_problem {
    const char* yaml; ///< appended to the two lines of minimal_scenario(), so it begins on line 3
    const char* problem;
};

TEST(problems, of_values) {
    const value_problem rows[] = {
        {"seed: -1", "f:3:7: '-1' is not a whole number from 0"},
        {"seed: 1.5", "f:3:7: '1.5' is not a whole number from 0"},
        {"seed: 99999999999999999999", "f:3:7: 99999999999999999999 is not between 0 and 18446744073709551615"},
        {"seed: [1]", "f:3:1: a whole number belongs here, not a list"},
        {"seed:", "f:3:1: 'seed' has no value; give it one or leave it out"},
        {"seed: ~", "f:3:1: 'seed' has no value; give it one or leave it out"},
        {"target: {embedded: {workers: 0}}", "f:3:30: 0 is not between 1 and 1000000"},
        {"target: {embedded: {queue: 9}}", "f:3:28: requests wait in the queue for a worker, and their number is not "
                                           "limited; give workers, or leave queue "
                                           "out"},
        {"fleet: 5", "f:3:8: a map of keys belongs here, not '5'"},
        {"fleet: [a]", "f:3:1: a map of keys belongs here, not a list"},
        {"fleet: {vehicles: 0}", "f:3:19: 0 is not between 1 and 4294967295"},
        {"fleet: {connectRate: fast}", "f:3:22: 'fast' is not a rate; write a number a second, such as 200 or 200/s"},
        {"fleet: {connectRate: 2000000}", "f:3:22: '2000000' is more than 1000000/s"},
        {"fleet: {fleetConnectTimeout: 60}", "f:3:30: '60' has no unit; write 60ms, 60s or 60m"},
        {"fleet: {fleetConnectTimeout: 400d}", "f:3:30: '400d' is too long; 366d is the most"},
        {"fleet: {mqtt: {keepAlive: 1500ms}}", "f:3:27: '1500ms' must be whole seconds"},
        {"fleet: {mqtt: {keepAlive: 19h}}", "f:3:27: '19h' is too long; 18h12m15s is the most"},
        {"fleet: {mqtt: {receiveMaximum: 0}}", "f:3:32: 0 is not between 1 and 65535"},
        {"fleet: {mqtt: {cleanStart: yes}}", "f:3:28: true or false belongs here, not 'yes'"},
        {"fleet: {mqtt: {commandQos: 3}}", "f:3:28: unknown value '3'; there are: 0, 1, 2"},
        {"fleet: {mqtt: {version: 4}}", "f:3:25: unknown value '4'; there are: 5.0, 5, 3.1.1"},
        {"fleet: {segments: {a: 1}}", "f:3:9: a list of segments belongs here, not a map"},
        {"fleet: {segments: [{share: 100%}]}", "f:3:20: 'name' is missing"},
        {"fleet: {segments: [{name: a, share: 200%}]}", "f:3:37: '200%' is not between 0% and 100%"},
        {"fleet: {segments: [{name: a, share: all}]}", "f:3:37: 'all' is not a share; write 25% or 0.25"},
        {"behaviours: {b: {}}", "f:3:14: what does it do? give it steps ([] says nothing), exec, or online: false"},
        {"behaviours: {b: }", "f:3:14: 'b' has no value"},
        {"behaviours: [b]", "f:3:1: a map of behaviours belongs here, not a list"},
        {"behaviours: {b: {steps: [akc]}}", "f:3:26: unknown step 'akc'; did you mean 'ack'?"},
        {"behaviours: {b: {steps: [failed]}}", "f:3:26: why? write {failed: door_open}"},
        {"behaviours: {b: {steps: [wait]}}", "f:3:26: how long? write {wait: 100ms}"},
        {"behaviours: {b: {steps: [[ack]]}}", "f:3:26: a step, such as ack or {wait: 100ms}, belongs here, not a list"},
        {"behaviours: {b: {steps: [{wait: 1s, failed: x}]}}",
         "f:3:26: a step is exactly one of wait, failed, report, disconnect, takeover, stall and choose"},
        {"behaviours: {b: {steps: [{}]}}",
         "f:3:26: a step is exactly one of wait, failed, report, disconnect, takeover, stall and choose"},
        {"behaviours: {b: {steps: [{wiat: 1s}]}}", "f:3:27: unknown key 'wiat'; did you mean 'wait'?"},
        {"behaviours: {b: {steps: [{report: executd}]}}", "f:3:35: unknown value 'executd'; did you mean 'executed'?"},
        {"behaviours: {b: {steps: [{wait: 1s, about: other}]}}",
         "f:3:26: code, about, vin and payload belong to a response with a fault: {report: executed, about: other}"},
        {"behaviours: {b: {steps: [report]}}", "f:3:26: what? write {report: executed}"},
        {"behaviours: {b: {steps: [disconnect]}}", "f:3:26: how? write {disconnect: clean}, abrupt or half-open"},
        {"behaviours: {b: {steps: [{disconnect: rude}]}}",
         "f:3:39: unknown value 'rude'; there are: clean, abrupt, half-open"},
        {"behaviours: {b: {steps: [stall]}}", "f:3:26: for how long? write {stall: 1s}"},
        {"behaviours: {b: {steps: [{choose: [{weight: 1}]}]}}", "f:3:36: 'steps' is missing"},
        {"behaviours: {b: {steps: [{choose: [{weight: -1, steps: []}]}]}}", "f:3:45: '-1' is not a number from 0"},
        {"behaviours: {b: {steps: [recconnect]}}", "f:3:26: unknown step 'recconnect'; did you mean 'reconnect'?"},
        {"behaviours: {b: {steps: [], expectAnomalies: [executed_twise]}}",
         "f:3:47: unknown anomaly 'executed_twise'; did you mean 'executed_twice'?"},
        {"behaviours: {b: {steps: [], expect: []}}", "f:3:29: no outcome is named here; one is the least"},
        {"behaviours: {b: {steps: [], clock: 5}}", "f:3:36: '5' has no unit; write 5ms, 5s or 5m"},
        {"behaviours: {b: {steps: [], clock: --5m}}", nullptr},
        {"behaviours: {b: {steps: [], asleep: {takes: 1s}}}", "f:3:29: 'bearer' is missing"},
        {"behaviours: {b: {steps: [], delays: {'': 1s}}}", "f:3:38: a name of 1 to 100 characters belongs here"},
        {"behaviours: {b: {steps: [], delays: {a: 1s, a: 2s}}}", "f:3:45: the key 'a' is there twice, first in line 3"},
        {"behaviours: {b: {steps: [], delays: {a: }}}", "f:3:38: 'a' has no value"},
        {"behaviours: {b: {credentials: {password: x}}}",
         "f:3:18: which are wrong? give a user, or the fault of its certificate"},
        {"conditions: {tunnel: {}}", "f:3:1: a list of conditions belongs here, not a map"},
        {"conditions: [tunnel]",
         "f:3:14: a condition, such as {tunnel: {at: 60s, for: 20s}}, belongs here, not 'tunnel'"},
        {"conditions: [{tunel: {at: 1s, for: 1s}}]", "f:3:15: unknown condition 'tunel'; did you mean 'tunnel'?"},
        {"conditions: [{tunnel: {at: 1s, for: 1s}, garage: {at: 1s, for: 1s}}]",
         "f:3:14: a condition is exactly one, such as {tunnel: {at: 60s, for: 20s}}; write a list of them"},
        {"conditions: [{tunnel: {}}]", "f:3:15: 'at' is missing\nf:3:15: 'for' is missing"},
        {"conditions: [{spike: {at: 1s, for: 1s, factor: 2, segments: [a]}}]", nullptr},
        {"conditions: [{outage: {at: 1s, for: 1s, way: stop}}]",
         "f:3:46: unknown value 'stop'; there are: restart, freeze"},
        {"conditions: [{powerOn: {at: 1s, every: 1s}}]", nullptr},
        {"report: {requestsCSV: 1}", "f:3:10: unknown key 'requestsCSV'; did you mean 'requestsCsv'?"},
        {"record: none", "f:3:9: unknown value 'none'; there are: automatic, unexpected, all"},
        {"target: {embedded: {faults: [{drop: comand, every: 3}]}}",
         "f:3:37: unknown value 'comand'; did you mean 'command'?"},
        {"target: {embedded: {faults: [{forget: response, every: 3}]}}",
         "f:3:39: unknown value 'response'; there are: request"},
        {"target: {embedded: {faults: [{every: 3}]}}",
         "f:3:30: a fault is exactly one of drop, delay, duplicate, reorder, forget and doubleSend"},
        {"target: {embedded: {faults: [{drop: response, duplicate: response, every: 3}]}}",
         "f:3:30: a fault is exactly one of drop, delay, duplicate, reorder, forget and doubleSend"},
        {"target: {embedded: {faults: [{drop: response}]}}",
         "f:3:30: how often? give it either every: 10 or probability: 2%"},
        {"target: {embedded: {faults: [{drop: response, every: 3, probability: 1%}]}}",
         "f:3:30: how often? give it either every: 10 or probability: 2%"},
        {"target: {embedded: {faults: [{delay: response, every: 3}]}}",
         "f:3:30: how long? give the delay a 'by', such as by: 12s"},
        {"target: {embedded: {faults: [{drop: response, every: 3, by: 1s}]}}", "f:3:30: only a delay has a 'by'"},
        {"target: {embedded: {faults: [{drop: response, every: 0}]}}", nullptr},
        {"behaviours: {b: {steps: [{wait: 100}]}}", "f:3:33: '100' has no unit; write 100ms, 100s or 100m"},
        {"behaviours: {b: {steps: [{wait: {most: 1s}}]}}",
         "f:3:27: a delay is exactly one of fixed, uniform, normal and lognormal"},
        {"behaviours: {b: {steps: [{wait: {fixed: 1s, uniform: {min: 1s, max: 2s}}}]}}",
         "f:3:27: a delay is exactly one of fixed, uniform, normal and lognormal"},
        {"behaviours: {b: {steps: [{wait: {uniform: {min: 1s}}}]}}", "f:3:34: 'max' is missing"},
        {"behaviours: {b: {steps: [{wait: {lognormal: {median: 0s, p99: 1s}}}]}}",
         "f:3:54: '0s' is too short; 1ns is the least"},
        {"behaviours: {b: {steps: [], expect: done}}", "f:3:37: unknown value 'done'; there are: executed, failed, "
                                                       "timed_out, rejected, errored, unanswered, skipped"},
        {"target: {broker: 'ftp://b'}", nullptr},
        {"target: nearby", "f:3:9: 'nearby' is no target; write embedded, or {broker: mqtt://HOST, api: http://HOST}"},
        {"target: {}", "f:3:1: a target is embedded, or has a broker"},
        {"target: {embedded: {services: {}}}", "f:3:21: no services are named here; one is the least"},
        {"target: {embedded: {services: {horn: {pendign: 1s}}}}",
         "f:3:39: unknown key 'pendign'; did you mean 'pending'?"},
        {"budgets: [\"e2e.p99 < 1\"]", nullptr},
        {"budgets: \"e2e.p99 < 1s\"", "f:3:10: a list of budgets belongs here, not 'e2e.p99 < 1s'"},
        {"budgets: [{severity: warn}]", "f:3:11: 'budget' is missing"},
        {"budgets: [{budget: e2e.p99 < 1s, severty: warn}]", "f:3:34: unknown key 'severty'; did you mean 'severity'?"},
        {"budgets: [{budget: e2e.p99 < 1s, severity: wran}]", "f:3:44: unknown value 'wran'; did you mean 'warn'?"},
        {"budgets: [{budget: e2e.p99 < 1s, during: []}]", "f:3:34: no phase is named here; one is the least"},
        {"budgets: [{budget: e2e.p99 < 1s, during: }]", "f:3:34: 'during' has no value; give it one or leave it out"},
        {"budgets: [{budget: e2e.p99 < 1s, during: phase1}]",
         "f:3:11: unknown phase 'phase1'; did you mean 'phase 1'?"},
        {"budgets: [{budget: e2e.p99 < 1s, except: [phase 2]}]",
         "f:3:11: unknown phase 'phase 2'; did you mean 'phase 1'?"},
        {"budgets: [{budget: e2e.p99 < 1s, except: phase 1}]",
         "f:3:11: its label, during and except leave no phase; name one that is not left out"},
        {"budgets: [{budget: e2e.p99 < 1s, over: 1m windows}]", nullptr},
        {"budgets: [{budget: e2e.p99 < 1s, over: 1500ms}]", nullptr},
        {"budgets: [{budget: e2e.p99 < 1s, over: 0s}]", nullptr},
        {"budgets: [{budget: e2e.p99 < 1s, abort: after 30s}]", nullptr},
        {"budgets: [{budget: e2e.p99 < 1s, severity: warn, abort: 5s}]",
         "f:3:11: severity: warn and abort contradict each other: a warning does not end the run"},
        {"budgets: [{budget: recovery.time < 1m, over: 5s}]",
         "f:3:11: a recovery is measured from the begin of its condition; during, except and over do not go with it"},
        {"budgets: [{budget: recovery.time < 1m, abort: 5s}]",
         "f:3:11: a recovery is assessed at the end of the run; abort does not go with it"},
        {"budgets: [{budget: [e2e.p99 < 1s]}]", nullptr},
    };
    for (const auto& r : rows) {
        if (r.problem != nullptr)
            EXPECT_EQ(problems_of(minimal_scenario(r.yaml)), r.problem) << r.yaml;
        else // message of another module
            EXPECT_THAT(problems_of(minimal_scenario(r.yaml)), testing::StartsWith("f:3:")) << r.yaml;
    }
    EXPECT_EQ(problems_of("name: t\nload: {phases: [{duration: 1, arrivalRate: 1, maxVusers: 0}]}\n"),
              "f:2:58: 0 is too small; 1 is the least");
}

TEST(problems, of_phases) {
    const value_problem rows[] = {
        {"{}", "f:3:12: 'duration' is missing: how long does this phase last?\n"
               "f:3:12: a phase needs an arrivalRate, an arrivalCount or a pause"},
        {"{duration: 5}", "f:3:12: a phase needs an arrivalRate, an arrivalCount or a pause"},
        {"{duration: 5, rampTo: 9}", "f:3:12: rampTo needs an arrivalRate to begin at; 0 is one"},
        {"{duration: 5, arrivalCount: 9, arrivalRate: 1}", "f:3:56: arrivalCount and arrivalRate exclude each other"},
        {"{duration: 5, arrivalCount: 9, rampTo: 1}", "f:3:51: arrivalCount and rampTo exclude each other"},
        {"{pause: 5, duration: 5}", "f:3:33: a pause has no duration"},
        {"{pause: 5, arrivalRate: 5}", "f:3:36: a pause has no arrivalRate"},
        {"{pause: 5, maxVusers: 5}", "f:3:34: a pause has no maxVusers"},
        {"{duration: 0, arrivalRate: 5}", "f:3:23: '0' is too short; 1ms is the least"},
        {"{duration: -5, arrivalRate: 5}",
         "f:3:23: '-5' is not a duration; write a number with a unit, such as 250ms, 2s or 3m"},
        {"{duration: 5, arrivalRate: 1, maxVusers: 0}", nullptr},
        {"{duration: 5, arrivalRate: -1}", nullptr},
        {"soon", "f:3:12: a map of keys belongs here, not 'soon'"},
    };
    for (const auto& r : rows) {
        const auto found = problems_of("name: t\nload:\n  phases: [" + std::string(r.yaml) + "]\n");
        if (r.problem != nullptr)
            EXPECT_EQ(found, r.problem) << r.yaml;
        else
            EXPECT_THAT(found, testing::StartsWith("f:3:")) << r.yaml;
    }
}

TEST(problems, of_missing_keys) {
    EXPECT_EQ(problems_of(""), "f:1:1: the scenario is empty");
    EXPECT_EQ(problems_of("# nothing but a comment\n"), "f:1:1: the scenario is empty");
    EXPECT_EQ(problems_of("just words"), "f:1:1: a map of keys belongs here, not 'just words'");
    EXPECT_EQ(problems_of("seed: 1\n"), "f:1:1: 'name' is missing\nf:1:1: 'load' is missing");
    EXPECT_EQ(problems_of("name: t\nload: {drain: 5s}\n"), "f:2:1: 'phases' is missing");
    EXPECT_EQ(problems_of("name: t\nload: {phases: []}\n"), "f:2:8: there is no phase, so nothing is ever due");
}

TEST(problems, of_exceeded_limits) {
    const auto repeated = [](std::string_view begin, std::string_view piece, int times, std::string_view end) {
        std::string text{begin};
        for (int i = 0; i < times; ++i) text += std::string(piece) + std::to_string(i) + "}, ";
        return minimal_scenario(text + std::string(end));
    };
    EXPECT_EQ(problems_of(repeated("fleet: {segments: [", "{share: 1%, name: s", 101, "]}")),
              "f:3:9: 101 segments; 100 are the most");
    EXPECT_EQ(problems_of(repeated("fleet: {segments: [", "{share: 1%, name: s", 100, "]}")), "");
    const std::string name(101, 'x');
    EXPECT_EQ(problems_of(minimal_scenario("behaviours: {" + name + ": {online: false}}")),
              "f:3:14: a name of more than 100 characters");
    EXPECT_EQ(problems_of(minimal_scenario("fleet: {segments: [{share: 100%, name: " + name + "}]}")),
              "f:3:40: 101 characters; 100 is the most");
    EXPECT_EQ(problems_of(minimal_scenario("budgets: ['" + std::string(501, 'x') + "']")),
              "f:3:11: a budget of 501 characters; 500 is the most");
}

TEST(problems, of_names_that_would_end_a_line_of_a_report) {
    const auto problem = [](std::string_view place, std::string_view name) {
        return fmt::format("{}: the name '{}' has a line break or another control character, which no line of a report "
                           "can hold; leave it out",
                           place, name);
    };
    const struct {
        const char* yaml; ///< appended to minimal_scenario()
        const char* place;
        const char* shown;
    } rows[] = {
        {R"(fleet: {segments: [{name: "a\n::error::b", share: 100%}]})", "f:3:27", "a ::error::b"},
        {R"(behaviours: {"a\tb": {online: false}})", "f:3:14", "a b"},
        {R"(conditions: [{tunnel: {at: 1s, for: 1s, name: "a\x1b[31m"}}])", "f:3:47", R"(a\x1b[31m)"},
        {R"(campaigns: [{name: "a\r", at: 1s, filter: c, topic: c, payload: c}])", "f:3:20", "a "},
        {R"(before: [{name: "a\x7f", path: /}])", "f:3:17", R"(a\x7f)"},
        {R"(tags: ["a\n"])", "f:3:8", "a "},
        {R"(budgets: [{budget: unexpected == 0, during: ["a\nb"]}])", "f:3:46", "a b"},
        {R"("a\nb": 1)", "f:3:1", "a b"},
    };
    for (const auto& row : rows)
        EXPECT_THAT(problems_of(minimal_scenario(row.yaml)), testing::StartsWith(problem(row.place, row.shown)))
            << row.yaml;
    EXPECT_EQ(problems_of("name: \"a\\nb\"\nload: {phases: [{duration: 10, arrivalRate: 1}]}\n"),
              problem("f:1:7", "a b"));
    EXPECT_EQ(problems_of("name: t\nload: {phases: [{duration: 10, arrivalRate: 1, name: \"a\\n\"}]}\n"),
              problem("f:2:54", "a "));
    EXPECT_EQ(problems_of(scenario_with_load("  services: {\"horn\\n\": 1}\n")), problem("f:4:14", "horn "))
        << "and not also that the embedded backend does not have it";
    EXPECT_THAT(problems_of(scenario_with_load("  services: {horn: {as: \"h\\n\"}}\n")),
                testing::StartsWith(problem("f:4:25", "h ")));
    const std::vector<value_override> overrides{{"name", "\"a\\nb\""}};
    EXPECT_EQ(problems_of(minimal_scenario(""), overrides), problem("--set name", "a b"));
    EXPECT_EQ(problems_of(minimal_scenario("behaviours: {Tür offen: {online: false}}")), "");
}

TEST(problems, of_duplicate_keys) {
    EXPECT_EQ(problems_of(minimal_scenario("seed: 1\nseed: 2\n")),
              "f:4:1: the key 'seed' is there twice, first in line 3");
    EXPECT_EQ(problems_of(scenario_with_load("  services: {horn: 1, horn: 2}\n")),
              "f:4:23: the key 'horn' is there twice, first in line 4");
}

TEST(problems, of_yaml_syntax_have_source_locations) {
    EXPECT_THAT(problems_of("name: t\nload: [\n"), testing::MatchesRegex("f:3:1: not YAML: .*"));
    EXPECT_THAT(problems_of("name: t\n  seed: 1\n"), testing::MatchesRegex("f:2:7: not YAML: .*"));
    EXPECT_EQ(problems_of("name: t\nload: {drain: \"5s}\n"), "f:2:15: this quote is never closed");
    EXPECT_EQ(problems_of("name: &a 't\nload: 5\n"), "f:1:7: this quote is never closed");
    EXPECT_THAT(problems_of("name: \"t"), testing::MatchesRegex("f:1:9: not YAML: .*"));
    EXPECT_THAT(problems_of("name: t\n\tseed: 1\n"), testing::StartsWith("f:2:"));
}

TEST(problems, one_mistake_is_reported_once) {
    EXPECT_EQ(problems_of(minimal_scenario("fleet: {segments: [{name: a, share: x}, {name: b, share: 50%}]}")),
              "f:3:37: 'x' is not a share; write 25% or 0.25")
        << "and not also that the shares do not add up";
    EXPECT_EQ(problems_of(minimal_scenario("fleet: {segments: [{name: a, shrae: 100%}]}")),
              "f:3:20: 'share' is missing\nf:3:30: unknown key 'shrae'; did you mean 'share'?");
    EXPECT_EQ(problems_of("name: t\nload: {phases: [{duration: x, arrivalRate: 1}]}\n"),
              "f:2:28: 'x' is not a duration; write a number with a unit, such as 250ms, 2s or 3m");
}
