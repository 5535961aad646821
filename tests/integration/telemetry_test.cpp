// Telemetry of a run: counts of the summary, a broker that is away, a store that outlives a run.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using harness::number;
using testing::HasSubstr;

namespace {

std::string with_telemetry(const std::string& more = "store: {messages: 1000},") {
    return "reconnect: {base: 50ms, cap: 400ms}, telemetry: [{name: position, every: 200ms, jitter: 0%, qos: 1, "
           "topic: 'v1/{vin}/tlm/position', payload: '{\"seq\":{seq}}'}]," +
           more;
}

void expect_balance(const boost::json::value& summary) {
    const auto of = [&](const char* name) { return number(summary, std::string("/telemetry/0/") + name); };
    EXPECT_EQ(of("due") + of("restored"), of("acknowledged") + of("lost") + of("in_store"));
}

class telemetry_of_a_restarted_broker : public testing::TestWithParam<const char*> {};

TEST_P(telemetry_of_a_restarted_broker, is_not_lost) {
    harness::scenario_builder w;
    w.fleet_keys = with_telemetry() + GetParam();
    w.phases = "[{name: before, duration: 1s, arrivalRate: 5}, {name: outage, duration: 7s, arrivalRate: 5}]";
    w.budgets =
        "['telemetry.lost == 0', 'telemetry.in_store == 0', 'telemetry.backlog.drained < 5s', 'unexpected >= 0',"
        " 'anomalies >= 0']";
    harness::broker broker;
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    const auto reached = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"outage")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(reached, 15s)) << run.err();
    broker.stop(SIGKILL);
    std::this_thread::sleep_for(2s);
    broker.start();

    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err() << harness::read_file(run.report() / "loadsim.log");
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/telemetry/0/due"), 200 * 40);
    EXPECT_EQ(number(summary, "/telemetry/0/acknowledged"), 200 * 40);
    EXPECT_GT(number(summary, "/telemetry/0/stored"), 200 * 5);
    EXPECT_GE(number(summary, "/telemetry_backlogs/begun"), 200);
    expect_balance(summary);
}

INSTANTIATE_TEST_SUITE_P(sessions, telemetry_of_a_restarted_broker,
                         testing::Values("", "mqtt: {cleanStart: false, sessionExpiry: 5m},"));

TEST(telemetry, that_is_due_without_a_broker_is_not_sent_without_a_store) {
    harness::scenario_builder w;
    w.fleet_keys = with_telemetry("");
    w.phases = "[{name: before, duration: 1s, arrivalRate: 5}, {name: outage, duration: 5s, arrivalRate: 5}]";
    w.budgets = "['telemetry.lost > 0', 'telemetry.unsent > 0', 'unexpected >= 0', 'anomalies >= 0']";
    harness::broker broker;
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    const auto reached = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"outage")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(reached, 15s)) << run.err();
    broker.stop(SIGKILL);
    std::this_thread::sleep_for(1s);
    broker.start();
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/telemetry/0/due"), 200 * 30);
    EXPECT_GT(number(summary, "/telemetry/0/acknowledged"), 200 * 15);
    expect_balance(summary);
}

TEST(telemetry, that_cannot_be_made_fails_the_run_by_default) {
    harness::scenario_builder w;
    w.vehicles = 20;
    w.fleet_keys = "telemetry: [{name: position, every: 200ms, qos: 1, topic: 'v1/{vin}/tlm/position', "
                   "payload: {hex: '{signal.Vehicle.Speed}'}}],";
    w.phases = "[{name: steady, duration: 1s, arrivalRate: 1}]";
    w.budgets = "['unexpected >= 0', 'anomalies >= 0']";
    harness::broker broker;
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("Budget telemetry.errored == 0 missed by "));
    EXPECT_THAT(run.out(), HasSubstr("fleet.telemetry[0].payload is no hex"));
    EXPECT_GT(number(run.summary(), "/telemetry/0/errored"), 90);
    EXPECT_EQ(number(run.summary(), "/telemetry/0/errored"), number(run.summary(), "/telemetry/0/due"));
}

TEST(telemetry, that_is_stored_on_disk_outlives_a_run) {
    const harness::temporary_folder folder;
    const auto store = "store: {sqlite: '" + (folder.path() / "store").string() + "'},";
    harness::scenario_builder w;
    w.vehicles = 20;
    w.fleet_keys = with_telemetry(store);
    w.phases = "[{name: before, duration: 1s, arrivalRate: 1}, {name: outage, duration: 3s, arrivalRate: 1}]";
    w.budgets = "['unexpected >= 0', 'anomalies >= 0']";
    harness::broker broker;
    std::int64_t in_store = 0;
    {
        auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
        const auto reached = [&] {
            return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"outage")") != std::string::npos;
        };
        ASSERT_TRUE(harness::wait_until(reached, 15s)) << run.err();
        broker.stop(SIGKILL);
        EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
        const auto summary = run.summary();
        in_store = number(summary, "/telemetry/0/in_store");
        EXPECT_GT(in_store, 20 * 5);
        EXPECT_EQ(number(summary, "/telemetry_backlogs/errors"), 0);
        expect_balance(summary);
    }
    broker.start();
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/telemetry/0/restored"), in_store);
    EXPECT_EQ(number(summary, "/telemetry/0/in_store"), 0);
    EXPECT_EQ(number(summary, "/telemetry/0/lost"), 0);
    EXPECT_EQ(number(summary, "/telemetry/0/acknowledged"), in_store + 20 * 20);
    expect_balance(summary);
}

} // namespace
