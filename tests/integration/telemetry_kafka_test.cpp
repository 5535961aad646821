// The bus behind the broker in runs of the whole program: taps, the embedded cluster and its bridge, the observer and the sink.
#include "broker.hpp"
#include "program.hpp"
#include "summary_checks.hpp"
#include "temporary_folder.hpp"

#include <loadsim/backend/kafka_bridge.hpp>
#include <loadsim/kafka/consumer.hpp>
#include <loadsim/kafka/mock_cluster.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::number;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;

namespace {

/// 40 vehicles with five messages a second each, for two seconds.
struct telemetry_scenario {
    std::string target = "{embedded: {kafka: true}}";
    std::string taps = "[{kafka: {topics: [telemetry], vehicle: /vin}}]";
    std::string load_keys{}; ///< further keys, each followed by a comma
    std::string report = "{}";
    std::string budgets = "['unexpected == 0']";

    std::string yaml() const {
        return fmt::format(
            "name: bridged\n"
            "seed: 7\n"
            "target: {}\n"
            "fleet:\n"
            "  vehicles: 40\n"
            "  connectRate: 2000\n"
            "  telemetry:\n"
            "    - name: position\n"
            "      every: 200ms\n"
            "      topic: 'v1/{{vin}}/tlm/position'\n"
            "      qos: 1\n"
            "      payload: '{{\"vin\":\"{{vin}}\",\"seq\":{{seq}},\"soc\":{{index}}}}'\n"
            "behaviours:\n"
            "  success: {{steps: [{{wait: 10ms}}, ack, {{wait: 20ms}}, executed]}}\n"
            "load: {{{} phases: [{{name: steady, duration: 2s, arrivalRate: 10}}], drain: 3s, lagLimit: 2s}}\n"
            "taps: {}\n"
            "report: {}\n"
            "budgets: {}\n",
            target, load_keys, taps, report, budgets);
    }
};

std::int64_t tapped(const boost::json::value& summary, std::string_view count) {
    return number(summary, fmt::format("/taps/0/groups/0/{}", count));
}

/// Counts that the bridge writes at its end: "drop" -> 8.
std::map<std::string, std::int64_t> injected_faults(const program& run) {
    const auto log = harness::read_file(run.report() / "loadsim.log");
    constexpr std::string_view head = "Kafka bridge: injected faults: ";
    std::map<std::string, std::int64_t> all;
    const auto begin = log.find(head);
    if (begin == std::string::npos) return all;
    std::istringstream words(log.substr(begin + head.size(), log.find('\n', begin) - begin - head.size()));
    std::string name, count;
    while (words >> name >> count) all[name] = std::stoll(count);
    return all;
}

std::map<std::string, std::int64_t> findings(const program& run) {
    std::map<std::string, std::int64_t> all;
    for (const auto& line : run.json_lines("telemetry-findings.jsonl")) ++all[harness::text(line, "/finding")];
    return all;
}

} // namespace

TEST(telemetry_kafka, all_telemetry_arrives_behind_the_bridge) {
    auto run = program::run(telemetry_scenario{.budgets = "['unexpected == 0', 'tap.lost == 0', 'tap.duplicated == 0', "
                                                          "'tap.wrong_key == 0', 'telemetry.lost == 0']"}
                                .yaml(),
                            {"--shards", "2"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(run.err(), "");
    const auto summary = run.summary();
    const auto sent = number(summary, "/telemetry/0/sent");
    EXPECT_GE(sent, 40 * 8);
    EXPECT_EQ(tapped(summary, "sent"), sent);
    EXPECT_EQ(tapped(summary, "consumed"), sent);
    EXPECT_EQ(tapped(summary, "matched"), sent);
    EXPECT_EQ(tapped(summary, "out_of_order"), 0);
    EXPECT_EQ(tapped(summary, "clock_difference"), 0);
    EXPECT_EQ(number(summary, "/taps/0/deliver/samples"), sent);
    EXPECT_EQ(number(summary, "/taps/0/bridge/samples"), sent);
    std::int64_t by_partition = 0;
    for (const auto& p : summary.at_pointer("/taps/0/partitions").as_object())
        by_partition += p.value().to_number<std::int64_t>();
    EXPECT_EQ(by_partition, sent);
    EXPECT_TRUE(findings(run).empty());
}

TEST(telemetry_kafka, k_faults_of_the_bridge_are_k_findings) {
    const std::vector<std::pair<std::string, std::string>> faults{{"drop: true", "lost"},
                                                                  {"duplicate: true", "duplicated"},
                                                                  {"corrupt: true", "corrupted"},
                                                                  {"swapKeys: true", "wrong_key"},
                                                                  {"reorder: 2", "out_of_order"}};
    for (const auto& [fault, finding] : faults) {
        auto run = program::run(telemetry_scenario{
            .target = fmt::format("{{embedded: {{kafka: true, bridge: {{faults: [{{{}, every: 31}}]}}}}}}", fault)}
                                    .yaml());
        ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
        const auto injected = injected_faults(run);
        ASSERT_EQ(injected.size(), 1U) << fault;
        const auto k = injected.begin()->second;
        EXPECT_GE(k, finding == "out_of_order" ? 1 : 40 * 8 / 31) << fault; // some are followed by none
        EXPECT_EQ(tapped(run.summary(), finding), k) << fault;
        EXPECT_EQ(findings(run)[finding], k) << fault;
        EXPECT_EQ(tapped(run.summary(), "foreign"), 0) << fault;
        if (finding == "wrong_key") continue; // another key, another partition: others may overtake it
        if (finding != "out_of_order") {
            EXPECT_EQ(tapped(run.summary(), "out_of_order"), 0) << fault;
        }
        EXPECT_EQ(findings(run).size(), 1U) << fault;
    }
}

TEST(telemetry_kafka, a_budget_on_lost_messages_fails_the_run) {
    auto run = program::run(
        telemetry_scenario{.target = "{embedded: {kafka: true, bridge: {faults: [{drop: true, every: 50}]}}}",
                           .budgets = "['tap.lost == 0']"}
            .yaml());
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
}

TEST(telemetry_kafka, an_unreachable_cluster_ends_the_run_before_the_load) {
    auto run =
        program::run(telemetry_scenario{.taps = "[{kafka: {brokers: ['127.0.0.1:1'], topics: [telemetry]}}]"}.yaml());
    EXPECT_EQ(run.wait(60s), 3) << run.out();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("taps[0].kafka (127.0.0.1:1): "), HasSubstr("check `brokers`")));
    EXPECT_FALSE(exists(run.report() / "summary.json"));
}

TEST(telemetry_kafka, a_topic_that_does_not_exist_is_named_with_the_nearest_one) {
    auto cluster = kafka::mock_cluster::start({{"telemetry", 1}}).value();
    auto run = program::run(telemetry_scenario{
        .taps = fmt::format("[{{kafka: {{brokers: ['{}'], topics: [telemetri]}}}}]", cluster.brokers().front())}
                                .yaml());
    EXPECT_EQ(run.wait(60s), 3) << run.out();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("taps[0].kafka"), HasSubstr("did you mean 'telemetry'?")));
}

TEST(telemetry_kafka, final_events_are_observed_in_a_topic) {
    auto run =
        program::run(telemetry_scenario{.target = "{embedded: {kafka: true, bridge: {rules: [{filter: 'v1/+/tlm/#'}, "
                                                  "{filter: 'v1/+/evt', topic: events}]}}}",
                                        .load_keys = "observers: [{kafka: {topics: [events], vin: correlation}}],"}
                         .yaml());
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/requests/outcomes/executed"), number(summary, "/requests/due"));
    EXPECT_EQ(harness::sum_of_outcomes(summary, "/requests/outcomes"), 20);
}

TEST(telemetry_kafka, records_of_requests_go_to_a_topic) {
    auto cluster = kafka::mock_cluster::start({{"requests", 2}}).value();
    std::mutex mutex;
    std::vector<std::pair<std::string, std::string>> records; // key, value
    const steady_time time;
    auto consumer =
        kafka::consumer::start(
            {.connection = {.brokers = cluster.brokers()}, .topics = {"requests"}, .fetch_wait = 10ms}, time,
            [&](std::span<const kafka::incoming_record> batch) {
                const std::lock_guard lock(mutex);
                for (const auto& r : batch) records.emplace_back(r.key, r.value);
            })
            .value();
    auto run = program::run(telemetry_scenario{
        .taps = "[]",
        .report = fmt::format("{{kafka: {{brokers: ['{}'], topic: requests}}}}", cluster.brokers().front())}
                                .yaml());
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto lines = run.json_lines("requests.jsonl");
    for (int i = 0; i < 200 && consumer.counts().records < lines.size(); ++i) std::this_thread::sleep_for(10ms);
    consumer.stop();
    ASSERT_EQ(records.size(), lines.size());
    std::map<std::int64_t, boost::json::value> by_arrival;
    for (const auto& [key, value] : records) {
        auto line = boost::json::parse(value);
        EXPECT_EQ(key, harness::text(line, "/vin"));
        const auto arrival = number(line, "/arrival");
        by_arrival.emplace(arrival, std::move(line));
    }
    for (const auto& line : lines) EXPECT_EQ(by_arrival.at(number(line, "/arrival")), line);
}

TEST(telemetry_kafka, a_sink_that_cannot_be_reached_ends_the_run_before_the_load) {
    auto run = program::run(telemetry_scenario{.taps = "[]", .report = "{kafka: {brokers: ['127.0.0.1:1']}}"}.yaml());
    EXPECT_EQ(run.wait(60s), 3) << run.out();
    EXPECT_THAT(run.err(), HasSubstr("report.kafka (127.0.0.1:1): "));
}

TEST(telemetry_kafka, a_rehearsal_has_nothing_to_tap) {
    const harness::temporary_folder folder;
    std::ofstream(folder / "bridged.yaml") << telemetry_scenario{}.yaml();
    program run({"rehearse", (folder / "bridged.yaml").string()});
    EXPECT_NE(run.wait(60s), 0);
    EXPECT_THAT(run.err(), HasSubstr("taps: "));
}

TEST(telemetry_kafka, messages_are_not_lost_if_the_cluster_disappears) {
    const harness::broker broker;
    std::optional<kafka::mock_cluster> cluster(kafka::mock_cluster::start({{"telemetry", 2}}).value());
    auto run = program::run(
        telemetry_scenario{.target = fmt::format("{{broker: '{}'}}", broker.url()),
                           .taps = fmt::format("[{{kafka: {{brokers: ['{}'], topics: [telemetry], vehicle: /vin}}}}]",
                                               cluster->brokers().front()),
                           .load_keys = "driver: mqtt, mqtt: {deadline: 1s},",
                           .budgets = "['unexpected == 0', 'tap.lost == 0']"}
            .yaml());
    ASSERT_TRUE(harness::wait_until(
        [&] { return harness::read_file(run.report() / "timeline.jsonl").find("steady") != std::string::npos; }, 30s));
    cluster.reset();
    EXPECT_EQ(run.wait(60s), 5) << "no data: " << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(tapped(summary, "lost"), 0);
    EXPECT_EQ(tapped(summary, "sent_not_reconciled"), tapped(summary, "sent"));
    EXPECT_GE(number(summary, "/taps/0/error_reasons/no broker is connected"), 1);
}

/// Broker and cluster that all ranks share: each compares the telemetry of its own vehicles.
TEST(telemetry_kafka, several_ranks_consume_the_same_topics) {
    const harness::broker broker;
    auto cluster = kafka::mock_cluster::start({{"telemetry", 4}}).value();
    auto bridge = backend::kafka_bridge::start({}, {broker.endpoint()},
                                               {.connection = {.brokers = cluster.brokers()}, .linger = 1ms})
                      .value();
    auto run = program::run(
        telemetry_scenario{.target = fmt::format("{{broker: '{}'}}", broker.url()),
                           .taps = fmt::format("[{{kafka: {{brokers: ['{}'], topics: [telemetry], vehicle: /vin}}}}]",
                                               cluster.brokers().front()),
                           .load_keys = "driver: mqtt, mqtt: {deadline: 1s},",
                           .budgets = "['unexpected == 0', 'tap.lost == 0']"}
            .yaml(),
        {"--ranks", "2"});
    ASSERT_EQ(run.wait(120s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    const auto sent = number(summary, "/telemetry/0/sent");
    EXPECT_EQ(tapped(summary, "matched"), sent);
    EXPECT_EQ(tapped(summary, "consumed"), sent) << "each record is counted by one rank";
    EXPECT_EQ(bridge.counts().forwarded, static_cast<std::uint64_t>(sent));
    std::int64_t by_partition = 0;
    for (const auto& p : summary.at_pointer("/taps/0/partitions").as_object())
        by_partition += p.value().to_number<std::int64_t>();
    EXPECT_EQ(by_partition, sent);
}
