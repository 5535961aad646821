// Custom contract without a platform: own topics and payloads with only a broker, CSV data, campaigns, and a probe that reports
// contract mismatches.
#include "broker.hpp"
#include "program.hpp"
#include "summary_checks.hpp"
#include "temporary_folder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
using harness::number;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr auto scenario_template = R"(
name: orders
seed: 3
target: {broker: "BROKER"}
contract:
  command:
    topic: "to/{segment.region}/{vin}/{service}"
    filter: "to/{segment.region}/{vin}/+"
    payload: '{"head":{"order":"{request.id}","corr":"{random:hex:8}"},"degrees":21}'
    id: /head/order
    service: topic[3]
    parameters: {degrees: /degrees}
  ack: {topic: "from/{vin}/a", payload: "{request.id};got", qos: 1}
  executed:
    topic: "from/{vin}/z"
    payload: {json: '{"ref":"{request.id}","corr":"{command:/head/corr}","how":"DONE","degrees":{parameter.degrees},"n":{seq},"owner":"{data.owner}"}'}
    userProperties: {region: "{segment.region}"}
  failed: {topic: "from/{vin}/z", payload: '{"ref":"{request.id}","how":"NO:{code}"}'}
  responses: {filter: from/+/z, vin: "topic[1]", id: /ref, state: /how, reason: /how, sequence: '', ends: {executed: DONE, failed: "NO:*"}}
  presence: {topic: "here/{vin}", payload: {text: "{state}"}}
fleet:
  vehicles: 20
  connectRate: 200
  data: "CSV"
  mqtt: {clientId: "c-{data.owner}", user: "u-{data.owner}", password: "p"}
  telemetry:
    - {name: all, every: 500ms, topic: "tlm/{vin}", payload: '{"at":"{now:iso}","n":{seq},"v":{random:1..6}}'}
  segments:
    - {name: a, share: 50%, behaviour: success, variables: {region: eu}}
    - {name: b, share: 50%, behaviour: failure, variables: {region: us}}
load:
  driver: mqtt
  phases: [{duration: 3s, arrivalRate: 20}]
budgets: [unexpected == 0, anomalies == 0]
)";

std::string replace_placeholder(std::string text, const std::string& placeholder, const std::string& value) {
    text.replace(text.find(placeholder), placeholder.size(), value);
    return text;
}

/// 21 vehicles, one more than the scenario uses.
void write_vehicle_csv(const std::filesystem::path& file) {
    std::ofstream out(file);
    out << "owner,vin\n";
    for (int i = 0; i < 21; ++i) out << "\"owner, " << i << "\",CAR000000000000" << (i < 10 ? "0" : "") << i << "\n";
}

TEST(contract, custom_contract_works_with_only_a_broker) {
    const harness::temporary_folder files;
    write_vehicle_csv(files / "cars.csv");
    harness::broker broker;
    auto run = harness::program::run(replace_placeholder(replace_placeholder(scenario_template, "BROKER", broker.url()),
                                                         "CSV", (files / "cars.csv").string()),
                                     {"--set", "load.lagLimit=5s"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 60);
    EXPECT_GT(number(summary, "/requests/outcomes/executed"), 0);
    EXPECT_GT(number(summary, "/requests/outcomes/failed"), 0);
    EXPECT_GT(number(summary, "/messages/published"), 60 * 3 + 20 + 20 * 4) << "telemetry, every half second of each";
    const auto requests = run.json_lines("requests.jsonl");
    ASSERT_EQ(requests.size(), 60U);
    const auto text = harness::read_file(run.report() / "requests.jsonl");
    EXPECT_THAT(text, HasSubstr(R"(to/eu/CAR)"));
    EXPECT_THAT(text, HasSubstr(R"(\"degrees\":21,)"));
    EXPECT_THAT(text, HasSubstr(R"(\"owner\":\"owner, )"));
    EXPECT_THAT(text, HasSubstr("NO:"));
}

TEST(contract, mismatch_is_reported_by_a_probe) {
    const harness::temporary_folder files;
    write_vehicle_csv(files / "cars.csv");
    harness::broker broker;
    const auto text = replace_placeholder(replace_placeholder(scenario_template, "BROKER", broker.url()), "CSV",
                                          (files / "cars.csv").string());
    const auto scenario = files / "orders.yaml";
    std::ofstream(scenario) << text;
    auto good = harness::program({"probe", scenario.string(), "--report", "report"});
    EXPECT_EQ(good.wait(60s), 0) << good.out() << good.err();
    EXPECT_THAT(good.out(), HasSubstr("✓ the command came on to/"));
    EXPECT_THAT(good.out(), HasSubstr("is executed"));
    EXPECT_THAT(good.out(), Not(HasSubstr("✗")));

    auto bad =
        harness::program({"probe", scenario.string(), "--report", "report", "--set", "contract.command.id=/head/ordre",
                          "--set", "load.mqtt.deadline=1s", "--set", "load.drain=2s"});
    EXPECT_EQ(bad.wait(60s), 99) << bad.out() << bad.err();
    EXPECT_THAT(bad.out(), HasSubstr("✗ a message came on to/"));
    EXPECT_THAT(bad.out(), HasSubstr("there is no '/head/ordre' (contract.command.id) in it: {\"head\":{\"order\":"));
}

constexpr auto two_observers = R"(
name: two-observers
target: {embedded: {services: {horn: {created: 1s, pending: 1s, running: 1s}}}}
fleet:
  vehicles: 50
  segments: [{name: most, share: 90%, behaviour: success}, {name: silent, share: 10%, behaviour: timeout}]
behaviours:
  late: {expect: timed_out, steps: [{wait: 3500ms}, executed]}
load:
  observers:
    - mqtt: {}
    - poll: {first: 2s, factor: 1, cap: 2s}
  phases: [{duration: 60s, arrivalRate: 1}]
)";

TEST(probe, waits_for_a_slow_observer) {
    const harness::temporary_folder files;
    const auto scenario = files.write("two.yaml", two_observers).string();
    harness::program probe({"probe", scenario, "--report", "report"});
    EXPECT_EQ(probe.wait(60s), 0) << probe.out() << probe.err();
    EXPECT_THAT(probe.out(), HasSubstr("✓ load.observers[1] (poll): "));
    EXPECT_THAT(probe.out(), Not(HasSubstr("✗")));
}

TEST(probe, is_of_the_vehicle_and_the_behaviour_that_are_named) {
    const harness::temporary_folder files;
    const auto scenario = files.write("two.yaml", two_observers).string();
    harness::program probe({"probe", scenario, "--report", "report", "--vehicle", "31", "--behaviour", "failure"});
    EXPECT_EQ(probe.wait(60s), 0) << probe.out() << probe.err();
    EXPECT_THAT(probe.out(), HasSubstr("request   failed (as it should be)"));
    const auto lines = probe.json_lines("requests.jsonl");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(harness::text(lines[0], "/vin"), testing::EndsWith("000031"));
    EXPECT_EQ(harness::text(lines[0], "/behaviour"), "failure");
    EXPECT_EQ(harness::text(probe.summary(), "/mode"), "run");
    for (const auto& wrong : {std::vector<std::string>{"--vehicle", "50"},
                              {"--behaviour", "failur"},
                              {"--behaviour", ""},
                              {"--service", ""},
                              {"--linger", "5"},
                              {"--linger", "25h"}}) {
        harness::program refused({"probe", scenario, wrong[0], wrong[1]});
        EXPECT_EQ(refused.wait(), 2) << refused.out();
        EXPECT_THAT(refused.err(), HasSubstr(wrong[0]));
    }
}

// The vehicle reports its result after the platform has timed the request out.
TEST(probe, lingers_for_late_messages) {
    const harness::temporary_folder files;
    const auto scenario = files.write("two.yaml", two_observers).string();
    for (const bool lingers : {false, true}) {
        harness::arguments arguments{"probe",       scenario, "--report", "report",
                                     "--behaviour", "late",   "--set",    "load.observers=[{mqtt: {}}]"};
        if (lingers) arguments.insert(arguments.end(), {"--linger", "4s"});
        harness::program probe(arguments);
        EXPECT_EQ(probe.wait(60s), 0) << probe.out() << probe.err();
        EXPECT_THAT(probe.out(), HasSubstr("request   timed_out (as it should be)"));
        EXPECT_EQ(probe.out().find("from the vehicle") != std::string::npos, lingers) << probe.out();
    }
}

TEST(probe, prints_anomalies_and_ends_with_99) {
    const harness::temporary_folder files;
    const auto scenario = files.write("two.yaml", two_observers).string();
    harness::program probe(
        {"probe", scenario, "--report", "report", "--set", "target.embedded.faults=[{duplicate: command, every: 1}]"});
    EXPECT_EQ(probe.wait(60s), 99) << probe.out() << probe.err();
    EXPECT_THAT(probe.out(), HasSubstr("request   executed (as it should be)"));
    EXPECT_THAT(probe.out(), HasSubstr("anomaly   command_duplicated: the command came again"));
}

TEST(contract, mismatch_is_reported_after_twenty_messages) {
    const harness::temporary_folder files;
    write_vehicle_csv(files / "cars.csv");
    harness::broker broker;
    auto run = harness::program::run(
        replace_placeholder(replace_placeholder(scenario_template, "BROKER", broker.url()), "CSV",
                            (files / "cars.csv").string()),
        {"--set", "contract.command.id=/head/ordre", "--set", "load.mqtt.deadline=1s", "--set", "load.drain=2s"});
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("contract.command.id: '/head/ordre' was in none of the first 20 messages"));
    EXPECT_EQ(run.summary().at("unmatched_fields").as_object().size(), 1U);
}

TEST(campaigns, reach_a_segment_and_offline_vehicles_after_their_reconnect) {
    auto run = harness::program::run(R"(
name: recall
seed: 5
fleet:
  vehicles: 60
  connectRate: 300
  mqtt: {cleanStart: false, sessionExpiry: 1m}
  segments:
    - {name: eu, share: 50%, behaviour: success}
    - {name: us, share: 50%, behaviour: success}
conditions:
  - garage: {segments: [eu], share: 40%, at: 500ms, for: 2s}
campaigns:
  - {name: recall, at: 1s, segments: [eu], topic: "all/{segment}", filter: "all/{segment}", payload: '{"id":"{request.id}"}', id: /id}
  - {name: news, at: 1500ms, topic: all, filter: all, payload: hello}
load:
  phases: [{duration: 4s, arrivalRate: 5}]
budgets: [anomalies == 0, "campaigns.undelivered{campaign=recall} == 0", campaigns.duplicates == 0, "campaigns.latency{campaign=news}.p99 < 10s"]
)",
                                     {"--set", "load.lagLimit=5s", "--shards", "2"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    const auto& recall = summary.at("campaigns").at(0);
    EXPECT_EQ(harness::text(recall, "/name"), "recall");
    EXPECT_EQ(number(recall, "/published"), 1) << "one of the two shards sends it";
    EXPECT_EQ(number(recall, "/addressed_vehicles"), 30);
    EXPECT_EQ(number(recall, "/deliveries"), 30);
    EXPECT_GT(number(recall, "/deliveries_after_reconnect"), 0);
    EXPECT_EQ(number(recall, "/deliveries_after_reconnect"), number(summary, "/recoveries/0/affected_vehicles"))
        << "those in their garages";
    EXPECT_EQ(number(recall, "/duplicate_deliveries"), 0);
    EXPECT_GE(recall.at_pointer("/latency/max_ms").to_number<double>(), 1000)
        << "from due, also for those that were unreachable";
    const auto& news = summary.at("campaigns").at(1);
    EXPECT_EQ(number(news, "/addressed_vehicles"), 60);
    EXPECT_EQ(number(news, "/deliveries"), 60);
    EXPECT_THAT(run.out(), HasSubstr("campaigns"));
}

TEST(campaigns, that_the_broker_never_acknowledges_are_reported) {
    harness::broker broker;
    auto run = harness::program::run(R"(
name: recall
seed: 5
fleet: {vehicles: 5}
campaigns:
  - {name: news, at: 2500ms, topic: all, filter: all, payload: hello}
load: {driver: mqtt, phases: [{duration: 4s, arrivalRate: 1}], drain: 1s, lagLimit: 5s}
budgets: []
)",
                                     {"--broker", broker.url()});
    const auto loading = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("stage":"load")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(loading, 15s)) << run.err();
    broker.signal(SIGSTOP);
    run.wait(60s);
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/campaigns/0/published"), 0);
    EXPECT_THAT(serialize(summary.at("unmatched_fields")),
                HasSubstr("campaigns[0] (news) was not published: the broker did not acknowledge it before the end"));
}

} // namespace
