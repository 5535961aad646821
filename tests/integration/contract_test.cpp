// A contract of one's own without a platform of one's own: other topics and payloads over the broker alone, data of a CSV, campaigns,
// and a probe that says what does not fit.
#include "account.hpp"
#include "broker.hpp"
#include "program.hpp"
#include "scratch.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

using namespace std::chrono_literals;
using stage::number;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr auto orders = R"(
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
  words: {filter: from/+/z, vin: "topic[1]", id: /ref, state: /how, reason: /how, sequence: '', ends: {executed: DONE, failed: "NO:*"}}
  presence: {topic: "here/{vin}", payload: {text: "{state}"}}
  telemetry: {topic: "tlm/{vin}", payload: '{"at":"{now:iso}","n":{seq},"v":{random:1..6}}', every: 500ms}
fleet:
  vehicles: 20
  connectRate: 200
  data: "CSV"
  mqtt: {clientId: "c-{data.owner}", user: "u-{data.owner}", password: "p"}
  segments:
    - {name: a, share: 50%, behaviour: success, variables: {region: eu}}
    - {name: b, share: 50%, behaviour: failure, variables: {region: us}}
load:
  driver: mqtt
  phases: [{duration: 3s, arrivalRate: 20}]
budgets: [unexpected == 0, anomalies == 0]
)";

std::string with(std::string text, const std::string& hole, const std::string& value) {
    text.replace(text.find(hole), hole.size(), value);
    return text;
}

/// Twenty cars, and one more than are used.
void write_cars(const std::filesystem::path& file) {
    std::ofstream out(file);
    out << "owner,vin\n";
    for (int i = 0; i < 21; ++i) out << "\"owner, " << i << "\",CAR000000000000" << (i < 10 ? "0" : "") << i << "\n";
}

TEST(contract, of_ones_own_is_spoken_over_the_broker_alone) {
    const stage::scratch files;
    write_cars(files / "cars.csv");
    stage::broker broker;
    auto run = stage::program::run(with(with(orders, "BROKER", broker.url()), "CSV", (files / "cars.csv").string()),
                                   {"--set", "load.lagLimit=5s"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 60);
    EXPECT_GT(number(summary, "/requests/outcomes/executed"), 0);
    EXPECT_GT(number(summary, "/requests/outcomes/failed"), 0);
    EXPECT_GT(number(summary, "/messages/published"), 60 * 3 + 20 + 20 * 4) << "telemetry, every half second of each";
    const auto requests = run.lines("requests.jsonl");
    ASSERT_EQ(requests.size(), 60U);
    const auto text = stage::contents(run.report() / "requests.jsonl");
    EXPECT_THAT(text, HasSubstr(R"(to/eu/CAR)"));
    EXPECT_THAT(text, HasSubstr(R"(\"degrees\":21,)"));
    EXPECT_THAT(text, HasSubstr(R"(\"owner\":\"owner, )"));
    EXPECT_THAT(text, HasSubstr("NO:"));
}

TEST(contract, that_does_not_fit_is_named_by_a_probe) {
    const stage::scratch files;
    write_cars(files / "cars.csv");
    stage::broker broker;
    const auto text = with(with(orders, "BROKER", broker.url()), "CSV", (files / "cars.csv").string());
    const auto scenario = files / "orders.yaml";
    std::ofstream(scenario) << text;
    auto good = stage::program({"probe", scenario.string(), "--report", "report"});
    EXPECT_EQ(good.wait(60s), 0) << good.out() << good.err();
    EXPECT_THAT(good.out(), HasSubstr("✓ the command came on to/"));
    EXPECT_THAT(good.out(), HasSubstr("is executed"));
    EXPECT_THAT(good.out(), Not(HasSubstr("✗")));

    auto bad =
        stage::program({"probe", scenario.string(), "--report", "report", "--set", "contract.command.id=/head/ordre",
                        "--set", "load.mqtt.deadline=1s", "--set", "load.drain=2s"});
    EXPECT_EQ(bad.wait(60s), 99) << bad.out() << bad.err();
    EXPECT_THAT(bad.out(), HasSubstr("✗ a message came on to/"));
    EXPECT_THAT(bad.out(), HasSubstr("there is no '/head/ordre' (contract.command.id) in it: {\"head\":{\"order\":"));
}

TEST(contract, that_never_fits_is_told_after_twenty_messages) {
    const stage::scratch files;
    write_cars(files / "cars.csv");
    stage::broker broker;
    auto run = stage::program::run(
        with(with(orders, "BROKER", broker.url()), "CSV", (files / "cars.csv").string()),
        {"--set", "contract.command.id=/head/ordre", "--set", "load.mqtt.deadline=1s", "--set", "load.drain=2s"});
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("contract.command.id: '/head/ordre' was in none of the first 20 messages"));
    EXPECT_EQ(run.summary().at("misfits").as_object().size(), 1U);
}

TEST(campaigns, reach_every_vehicle_of_a_segment_and_those_that_were_away_on_their_return) {
    auto run = stage::program::run(R"(
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
budgets: [anomalies == 0, "campaigns.undelivered{campaign=recall} == 0", campaigns.repeated == 0, "campaigns.latency{campaign=news}.p99 < 10s"]
)",
                                   {"--set", "load.lagLimit=5s", "--shards", "2"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    const auto& recall = summary.at("campaigns").at(0);
    EXPECT_EQ(stage::text(recall, "/name"), "recall");
    EXPECT_EQ(number(recall, "/published"), 1) << "one of the two shards sends it";
    EXPECT_EQ(number(recall, "/addressed"), 30);
    EXPECT_EQ(number(recall, "/delivered"), 30);
    EXPECT_GT(number(recall, "/on_return"), 0);
    EXPECT_EQ(number(recall, "/on_return"), number(summary, "/recoveries/0/affected")) << "those in their garages";
    EXPECT_EQ(number(recall, "/repeated"), 0);
    EXPECT_GE(recall.at_pointer("/latency/max").to_number<double>(), 1000) << "from due, also of those that were away";
    const auto& news = summary.at("campaigns").at(1);
    EXPECT_EQ(number(news, "/addressed"), 60);
    EXPECT_EQ(number(news, "/delivered"), 60);
    EXPECT_THAT(run.out(), HasSubstr("campaigns"));
}

} // namespace
