// Taps, observers and sinks with the Kafka API, and the embedded cluster: keys, problems, warnings.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

#include <variant>
#include <vector>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A scenario with the embedded cluster, one telemetry group with this payload, and one tap with these keys.
std::string with_tap(std::string_view keys, std::string_view payload = "{seq}",
                     std::string_view embedded = "kafka: true") {
    return minimal_scenario("target: {embedded: {" + std::string(embedded) +
                            "}}\nfleet: {telemetry: [{name: a, every: 1s, topic: 'v1/{vin}/tlm/a', payload: '" +
                            std::string(payload) + "'}]}\ntaps: [{kafka: {" + std::string(keys) + "}}]");
}

scenario_config read_back(const std::string& yaml) {
    const auto made = read_valid(yaml);
    EXPECT_EQ(read_valid(write(made)), made) << write(made);
    return made;
}

std::string warnings_of_tap(const std::string& yaml) {
    problems warnings;
    EXPECT_TRUE(read(yaml, "f", {}, &warnings)) << problems_of(yaml);
    return to_string(warnings);
}

} // namespace

TEST(taps, are_read_and_written) {
    const auto made = read_back(with_tap("topics: [telemetry]"));
    ASSERT_EQ(made.taps.size(), 1U);
    EXPECT_EQ(made.taps[0], (observer::tap_options{.consumer = {.topics = {"telemetry"}}}));
    EXPECT_THAT(labels_of(made).taps, ElementsAre("kafka"));
    const auto all = read_valid(with_tap(
        "name: bus, brokers: ['k:9092'], topics: [a, b], consumerGroup: g, key: key/vin, payload: /payload, sequence: "
        "/n, "
        "vehicle: /vin, telemetryGroup: /topic, window: 10, inFlight: 99, deadline: 5s, security: {tls: {verify: "
        "chain}, "
        "sasl: {mechanism: PLAIN, user: u, password: secret-of-the-tap}}"));
    const auto& connection = all.taps[0].consumer.connection;
    EXPECT_EQ(connection.tls, (kafka::tls_options{.verify = kafka::tls_verification::chain}));
    EXPECT_EQ(connection.sasl, (kafka::sasl_options{kafka::sasl_mechanism::plain, "u", "secret-of-the-tap"}));
    EXPECT_THAT(write(all), testing::Not(HasSubstr("secret-of-the-tap")));
}

TEST(taps, mapping_and_window) {
    const auto made =
        read_valid(with_tap("name: bus, brokers: ['k:9092'], topics: [a, b], consumerGroup: g, key: key/vin, payload: "
                            "/payload, sequence: /n, "
                            "vehicle: /vin, telemetryGroup: /topic, window: 10, inFlight: 99, deadline: 5s"));
    const auto& tap = made.taps[0];
    EXPECT_EQ(tap.name, "bus");
    EXPECT_THAT(tap.consumer.connection.brokers, ElementsAre("k:9092"));
    EXPECT_EQ(tap.consumer.group, "g");
    EXPECT_EQ(tap.mapping, (contract::tap_mapping_options{.key = "key/vin",
                                                          .payload = "/payload",
                                                          .sequence = "/n",
                                                          .vehicle = "/vin",
                                                          .telemetry_group = "/topic"}));
    EXPECT_EQ(tap.reconciliation,
              (measure::reconciliation_options{.window = 10, .in_flight_limit = 99, .deadline = 5s}));
}

TEST(taps, embedded_cluster_and_bridge) {
    EXPECT_FALSE(read_valid(minimal_scenario("")).target.embedded_kafka);
    EXPECT_FALSE(read_valid(minimal_scenario("target: {embedded: {kafka: false}}")).target.embedded_kafka);
    EXPECT_EQ(read_back(minimal_scenario("target: {embedded: {kafka: true}}")).target.embedded_kafka,
              scenario::embedded_kafka{});
    const auto made = read_back(minimal_scenario("seed: 9\ntarget: {embedded: {kafka: {topics: {telemetry: 8}}, "
                                                 "bridge: {rules: [{filter: 'a/#', topic: telemetry, "
                                                 "value: envelope}], faults: [{drop: true, every: 10}, {reorder: 3, "
                                                 "every: 7}, {stall: 2s, probability: 1%}]}}}"));
    ASSERT_TRUE(made.target.embedded_kafka);
    const auto& [topics, bridge] = *made.target.embedded_kafka;
    ASSERT_EQ(topics.size(), 1U);
    EXPECT_EQ(topics[0].name, "telemetry");
    EXPECT_EQ(topics[0].partitions, 8U);
    EXPECT_EQ(bridge.seed, 9U);
    EXPECT_EQ(bridge.rules,
              (std::vector<backend::bridge_rule>{
                  {.filter = "a/#", .topic = "telemetry", .value = backend::bridge_rule::form::envelope}}));
    ASSERT_EQ(bridge.faults.size(), 3U);
    using enum backend::bridge_fault::kind;
    EXPECT_EQ(bridge.faults[0].what, drop);
    EXPECT_EQ(bridge.faults[0].rule.every, 10U);
    EXPECT_EQ(bridge.faults[1].what, reorder);
    EXPECT_EQ(bridge.faults[1].distance, 3U);
    EXPECT_EQ(bridge.faults[2].what, stall);
    EXPECT_EQ(bridge.faults[2].delay, 2s);
}

TEST(taps, observer_and_sink) {
    const auto made =
        read_back(scenario_with_load("  observers: [{kafka: {brokers: ['k:1'], topics: [events], state: /s}}]\n"
                                     "report: {kafka: {brokers: ['k:1'], topic: runs}}"));
    const auto* o = std::get_if<observer::kafka_observer_options>(&made.load.observers[0]);
    ASSERT_NE(o, nullptr);
    EXPECT_THAT(o->consumer.topics, ElementsAre("events"));
    EXPECT_THAT(o->reading.state, ElementsAre("/s"));
    ASSERT_TRUE(made.report.kafka);
    EXPECT_EQ(made.report.kafka->topic, "runs");
}

TEST(taps, problems_have_their_places) {
    const std::pair<std::string, const char*> rows[] = {
        {with_tap(""), "'topics' is missing"},
        {with_tap("topics: []"), "no Kafka topic is given"},
        {with_tap("topics: [telmetry]"), "did you mean 'telemetry'?"},
        {with_tap("topics: [telemetry], brokers: ['http://k:1']"), "f:5:48: 'http://k:1' has a scheme"},
        {with_tap("topics: [telemetry]", "{seq}", "password: secret-of-broker"), "or give target.embedded kafka: true"},
        {with_tap("topics: [telemetry], key: ''"), "where does a record name its vehicle?"},
        {with_tap("topics: [telemetry], key: vin"), "'vin' is no field path"},
        {with_tap("topics: [telemetry], sequence: ''"), "without a sequence no message can be missed"},
        {with_tap("topics: [telemetry]", "{vin}"), "put {seq} into the payload"},
        {with_tap("topics: [telemetry], security: {sasl: {user: u}}"), "'password' is missing"},
        {with_tap("topics: [telemetry], security: {tls: {key: k.pem}, sasl: {user: u, password: secret-of-sasl}}"),
         "a key without a certificate has no use"},
        {with_tap("topics: [telemetry], brokers: ['k:1'], security: {tls: {ca: /nowhere/ca.pem}}"),
         "the file '/nowhere/ca.pem' cannot be read (No such file or directory); name one that can"},
        {with_tap("topics: [telemetry], brokers: ['k:1'], security: {tls: {certificate: /nowhere/c.pem}}"),
         "the file '/nowhere/c.pem' cannot be read"},
        {with_tap("topics: [telemetry], brokers: ['k:1'], security: {tls: {certificate: " LOADSIM_TEST_DATA
                  "/protobuf/vehicle.desc, key: /nowhere/k.pem}}"),
         "the file '/nowhere/k.pem' cannot be read"},
        {scenario_with_load(
             "  observers: [{kafka: {topics: [x], brokers: ['k:1'], security: {tls: {ca: /nowhere/ca.pem}}}}]"),
         "the file '/nowhere/ca.pem' cannot be read"},
        {minimal_scenario("report: {kafka: {brokers: ['k:1'], security: {tls: {ca: /nowhere/ca.pem}}}}"),
         "the file '/nowhere/ca.pem' cannot be read"},
        {with_tap("topics: [telemetry]}}, {kafka: {topics: [telemetry]"), "there are two taps called 'kafka'"},
        {with_tap("name: '', topics: [telemetry]"), "a tap needs a name"},
        {minimal_scenario("target: {embedded: {kafka: true}}\ntaps: [{kafka: {topics: [telemetry]}}]"),
         "the vehicles send no telemetry, so there is nothing to compare"},
        {minimal_scenario(
             "target: {embedded: {kafka: true}}\nfleet: {telemetry: [{name: a, every: 1s, topic: x, payload: "
             "'{seq}'}, {name: b, every: 1s, topic: y, payload: '{seq}'}]}\ntaps: [{kafka: {topics: "
             "[telemetry]}}]"),
         "several telemetry groups have sequences of their own"},
        {with_tap("topics: [telemetry], telemetryGroups: [b]"), "telemetry group 'b'"},
        {minimal_scenario("target: {embedded: {bridge: {}}}"),
         "a bridge leads to the embedded cluster; write kafka: true"},
        {minimal_scenario("target: {broker: 'mqtt://b', embedded: {kafka: true}}"), "is for the embedded broker"},
        {minimal_scenario("target: {embedded: {kafka: true, bridge: {rules: [{filter: 'a/#/b'}]}}}"), "a/#/b"},
        {minimal_scenario("target: {embedded: {kafka: true, bridge: {faults: [{drop: true}]}}}"), "how often?"},
        {minimal_scenario("target: {embedded: {kafka: true, bridge: {faults: [{every: 3}]}}}"),
         "a fault is exactly one of drop, duplicate, reorder, swapKeys, stall and corrupt"},
        {minimal_scenario("target: {embedded: {kafka: {topics: {t: 0}}}}"), "0 is not between 1 and 1000"},
        {scenario_with_load("  observers: [{kafka: {topics: [x]}}]"), "no Kafka broker is given"},
        {minimal_scenario("report: {kafka: {}}"), "no Kafka broker is given"},
        {minimal_scenario("report: {kafka: {brokers: ['k:1'], topic: 'a b'}}"), "'a b' is no name of a Kafka topic"},
        {minimal_scenario("target: {embedded: {kafka: {topics: {'c d': 4}}}}"), "'c d' is no name of a Kafka topic"},
        {minimal_scenario("target: {embedded: {kafka: true, bridge: {rules: [{topic: 'v1/tlm'}]}}}"),
         "'v1/tlm' is no name of a Kafka topic"},
    };
    for (const auto& [yaml, problem] : rows) EXPECT_THAT(problems_of(yaml), HasSubstr(problem)) << yaml;
}

TEST(taps, warn_of_telemetry_that_the_bridge_does_not_forward) {
    EXPECT_EQ(warnings_of_tap(with_tap("topics: [telemetry]")), "");
    EXPECT_THAT(warnings_of_tap(
                    with_tap("topics: [telemetry]", "{seq}", "kafka: true, bridge: {rules: [{filter: 'v2/+/tlm/#'}]}")),
                HasSubstr("no rule of target.embedded.bridge has a filter for it"));
}

TEST(embedded_kafka, has_the_topics_of_its_list_and_of_the_bridge) {
    embedded_kafka wanted;
    EXPECT_EQ(embedded_topics(wanted), (std::vector<kafka::mock_cluster::topic>{{"telemetry", 4}}));
    wanted.topics = {{"telemetry", 9}, {"other", 2}};
    wanted.bridge.rules = {{.topic = "telemetry"}, {.filter = "v1/+/evt", .topic = "events"}, {.topic = "events"}};
    EXPECT_EQ(embedded_topics(wanted),
              (std::vector<kafka::mock_cluster::topic>{{"telemetry", 9}, {"other", 2}, {"events", 4}}));
}

TEST(taps, do_not_warn_of_a_store_on_disk) {
    std::string yaml = with_tap("topics: [telemetry]");
    yaml.insert(yaml.find("telemetry: [{name"), "store: {sqlite: kept}, ");
    EXPECT_EQ(warnings_of_tap(yaml), "") << "sequences go on behind those of the run before";
}

TEST(taps, warn_of_payloads_that_are_no_json) {
    const auto with_form = [](const char* sequence) {
        return minimal_scenario("target: {embedded: {kafka: true}}\nfleet: {telemetry: [{name: a, every: 1s, topic: "
                                "'v1/{vin}/tlm/a', protobuf: {descriptor: " LOADSIM_TEST_DATA
                                "/protobuf/vehicle.desc, message: acme.tlm.Position, fields: {vin: '{vin}', "
                                "number: '{seq}'}}}]}\ntaps: [{kafka: {topics: [telemetry], "
                                "sequence: '" +
                                std::string(sequence) + "'}}]");
    };
    EXPECT_THAT(warnings_of_tap(with_form("/seq")), HasSubstr("taps read the sequence in JSON"));
    EXPECT_THAT(warnings_of_tap(with_form("header:seq")), testing::Not(HasSubstr("in JSON")));
}
