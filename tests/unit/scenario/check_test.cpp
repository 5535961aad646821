// Checks of combinations of values.
#include "scenario_text.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::HasSubstr;

struct row {
    std::string yaml;
    const char* problem;
};

/// A contract whose API does not say the id of a request.
const std::string without_id = "target: {broker: 'mqtt://b', api: 'http://a'}\ncontract: {request: {id: ''}}";

TEST(check, combinations) {
    const row rows[] = {
        {"name: a/b\nload: {phases: [{duration: 1, arrivalRate: 1}]}", "f:1:7: 'a/b' cannot name a folder"},
        {"name: .hidden\nload: {phases: [{duration: 1, arrivalRate: 1}]}", "f:1:7: '.hidden' cannot name a folder"},
        {"name: ''\nload: {phases: [{duration: 1, arrivalRate: 1}]}", "f:1:7: '' cannot name a folder"},
        {minimal_scenario("tags: [slow, a b]"), "f:3:14: 'a b' is no tag: letters, digits"},
        {minimal_scenario("tags: [slow, slow]"), "f:3:14: the tag 'slow' is there twice"},
        {scenario_with_load("  observers: [poll]\n" + without_id),
         "f:4:15: it finds a request by its id, and contract.request.id is ''"},
        {scenario_with_load("  observers: [mqtt, webhook]\n" + without_id),
         "f:4:21: it finds a request by its id, and contract.request.id is ''"},
        {minimal_scenario("fleet: {vehicles: 33000001}"), "f:3:19: 33000001 vehicles; there can be 1 to 33000000"},
        {minimal_scenario("fleet: {connectRate: 0}"), "f:3:22: at a rate of 0 no vehicle ever connects"},
        {minimal_scenario("fleet: {vin: {wmi: LO9}}"), "f:3:20: wmi must be 3 characters"},
        {minimal_scenario("fleet: {vin: {vds: SMEV}}"), "f:3:20: vds must be 5 characters"},
        {minimal_scenario("fleet: {reconnect: {base: 10s, cap: 5s}}"), "f:3:37: cap is less than base"},
        {minimal_scenario("fleet: {reconnect: {base: 10m}}"), "f:3:9: cap is less than base"},
        {minimal_scenario("fleet: {mqtt: {version: 3.1.1, sessionExpiry: 1m}}"),
         "f:3:47: MQTT 3.1.1 has no session expiry"},
        {minimal_scenario("fleet: {segments: [{name: a, share: 50%}, {name: b, share: 49%}]}"),
         "f:3:9: the shares add up to 99%, not to 100%"},
        {minimal_scenario("fleet: {segments: [{name: a, share: 50%}, {name: a, share: 50%}]}"),
         "f:3:50: there are two segments called 'a'"},
        {minimal_scenario("fleet: {segments: [{name: '', share: 100%}]}"), "f:3:27: a segment needs a name"},
        {minimal_scenario("fleet: {segments: [{name: a, share: 100%, behaviour: sucess}]}"),
         "f:3:54: unknown behaviour 'sucess'; did you mean 'success'?"},
        {minimal_scenario("behaviours: {b: {online: false, steps: [ack]}}"),
         "f:3:33: a vehicle that is offline takes no steps"},
        {minimal_scenario("behaviours: {b: {steps: [{wait: {uniform: {min: 2s, max: 1s}}}]}}"), "f:3:27: max is less"},
        {minimal_scenario("behaviours: {b: {steps: [], expect: skipped}}"),
         "f:3:37: a request is skipped by the generator"},
        {minimal_scenario(
             "behaviours:\n  b:\n    steps:\n      - ack\n      - drop\n      - wait: 1s\n      - executed"),
         "f:8:9: this step comes after drop"},
        {minimal_scenario(
             "behaviours:\n  b:\n    steps:\n      - choose:\n        - weight: 1\n          steps:\n          "
             "- drop\n          - ack"),
         "f:10:13: this step comes after drop"},
        {minimal_scenario(
             "behaviours:\n  b:\n    steps:\n      - ack\n      - choose:\n        - {weight: 0, steps: [ack]}"),
         "f:7:9: the weights of these branches add up to nothing"},
        {minimal_scenario("behaviours: {b: {steps: [{disconnect: abrupt}, executed]}}"),
         "f:3:48: the vehicle is offline here"},
        {minimal_scenario("behaviours: {b: {steps: [{wait: wrok}], delays: {work: 1s}}}"),
         "f:3:33: unknown delay 'wrok'; did you mean 'work'?"},
        {minimal_scenario("behaviours: {b: {steps: [], delays: {work: 1s}, services: {horn: {wrok: 1s}}}}"),
         "f:3:73: unknown delay 'wrok'; did you mean 'work'?"},
        {minimal_scenario("behaviours: {b: {steps: [], services: {hron: {}}}}"),
         "f:3:40: unknown service 'hron'; did you mean 'horn'?"},
        {minimal_scenario("behaviours: {b: {steps: [{failed: ''}]}}"), "f:3:26: it fails without a code"},
        {minimal_scenario("behaviours: {b: {credentials: {user: x}, steps: [ack]}}"),
         "f:3:42: a vehicle with wrong credentials"},
        {minimal_scenario("fleet: {segments: [{name: a, share: 100%, behaviour: wrong-credentials}]}"),
         "f:3:54: 'wrong-credentials' has wrong credentials, and the embedded broker has to know the right ones"},
        {scenario_with_load("  driver: mqtt\nfleet: {segments: [{name: a, share: 100%, behaviour: sleeper-udp}]}"),
         "f:5:54: 'sleeper-udp' sleeps, and the mqtt driver"},
        {minimal_scenario(
             "fleet: {segments: [{name: a, share: 100%, behaviour: sleeper-sms}]}\ncontract: {presence: none}"),
         "f:3:54: 'sleeper-sms' sleeps, and with contract.presence: none"},
        {minimal_scenario("target: {api: 'http://a'}"), "f:3:15: the vehicles need a broker too"},
        {minimal_scenario("target: {embedded: {services: {light-flash: {}}}}"),
         "the embedded target does not have this service: unknown service 'horn'; there are: light-flash"},
        {minimal_scenario("target: {embedded: {services: {horn: {}, a+b: {}}}}"), "f:3:42: 'a+b' is no service name"},
        {scenario_with_load("  services: {a/b: 1}"), "f:4:19: 'a/b' is no service name"},
        {scenario_with_load("  services: {1a: 1}"), "f:4:18: '1a' is no service name"},
        {scenario_with_load("  services: {horn: 0}"), "f:4:3: no service has a weight above 0"},
        {scenario_with_load("  services: {horn: {as: 'a b'}}"), "f:4:14: 'a b' is no service name of the embedded"},
        {scenario_with_load("  services: {horn: {wieght: 2}}"), "f:4:21: unknown key 'wieght'; did you mean 'weight'?"},
        {scenario_with_load("  services: {horn: {as: ''}}"), "f:4:25: a service has a name"},
        {scenario_with_load("  services: {horn: {weight: -1}}"), "f:4:29: '-1' is not a number from 0"},
        {scenario_with_load("  services: {horn: {path: /horn}}"),
         "f:4:14: the embedded backend supports only loadsim's own requests"},
        {scenario_with_load("  services: {horn: {deadline: 20s}}"),
         "f:4:31: the embedded backend waits up to 30s before it times a request out; deadline (20s) must be longer"},
        {scenario_with_load("  services: {horn: {parameters: {s: {uniform: {min: 2, max: 1}}}}}"),
         "f:4:34: max is less than min"},
        {scenario_with_load("  services: {horn: {parameters: {s: {uniform: {min: 1, max: 2}, choose: [a]}}}}"),
         "f:4:34: a parameter is a value, or one of uniform, normal, lognormal and choose"},
        {scenario_with_load("  services: {horn: {parameters: {s: {choose: [a], most: 2}}}}"),
         "f:4:57: most is of random numbers"},
        {scenario_with_load("  services: {horn: {parameters: {s: {choose: []}}}}"), "f:4:38: choices belong here"},
        {scenario_with_load("  services: {horn: {parameters: {pin: '{data.pin}'}}}"),
         "f:4:39: '{data.pin}' is sent as it is: a parameter is no template"},
        {scenario_with_load("  services: {horn: {as: '${SERVICE}'}}\ntarget: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:4:25: '${SERVICE}' is sent as it is: the platform's name of a service is no template"},
        {scenario_with_load("  services: {horn: {method: 'P T'}}\ntarget: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:4:29: "},
        {scenario_with_load(
             "  services: {horn: {headers: {Host: b, 'a b': c}}}\ntarget: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:4:47: "},
        {scenario_with_load("  services: {horn: {path: '/{vni}'}}\ntarget: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:4:27: unknown variable 'vni'; did you mean 'vin'?"},
        {scenario_with_load(
             "  services: {horn: {path: '/{parameter.b}', parameters: {a: 1}}, x: {parameters: {b: 1}}}\n"
             "target: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:4:27: unknown variable 'parameter.b'; did you mean 'parameter.a'?"},
        {scenario_with_load("  services: {horn: {id: ''}}\n  observers: [poll]\n"
                            "target: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:5:15: it finds a request by its id"},
        {scenario_with_load("  driver: mqtt\n  services: {'a+b': 1}\ntarget: {broker: 'mqtt://b'}"),
         "f:5:21: 'a+b' cannot be in a topic, where {service} is"},
        {scenario_with_load("  driver: mqtt\n  services: {horn: {topic: 'a/#'}}\ntarget: {broker: 'mqtt://b'}"),
         "f:5:28: 'a/#' is a filter"},
        {scenario_with_load("  driver: mqtt\n  services: {horn: {deadline: 10s}}\ntarget: {broker: 'mqtt://b'}"),
         "f:5:31: the mqtt driver waits up to 10s before"},
        {scenario_with_load("  completionTimeout: 20s"), "f:4:22: the embedded backend waits up to 30s before"},
        {scenario_with_load("  completionTimeout: 30s"), "f:4:22: the embedded backend waits up to 30s before"},
        {scenario_with_load("  driver: mqtt\n  completionTimeout: 10s"),
         "f:5:22: the mqtt driver waits up to 10s before"},
        {scenario_with_load("  drain: 10s\nfleet: {segments: [{name: a, share: 100%, behaviour: timeout}]}"),
         "f:4:10: silent vehicles' requests end 10s after"},
        {scenario_with_load(
             "  drain: 29s\nfleet: {segments: [{name: a, share: 100%, behaviour: b}]}\nbehaviours: {b: {steps: "
             "[ack]}}"),
         "f:4:10: silent vehicles' requests end 30s after"},
        {scenario_with_load(
             "  driver: mqtt\n  drain: 9s\nfleet: {segments: [{name: a, share: 100%, behaviour: offline}]}"),
         "f:5:10: silent vehicles' requests end 10s after"},
        {scenario_with_load("  drain: 38s\nfleet: {segments: [{name: a, share: 100%, behaviour: b}]}\nbehaviours: {b: "
                            "{steps: [{wait: 8s}, ack]}}"),
         "f:4:10: silent vehicles' requests end 38s after"},
        {scenario_with_load("  completionTimeout: 38s\n  drain: 1m\nfleet: {segments: [{name: a, share: 100%, "
                            "behaviour: b}]}\nbehaviours: {b: {steps: [{wait: 8s}, ack]}}"),
         "f:4:22: silent vehicles' requests end 38s after they were sent; completionTimeout (38s) must be longer"},
        {minimal_scenario("target: {embedded: {password: ''}}"), "f:3:31: target.embedded.password is empty, and"},
        {minimal_scenario("target: {embedded: {password: 'a:b'}}"), "target.embedded.password has a colon, a brace"},
        {minimal_scenario("target: {broker: mqtt://a, embedded: {password: p}}"),
         "target.embedded.password is for the embedded broker, and target.broker replaces it"},
        {minimal_scenario("target: {broker: mqtt://a, embedded: {tls: {}}}"),
         "f:3:39: target.embedded.tls is for the embedded broker, and target.broker replaces it; leave tls out"},
        {minimal_scenario("target: {embedded: {password: p, tls: {mutual: true}}}"),
         "f:3:31: target.embedded.password is not read with tls.mutual: the user follows from the certificate"},
        {minimal_scenario("target: {embedded: {tls: {fault: wrong_host}}}"),
         "f:3:34: unknown value 'wrong_host'; did you mean 'wrong-host'?"},
        {minimal_scenario("target: {embedded: {tls: {}}}\nfleet: {link: broker-api}"),
         "f:3:21: nothing in this scenario uses a broker; leave tls out"},
        {minimal_scenario("target: {embedded: {tls: {mutual: true}}}\n"
                          "fleet: {segments: [{name: a, share: 100%, behaviour: wrong-credentials}]}"),
         "'wrong-credentials' has a wrong user or password, which the embedded broker does not read"},
        {minimal_scenario("target: {embedded: {password: p}}\nfleet: {mqtt: {user: loadsim, password: q}}"),
         "f:4:41: loadsim is the user of loadsim's own sessions"},
        {minimal_scenario("target: {embedded: {password: p}}\nfleet: {mqtt: {user: u}}"),
         "f:4:9: with target.embedded.password vehicles need a user and a password"},
        {minimal_scenario("target: {user: u}\n"), "a target is embedded, or has a broker"},
        {minimal_scenario("target: {embedded: {}, user: u}\n"),
         "user and password are for a broker, and none is given"},
        {"name: t\nload: {phases: [{pause: 5}]}", "f:2:8: nothing is ever due in these phases"},
        {"name: t\nload: {phases: [{duration: 5, arrivalRate: 0}]}", "f:2:8: nothing is ever due in these phases"},
        {"name: t\nload: {phases: [{pause: 300d}, {duration: 300d, arrivalRate: 1}]}",
         "f:2:8: these phases last longer"},
        {minimal_scenario("budgets: ['e2e{service=wash}.p99 < 1s']"), "f:3:11: "},
        {minimal_scenario("budgets: ['e2e{phase=steady}.p99 < 1s']"), "f:3:11: "},
        {minimal_scenario(
             "fleet: {segments: [{name: parked, share: 100%}]}\nbudgets: ['unexpected{segment=parkd} == 0']"),
         "f:4:11: unknown segment 'parkd'; did you mean 'parked'?"},
        {minimal_scenario("conditions: [{tunnel: {at: 1s, for: 1s}}]\nbudgets: ['e2e{condition=tunel}.p99 < 1s']"),
         "f:4:11: unknown condition 'tunel'; did you mean 'tunnel'?"},
    };
    for (const auto& r : rows) {
        const auto found = problems_of(r.yaml);
        EXPECT_THAT(found, HasSubstr(r.problem)) << r.yaml;
        EXPECT_EQ(std::ranges::count(found, '\n'), 0) << "one problem: " << found;
    }
}

TEST(check, topics_and_filters) {
    const auto platform = [](std::string_view more) {
        return minimal_scenario("target: {broker: mqtt://a, api: http://b}\n" + std::string(more));
    };
    const auto observer = [](std::string_view options) {
        return scenario_with_load("  observers: [{mqtt: " + std::string(options) + "}]");
    };
    const row rows[] = {
        {platform("contract: {command: {filter: 'v1/#/{vin}'}}"),
         "f:4:30: 'v1/#/{vin}': + is alone in its level, and # is alone in the last one"},
        {platform("contract: {command: {filter: 'v1/{vin}+/c'}}"), "'v1/{vin}+/c': + is alone"},
        {platform("contract: {command: {filter: 'v1/{vin}#'}}"), "'v1/{vin}#': + is alone"},
        {platform("contract: {command: {filter: '$share//x'}}"), "'$share//x': a shared subscription is written"},
        {platform("contract: {command: {filter: ''}}"), "f:4:30: an empty filter matches no topic"},
        {platform("contract: {responses: {filter: a/#/b}}"), "f:4:32: 'a/#/b': + is alone"},
        {platform("contract: {responses: {filter: ''}}"), "f:4:32: an empty filter"},
        {platform("contract: {executed: {topic: 'v1/{vin}/+/x'}}"), "f:4:30: 'v1/{vin}/+/x' is a filter"},
        {platform("contract: {presence: {topic: 'v1/{vin}/#'}}"), "f:4:30: 'v1/{vin}/#' is a filter"},
        {platform("contract: {command: {responseTopic: 'a/+'}}"), "f:4:37: 'a/+' is a filter"},
        {observer("{filter: 'v1/#/evt'}"), "f:4:31: 'v1/#/evt': + is alone"},
        {observer("{filter: ''}"), "f:4:31: an empty filter"},
        {observer("{filter: '$share/g/v1/+/evt', clients: 2}"), "f:4:31: several clients share their subscription"},
        {minimal_scenario("campaigns: [{name: a, at: 0s, filter: 'x+', topic: x, payload: ''}]"), "f:3:39: 'x+'"},
        {minimal_scenario("campaigns: [{name: a, at: 10s, filter: x, topic: x, payload: ''}]"),
         "f:3:27: the load is over by then"},
        {minimal_scenario("campaigns: [{name: a, at: 0s, filter: x, topic: '+', payload: ''}]"), "f:3:49: '+' is a"},
    };
    for (const auto& r : rows) EXPECT_THAT(problems_of(r.yaml), HasSubstr(r.problem)) << r.yaml;
    read_valid(platform("contract: {command: {filter: '+/{#segment}{segment}/{/segment}{vin}/#'}}"));
    read_valid(platform("contract: {command: {filter: '$share/g/v1/{vin}/#'}}"));
    read_valid(observer("{filter: '$share/g/v1/+/evt'}"));
}

TEST(check, cells_of_fleet_data_in_hex_and_base64) {
    const harness::temporary_folder folder;
    folder.write("cars.csv", "vin,key,code\nV1,01ff,Zg==\nV2,0x,Zg\nV3,zz,-\n");
    const auto problem = [&](std::string_view payload, int vehicles = 3) {
        return problems_of(minimal_scenario(
            "target: {broker: mqtt://a, api: http://b}\nfleet: {vehicles: " + std::to_string(vehicles) + ", data: " +
            folder.path().string() + "/cars.csv}\ncontract: {ack: {topic: a, payload: " + std::string(payload) + "}}"));
    };
    const auto place = folder.path().string() + "/cars.csv:";
    EXPECT_THAT(problem("{hex: '{data.key}'}"), HasSubstr(place + "3:4: '0x' is no hex, and {data.key} is within it"));
    EXPECT_THAT(problem("{hex: '00{data.key}'}"), HasSubstr(place + "3:4: '0x' is no hex"));
    EXPECT_THAT(problem("{base64: 'AAAA{data.code}'}"), HasSubstr(place + "4:7: '-' is no base64"));
    EXPECT_EQ(problem("{hex: '{data.key}'}", 1), "");
    EXPECT_EQ(problem("{base64: '{data.code}'}", 2), "");
    EXPECT_EQ(problem("{base64: 'AAAA{data.code}'}", 2), "");
    EXPECT_EQ(problem("{text: '{{data.none}}'}"), "");
    EXPECT_EQ(problem("{text: '{data.key}'}"), "");
    EXPECT_THAT(problem("{hex: 'zz{data.key}'}", 1), HasSubstr("it is not hex"));
    EXPECT_EQ(problem("{hex: '{data.key}{request.id}'}", 1), "") << "not known before the run";
}

TEST(check, an_error_of_a_phase_has_no_warning_beside_it) {
    problems warnings;
    const auto made = read("name: t\nload: {phases: [{duration: 10, arrivalCount: 0}]}\n", "f", {}, &warnings);
    ASSERT_FALSE(made);
    EXPECT_THAT(to_string(made.error()), HasSubstr("0 is not between 1 and"));
    EXPECT_EQ(to_string(warnings), "");
}

TEST(check, a_null_is_one_problem) {
    EXPECT_THAT(problems_of(scenario_with_load("  services: {horn: {as: null}}")),
                testing::AllOf(testing::EndsWith("'as' has no value; give it one or leave it out"),
                               testing::Not(HasSubstr("\n"))));
}

TEST(check, methods_and_headers) {
    ASSERT_EQ(setenv("LOADSIM_TEST_LINES", "a\nb-of-check-test", 1), 0);
    ASSERT_EQ(setenv("LOADSIM_TEST_RAW", "a#b-of-check-test", 1), 0);
    const auto platform = [](std::string_view more) {
        return minimal_scenario("target: {broker: mqtt://a, api: http://b}\n" + std::string(more));
    };
    const row rows[] = {
        {platform("contract: {request: {headers: {Content-Length: '2'}}}"), "f:4:48: Content-Length follows from"},
        {platform("contract: {request: {headers: {X Bad: y}}}"), "f:4:39: 'X Bad' is no header's name"},
        {platform("contract: {request: {method: post}}"), "f:4:30: HTTP methods are case-sensitive: write POST for"},
        {platform("contract: {request: {method: GET X}}"), "f:4:30: 'GET X' is no HTTP method"},
        {platform("contract: {request: {headers: {X-A: \"a\\r\\nX-B: c\"}}}"), "the value of X-A has a line break"},
        {platform("contract: {request: {headers: {X-A: \"{vin}\\n\"}}}"), "the value of X-A has a line break"},
        {platform("contract: {request: {headers: {X-A: '${LOADSIM_TEST_LINES}'}}}"), "the value of X-A has a line"},
        {platform("contract: {request: {headers: {host: ''}}}"), "f:4:38: an empty Host; leave it out"},
        {platform("before: [{path: /a, headers: {X-A: \"a\\n\"}}]"), "the value of X-A has a line break"},
        {platform("contract: {request: {path: '/a#b'}}"), "f:4:28: '#' begins a fragment, which no request has"},
        {platform("before: [{path: '/a#b'}]"), "'#' begins a fragment"},
        {platform("contract: {request: {path: '/a?b=${raw:LOADSIM_TEST_RAW}'}}"),
         "the value of ${raw:LOADSIM_TEST_RAW} has a '#'"},
        {minimal_scenario("fleet: {link: broker-api, brokerApi: {inbound: {headers: {X-A: \"a\\n\"}}}}"),
         "the value of X-A has a line break"},
        {platform("before: [{path: /a, method: get}]"), "f:4:29: HTTP methods are case-sensitive"},
        {platform("after: [{path: /a, headers: {transfer-encoding: chunked}}]"), "f:4:49: Transfer-Encoding follows"},
        {minimal_scenario("fleet: {link: broker-api, brokerApi: {inbound: {method: put}}}"), "write PUT for 'put'"},
        {minimal_scenario("fleet: {link: broker-api, brokerApi: {method: 'P T'}}"), "'P T' is no HTTP method"},
        {minimal_scenario("fleet: {link: broker-api, brokerApi: {inbound: {headers: {'X:Y': z}}}}"), "'X:Y' is no"},
        {scenario_with_load("  observers: [{webhook: {secret: {header: 'X Y', value: z}}}]"), "'X Y' is no header's"},
        {scenario_with_load("  observers: [{webhook: {secret: {header: X, value: ''}}}]"),
         "f:4:53: it is empty, and every call would be accepted"},
        {scenario_with_load("  observers: [{webhook: {hmac: {header: X, key: ''}}}]"),
         "f:4:49: it is empty, and every call would be accepted"},
        {scenario_with_load("  http: {traceparent: true}\ntarget: {broker: mqtt://a, api: http://b}\n"
                            "contract: {request: {headers: {TraceParent: x}}}"),
         "f:4:23: contract.request.headers has a traceparent, too"},
        {scenario_with_load("  http: {traceparent: true}\n  services: {horn: {headers: {TraceParent: x}}}\n"
                            "target: {broker: mqtt://a, api: http://b}"),
         "a traceparent is in load.http.traceparent, too"},
    };
    for (const auto& r : rows) {
        EXPECT_THAT(problems_of(r.yaml), HasSubstr(r.problem)) << r.yaml;
        EXPECT_THAT(problems_of(r.yaml), testing::Not(HasSubstr("-of-check-test"))) << r.yaml;
    }
    read_valid(platform("contract: {request: {path: '/a?b=${LOADSIM_TEST_RAW}'}}"));
    read_valid(platform("contract: {request: {headers: {Host: vehicles.test}, method: PURGE}}"));
    read_valid(platform("contract: {request: {path: '/a{#vin}/{vin}{/vin}%23', headers: {X-A: \"a\\tb\"}}}"));
}

TEST(check, conditions) {
    const auto of = [](std::string_view conditions, std::string_view more = "") {
        return minimal_scenario("conditions: [" + std::string(conditions) + "]\n" + std::string(more));
    };
    const row rows[] = {
        {of("{tunnel: {at: 1s, for: 1s, segments: [all, al]}}"), "f:3:57: unknown segment 'al'; did you mean 'all'?"},
        {of("{tunnel: {at: 10s, for: 1s}}"),
         "f:3:28: it begins after 10s, and the load has ended by then: it lasts 10s"},
        {of("{tunnel: {at: 1s, for: 2s, every: 2s}}"), "f:3:48: it comes again after 2s, before it has passed"},
        {of("{tunnel: {at: 1s, for: 2s, share: 0%}}"), "f:3:48: a share of 0% affects no vehicle"},
        {of("{tunnel: {at: 1s, for: 0s}}"), "f:3:37: how long?"},
        {of("{tunnel: {at: 1s, for: 1s, name: a}}, {garage: {at: 1s, for: 1s, name: a}}"),
         "f:3:85: there are two conditions called 'a'"},
        {of("{tunnel: {at: 1s, for: 1s, name: ''}}, {garage: {at: 1s, for: 1s, name: tunnel}}"),
         "f:3:86: there are two conditions called 'tunnel'"},
        {of("{slow: {at: 1s, for: 1s}}"), "f:3:15: what is slow about it?"},
        {of("{lossy: {at: 1s, for: 1s, loss: 0%}}"), "f:3:46: a loss of 0%"},
        {of("{outage: {at: 1s, for: {uniform: {min: 1s, max: 2s}}}}"), "f:3:32: it affects all vehicles"},
        {of("{outage: {at: 1s, for: 1s}}", "target: {broker: 'mqtt://b'}"),
         "f:3:15: only the embedded broker can be stopped"},
        {of("{outage: {at: 1s, for: 1s}}", "target: {broker: 'mqtt://b', api: 'http://a'}"),
         "f:3:15: only the embedded broker"},
        {of("{handover: {at: 1s}}", "target: {broker: 'mqtt://10.0.0.1'}"),
         "f:3:15: a handover goes to another address"},
        {of("{handover: {at: 1s}}", "fleet: {sourceAddresses: [127.0.0.1]}"),
         "f:3:15: a handover goes to another address"},
        {of("{spike: {at: 1s, for: 3s, factor: 0}}"), "f:3:48: a spike is more than 0"},
        {of("{spike: {at: 1s, for: 3s, factor: 2}}, {spike: {at: 3s, for: 1s, factor: 2}}"),
         "f:3:66: 'spike 2' begins after 3s, before 'spike 1' is over (after 4s)"},
        {of("{tunnel: {at: 1s, for: 1s, expect: [skipped]}}"), "f:3:41: a request is skipped by the generator"},
        {of("{garage: {at: 1s, for: 1s, expect: [timed_out]}}",
            "target: {embedded: {services: {horn: {running: 31s}}}}\n"),
         "f:2:1: silent vehicles' requests end 31s"},
        {of("{outage: {at: 1s, for: 3s}}, {outage: {at: 3s, for: 1s}}"),
         "f:3:57: 'outage 2' begins after 3s, before 'outage 1' is over (after 4s)"},
        {"name: t\nload: {phases: [{duration: 2h, arrivalRate: 1}]}\nconditions: [{tunnel: {at: 0s, every: 500ms, for: "
         "1ms}}]",
         "f:3:39: it comes more than 10000 times"},
        {"name: t\nload: {phases: [{duration: 2h, arrivalRate: 1}]}\nconditions: [{spike: {at: 0s, every: 5s, for: 1s, "
         "factor: 2}}]",
         "f:3:38: it comes more than 1000 times"},
    };
    for (const auto& r : rows) {
        const auto found = problems_of(r.yaml);
        EXPECT_THAT(found, HasSubstr(r.problem)) << r.yaml;
        EXPECT_EQ(std::ranges::count(found, '\n'), 0) << "one problem: " << found;
    }
}

TEST(check, accepts_boundary_values) {
    const std::string rows[] = {
        minimal_scenario("fleet: {vehicles: 33000000}"),
        minimal_scenario("fleet: {segments: [{name: a, share: 33.3333333%}, {name: b, share: 66.6666667%}]}"),
        minimal_scenario("fleet: {segments: [{name: a, share: 33.33%}, {name: b, share: 33.33%}, {name: c, share: "
                         "33.33%}]}"),
        "name: t\nload: {phases: [{name: a, pause: 1}, {name: a, duration: 1, arrivalRate: 1}]}\n"
        "budgets: ['e2e{phase=a}.p99 < 1s']",
        minimal_scenario("x-fast: &fast {min: 1s, max: 2s}\nbehaviours: {b: {steps: [{wait: {uniform: *fast}}]}}"),
        minimal_scenario("fleet: {mqtt: {version: 5, sessionExpiry: 1m}}"),
        scenario_with_load("  completionTimeout: 30001ms"),
        scenario_with_load("  drain: 1s"), // no silent vehicles
        scenario_with_load("  drain: 11s\nfleet: {segments: [{name: a, share: 100%, behaviour: timeout}]}"),
        minimal_scenario("target: {broker: 'mqtt://b', api: 'http://a', user: u, password: p}\n"),
        scenario_with_load(
            "  completionTimeout: 6s\ntarget: {embedded: {services: {horn: {pending: 3s, running: 5s}}}}"),
        scenario_with_load("  completionTimeout: 1s\ntarget: {broker: 'mqtt://b', api: 'http://a'}"),
        scenario_with_load(
            "  completionTimeout: 31s\ntarget: {embedded: {services: {horn: {}, climate: {running: 10m}}}}"),
        "name: A-1_b.c\nload: {phases: [{duration: 5, arrivalRate: 0, rampTo: 1}]}",
        minimal_scenario("budgets: ['e2e{service=horn,phase=phase 1}.p99 < 1s']"),
        minimal_scenario("behaviours: {b: {steps: [executed, ack]}}"),
        minimal_scenario("behaviours: {b: {steps: [], delays: {work: 1s}, services: {charging: {work: 1s}}}}"),
        minimal_scenario(
            "fleet: {mqtt: {user: u, password: p}, segments: [{name: a, share: 100%, behaviour: wrong-credentials}]}"),
        minimal_scenario("fleet: {segments: [{name: a, share: 100%, behaviour: sleeper-udp}]}"),
        minimal_scenario("contract: {presence: none}"), // the embedded backend needs none
        scenario_with_load("  observers: [mqtt, none, response, {webhook: {vin: /vin}}]\n" + without_id),
        scenario_with_load("  driver: mqtt"), // no segment uses the built-in sleepers
        minimal_scenario("conditions: [{tunnel: {at: 9999ms, for: 1h}}]"),
        minimal_scenario("conditions: [{handover: {at: 1s}}]"),
        minimal_scenario("conditions: [{handover: {at: 1s}}]\ntarget: {broker: 'mqtt://127.0.0.1'}"),
        minimal_scenario(
            "conditions: [{handover: {at: 1s}}]\nfleet: {sourceAddresses: [10.0.0.0/30]}\ntarget: {broker: "
            "'mqtt://b'}"),
        minimal_scenario("conditions: [{spike: {at: 1s, for: 3s, factor: 2}}, {spike: {at: 4s, for: 1s, factor: 2}}]"),
        minimal_scenario("conditions: [{tunnel: {at: 1s, for: 2s, every: 2001ms}}]"),
        scenario_with_load("  drain: 31s\nconditions: [{garage: {at: 1s, for: 1s, expect: [timed_out]}}]"),
        minimal_scenario("conditions: [{outage: {at: 1s, for: 3s}}, {outage: {at: 4s, for: 1s}}]"),
    };
    for (const auto& yaml : rows) EXPECT_EQ(problems_of(yaml), "") << yaml;
}

TEST(check, of_a_scenario_built_in_code_names_paths) {
    auto d = read_valid(minimal_scenario(""));
    EXPECT_TRUE(check(d).empty());
    d.fleet.segments.clear();
    EXPECT_TRUE(check(d).empty()) << "no segments: all succeed";
    EXPECT_EQ(labels_of(d).segments.at(0), "all");
    d.fleet.vehicles = 0;
    d.fleet.segments = {{"a", fraction{1}, "tiem-out"}};
    d.load.phases.push_back(d.load.phases[0]);
    d.load.phases[1].duration = {};
    d.load.http.connections = 0;
    d.target = {};
    d.target.embedded = false;
    EXPECT_EQ(to_string(check(d)),
              "target: a target is embedded, or has a broker\n"
              "target: the http driver needs a target.api, or an embedded target\n"
              "fleet.vehicles: 0 vehicles; there can be 1 to 33000000\n"
              "fleet.segments[0].behaviour: unknown behaviour 'tiem-out'; did you mean 'timeout'?\n"
              "load.phases[1]: a phase needs a duration\n"
              "load.http.connections: there must be one at least");
}

TEST(check, cells_of_fleet_data_in_headers_and_paths) {
    const harness::temporary_folder folder;
    folder.write("cars.csv", "vin,key,host\nV1,a,h\nV2,\"b\nc\",\nV3,a#b,h\n");
    const auto problem = [&](std::string_view request, int vehicles = 3) {
        return problems_of(minimal_scenario(
            "target: {broker: mqtt://a, api: http://b}\nfleet: {vehicles: " + std::to_string(vehicles) +
            ", data: " + folder.path().string() + "/cars.csv}\ncontract: {request: {" + std::string(request) + "}}"));
    };
    const auto place = folder.path().string() + "/cars.csv:";
    for (const auto* value : {"{data.key}", "k {data.key}", "{service}{data.key}"})
        EXPECT_THAT(problem("headers: {X-A: '" + std::string(value) + "'}"),
                    HasSubstr(place + "3:4: the value of X-A has a line break or another control character, which no "
                                      "header can carry, and {data.key} is within it"));
    EXPECT_EQ(problem("headers: {X-A: '{data.key}'}", 1), "");
    EXPECT_THAT(problem("headers: {host: '{data.host}'}"), HasSubstr(": an empty Host; leave it out"));
    EXPECT_EQ(problem("headers: {host: '{data.host}.test', X-A: '{data.host}'}"), "");
    EXPECT_THAT(problem("path: '/{vin}/{raw:data.key}'"), HasSubstr(place + "5:4: '#' begins a fragment"));
    EXPECT_EQ(problem("path: '/{vin}/{data.key}'"), "");
}

TEST(check, payloads_that_are_never_hex_or_base64) {
    const auto problem = [](std::string_view payload) {
        return problems_of(minimal_scenario("target: {broker: mqtt://a, api: http://b}\nfleet: {vehicles: 20}\n"
                                            "contract: {ack: {topic: a, payload: " +
                                            std::string(payload) + "}}"));
    };
    const auto vin = vehicle::registry({}, 1).vin_of(vehicle_id{0});
    EXPECT_THAT(problem("{hex: '{vin}'}"),
                HasSubstr("f:5:28: vehicle 0 (" + vin + "): '" + vin + "' is no hex, and {vin} is within it"));
    EXPECT_THAT(problem("{hex: '{vin}{request.id}'}"), HasSubstr("is no hex, and {vin} is within it"));
    EXPECT_THAT(problem("{hex: '0{index}'}"), HasSubstr("'010' is no hex")) << "of the eleventh vehicle";
    EXPECT_EQ(problem("{hex: '00{#index}{index}{/index}{request.id}'}"), "");
    for (const auto* placeholder : {"{random:uuid}", "{now:iso}", "{ok}", "{phase}", "{service}"})
        EXPECT_THAT(problem("{hex: '" + std::string(placeholder) + "'}"),
                    HasSubstr(std::string(placeholder) + " is never hex"));
    EXPECT_THAT(problem("{base64: '{now:iso}'}"), HasSubstr("{now:iso} is never base64"));
    EXPECT_EQ(problem("{base64: '{service}{ok}'}"), "");
}
