// What takes the whole document to see.
#include "given.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::HasSubstr;

struct row {
    std::string yaml;
    const char* problem;
};

TEST(check, combinations) {
    const row rows[] = {
        {"name: a/b\nload: {phases: [{duration: 1, arrivalRate: 1}]}", "f:1:7: 'a/b' cannot name a folder"},
        {"name: .hidden\nload: {phases: [{duration: 1, arrivalRate: 1}]}", "f:1:7: '.hidden' cannot name a folder"},
        {"name: ''\nload: {phases: [{duration: 1, arrivalRate: 1}]}", "f:1:7: '' cannot name a folder"},
        {least_with("fleet: {vehicles: 33000001}"), "f:3:19: 33000001 vehicles; there can be 1 to 33000000"},
        {least_with("fleet: {connectRate: 0}"), "f:3:22: at a rate of 0 nobody ever connects"},
        {least_with("fleet: {vin: {wmi: LO9}}"), "f:3:20: wmi must be 3 characters"},
        {least_with("fleet: {vin: {vds: SMEV}}"), "f:3:20: vds must be 5 characters"},
        {least_with("fleet: {reconnect: {base: 10s, cap: 5s}}"), "f:3:37: cap is less than base"},
        {least_with("fleet: {reconnect: {base: 10m}}"), "f:3:9: cap is less than base"},
        {least_with("fleet: {mqtt: {version: 3.1.1, sessionExpiry: 1m}}"), "f:3:47: MQTT 3.1.1 has no session expiry"},
        {least_with("fleet: {segments: [{name: a, share: 50%}, {name: b, share: 49%}]}"),
         "f:3:9: the shares add up to 99%, not to 100%"},
        {least_with("fleet: {segments: [{name: a, share: 50%}, {name: a, share: 50%}]}"),
         "f:3:50: there are two segments called 'a'"},
        {least_with("fleet: {segments: [{name: '', share: 100%}]}"), "f:3:27: a segment needs a name"},
        {least_with("fleet: {segments: [{name: a, share: 100%, behaviour: sucess}]}"),
         "f:3:54: unknown behaviour 'sucess'; did you mean 'success'?"},
        {least_with("behaviours: {b: {online: false, steps: [ack]}}"),
         "f:3:33: a vehicle that is offline takes no steps"},
        {least_with("behaviours: {b: {steps: [{wait: {uniform: {min: 2s, max: 1s}}}]}}"), "f:3:27: max is less"},
        {least_with("behaviours: {b: {steps: [], expect: skipped}}"), "f:3:37: a request is skipped by the generator"},
        {least_with("behaviours:\n  b:\n    steps:\n      - ack\n      - drop\n      - wait: 1s\n      - executed"),
         "f:8:9: this step comes after drop"},
        {least_with("behaviours:\n  b:\n    steps:\n      - choose:\n        - weight: 1\n          steps:\n          "
                    "- drop\n          - ack"),
         "f:10:13: this step comes after drop"},
        {least_with("behaviours:\n  b:\n    steps:\n      - ack\n      - choose:\n        - {weight: 0, steps: [ack]}"),
         "f:7:9: the weights of these branches add up to nothing"},
        {least_with("behaviours: {b: {steps: [{disconnect: abrupt}, executed]}}"),
         "f:3:48: the vehicle is off line here"},
        {least_with("behaviours: {b: {steps: [{wait: wrok}], delays: {work: 1s}}}"),
         "f:3:33: unknown delay 'wrok'; did you mean 'work'?"},
        {least_with("behaviours: {b: {steps: [], delays: {work: 1s}, services: {horn: {wrok: 1s}}}}"),
         "f:3:73: unknown delay 'wrok'; did you mean 'work'?"},
        {least_with("behaviours: {b: {steps: [], services: {hron: {}}}}"),
         "f:3:40: unknown service 'hron'; did you mean 'horn'?"},
        {least_with("behaviours: {b: {steps: [{failed: ''}]}}"), "f:3:26: it fails without a code"},
        {least_with("behaviours: {b: {credentials: {user: x}, steps: [ack]}}"),
         "f:3:42: a vehicle with wrong credentials"},
        {least_with("fleet: {segments: [{name: a, share: 100%, behaviour: wrong-credentials}]}"),
         "f:3:54: 'wrong-credentials' has wrong credentials, and the embedded broker has to know the right ones"},
        {load_with("  driver: mqtt\nfleet: {segments: [{name: a, share: 100%, behaviour: sleeper-udp}]}"),
         "f:5:54: 'sleeper-udp' sleeps, and the mqtt driver"},
        {least_with("fleet: {mqtt: {presence: false}, segments: [{name: a, share: 100%, behaviour: sleeper-sms}]}"),
         "f:3:79: 'sleeper-sms' sleeps, and without fleet.mqtt.presence"},
        {least_with("target: {api: 'http://a'}"), "f:3:15: the vehicles need a broker too"},
        {least_with("target: {embedded: {services: {light-flash: {}}}}"),
         "the embedded target does not serve this: unknown service 'horn'; there are: light-flash"},
        {least_with("target: {embedded: {services: {horn: {}, Horn: {}}}}"), "f:3:42: 'Horn' is no service name"},
        {load_with("  services: {a/b: 1}"), "f:4:19: 'a/b' is no service name"},
        {load_with("  services: {1a: 1}"), "f:4:18: '1a' is no service name"},
        {load_with("  services: {horn: 0}"), "f:4:3: no service has a weight above 0"},
        {load_with("  unansweredAfter: 20s"), "f:4:20: the embedded backend waits up to 30s before"},
        {load_with("  unansweredAfter: 30s"), "f:4:20: the embedded backend waits up to 30s before"},
        {load_with("  driver: mqtt\n  unansweredAfter: 10s"), "f:5:20: the mqtt driver waits up to 10s before"},
        {load_with("  drain: 10s\nfleet: {segments: [{name: a, share: 100%, behaviour: timeout}]}"),
         "f:4:10: silent vehicles' requests end 10s after"},
        {load_with("  drain: 29s\nfleet: {segments: [{name: a, share: 100%, behaviour: b}]}\nbehaviours: {b: {steps: "
                   "[ack]}}"),
         "f:4:10: silent vehicles' requests end 30s after"},
        {load_with("  driver: mqtt\n  drain: 9s\nfleet: {segments: [{name: a, share: 100%, behaviour: offline}]}"),
         "f:5:10: silent vehicles' requests end 10s after"},
        {least_with("target: {user: u}\n"), "a target is embedded, or has a broker"},
        {least_with("target: {embedded: {}, user: u}\n"), "user and password are for a broker, and none is given"},
        {"name: t\nload: {phases: [{pause: 5}]}", "f:2:8: nothing is ever due in these phases"},
        {"name: t\nload: {phases: [{duration: 5, arrivalRate: 0}]}", "f:2:8: nothing is ever due in these phases"},
        {"name: t\nload: {phases: [{name: a, pause: 1}, {name: a, duration: 1, arrivalRate: 1}]}",
         "f:2:45: there are two phases called 'a'"},
        {"name: t\nload: {phases: [{pause: 300d}, {duration: 300d, arrivalRate: 1}]}",
         "f:2:8: these phases last longer"},
        {least_with("budgets: ['e2e{service=wash}.p99 < 1s']"), "f:3:11: "},
        {least_with("budgets: ['e2e{phase=steady}.p99 < 1s']"), "f:3:11: "},
    };
    for (const auto& r : rows) {
        const auto found = wrong(r.yaml);
        EXPECT_THAT(found, HasSubstr(r.problem)) << r.yaml;
        EXPECT_EQ(std::ranges::count(found, '\n'), 0) << "one problem: " << found;
    }
}

TEST(check, conditions) {
    const auto of = [](std::string_view conditions, std::string_view more = "") {
        return least_with("conditions: [" + std::string(conditions) + "]\n" + std::string(more));
    };
    const row rows[] = {
        {of("{tunnel: {at: 1s, for: 1s, segments: [all, al]}}"), "f:3:57: unknown segment 'al'; did you mean 'all'?"},
        {of("{tunnel: {at: 10s, for: 1s}}"),
         "f:3:28: it begins after 10s, and the load has ended by then: it lasts 10s"},
        {of("{tunnel: {at: 1s, for: 2s, every: 2s}}"), "f:3:48: it comes again after 2s, before it has passed"},
        {of("{tunnel: {at: 1s, for: 2s, share: 0%}}"), "f:3:48: a share of 0% befalls nobody"},
        {of("{tunnel: {at: 1s, for: 0s}}"), "f:3:37: how long?"},
        {of("{tunnel: {at: 1s, for: 1s, name: a}}, {garage: {at: 1s, for: 1s, name: a}}"),
         "f:3:85: there are two conditions called 'a'"},
        {of("{tunnel: {at: 1s, for: 1s, name: ''}}, {garage: {at: 1s, for: 1s, name: tunnel}}"),
         "f:3:86: there are two conditions called 'tunnel'"},
        {of("{slow: {at: 1s, for: 1s}}"), "f:3:15: what is slow about it?"},
        {of("{lossy: {at: 1s, for: 1s, loss: 0%}}"), "f:3:46: a loss of 0%"},
        {of("{outage: {at: 1s, for: {uniform: {min: 1s, max: 2s}}}}"), "f:3:32: it befalls everybody"},
        {of("{outage: {at: 1s, for: 1s}}", "target: {broker: 'mqtt://b'}"),
         "f:3:15: only the embedded broker can be taken away"},
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
         "f:2:1: silent vehicles' requests end 31s after they were sent, and the drain is only 30s"},
        {"name: t\nload: {phases: [{duration: 2h, arrivalRate: 1}]}\nconditions: [{tunnel: {at: 0s, every: 500ms, for: "
         "1ms}}]",
         "f:3:39: it comes more than 10000 times"},
        {"name: t\nload: {phases: [{duration: 2h, arrivalRate: 1}]}\nconditions: [{spike: {at: 0s, every: 5s, for: 1s, "
         "factor: 2}}]",
         "f:3:38: it comes more than 1000 times"},
    };
    for (const auto& r : rows) {
        const auto found = wrong(r.yaml);
        EXPECT_THAT(found, HasSubstr(r.problem)) << r.yaml;
        EXPECT_EQ(std::ranges::count(found, '\n'), 0) << "one problem: " << found;
    }
}

TEST(check, lets_pass_what_is_just_right) {
    const std::string rows[] = {
        least_with("fleet: {vehicles: 33000000}"),
        least_with("fleet: {segments: [{name: a, share: 33.3333333%}, {name: b, share: 66.6666667%}]}"),
        least_with("fleet: {mqtt: {version: 5, sessionExpiry: 1m}}"),
        load_with("  unansweredAfter: 30001ms"),
        load_with("  drain: 1s"), // nobody is silent
        load_with("  drain: 11s\nfleet: {segments: [{name: a, share: 100%, behaviour: timeout}]}"),
        least_with("target: {broker: 'mqtt://b', api: 'http://a', user: u, password: p}\n"),
        load_with("  unansweredAfter: 6s\ntarget: {embedded: {services: {horn: {pending: 3s, running: 5s}}}}"),
        load_with("  unansweredAfter: 1s\ntarget: {broker: 'mqtt://b', api: 'http://a'}"),
        load_with("  unansweredAfter: 31s\ntarget: {embedded: {services: {horn: {}, climate: {running: 10m}}}}"),
        "name: A-1_b.c\nload: {phases: [{duration: 5, arrivalRate: 0, rampTo: 1}]}",
        least_with("budgets: ['e2e{service=horn,phase=phase 1}.p99 < 1s']"),
        least_with("behaviours: {b: {steps: [executed, ack]}}"),
        least_with("behaviours: {b: {steps: [], delays: {work: 1s}, services: {charging: {work: 1s}}}}"),
        least_with(
            "fleet: {mqtt: {user: u, password: p}, segments: [{name: a, share: 100%, behaviour: wrong-credentials}]}"),
        least_with("fleet: {segments: [{name: a, share: 100%, behaviour: sleeper-udp}]}"),
        load_with("  driver: mqtt"), // whose built-in sleepers nobody has
        least_with("conditions: [{tunnel: {at: 9999ms, for: 1h}}]"),
        least_with("conditions: [{handover: {at: 1s}}]"),
        least_with("conditions: [{handover: {at: 1s}}]\ntarget: {broker: 'mqtt://127.0.0.1'}"),
        least_with("conditions: [{handover: {at: 1s}}]\nfleet: {sourceAddresses: [10.0.0.0/30]}\ntarget: {broker: "
                   "'mqtt://b'}"),
        least_with("conditions: [{spike: {at: 1s, for: 3s, factor: 2}}, {spike: {at: 4s, for: 1s, factor: 2}}]"),
        least_with("conditions: [{tunnel: {at: 1s, for: 2s, every: 2001ms}}]"),
        load_with("  drain: 31s\nconditions: [{garage: {at: 1s, for: 1s, expect: [timed_out]}}]"),
    };
    for (const auto& yaml : rows) EXPECT_EQ(wrong(yaml), "") << yaml;
}

TEST(check, of_a_document_made_by_hand_names_paths) {
    auto d = good(least_with(""));
    EXPECT_TRUE(check(d).empty());
    d.fleet.segments.clear();
    EXPECT_TRUE(check(d).empty()) << "no segments: all succeed";
    EXPECT_EQ(legend_of(d).segments.at(0), "all");
    d.fleet.vehicles = 0;
    d.fleet.segments = {{"a", share{1}, "tiem-out"}};
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
              "load.phases[1].name: there are two phases called 'phase 1'\n"
              "load.phases[1]: a phase needs a duration\n"
              "load.http.connections: there must be one at least");
}
