// MQTT driver: a run with only a broker, without a platform.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"
#include "temporary_folder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using harness::number;

namespace {

class mqtt_driver : public testing::TestWithParam<const char*> {};

TEST_P(mqtt_driver, needs_a_broker_and_nothing_else) {
    harness::scenario_builder w;
    w.vehicles = 800;
    w.segments = harness::mixed_segments;
    w.phases = "[{name: steady, duration: 2s, arrivalRate: 35}]";
    w.fleet_keys = std::string("mqtt: {version: '") + GetParam() + "'},";
    w.load_keys = "driver: mqtt,";
    w.budgets = "['unexpected == 0', 'anomalies == 0', 'expiry.max < 500ms']";
    const auto scenario = w.without_repeated_vehicles().yaml();
    const auto by = harness::requests_by_segment(scenario);

    harness::broker broker;
    auto run = harness::program::run(scenario, {"--broker", broker.url(), "--shards", "2"});
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    const std::map<std::string, std::int64_t> expected{{"healthy: executed as executed", by.at("healthy")},
                                                       {"stubborn: failed as failed", by.at("stubborn")},
                                                       {"silent: timed_out as timed_out", by.at("silent")},
                                                       {"garage: timed_out as timed_out", by.at("garage")}};
    EXPECT_EQ(harness::outcome_matrix(summary), expected);
    EXPECT_EQ(number(summary, "/requests/due"), 70);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 800);
    EXPECT_TRUE(summary.at("http").is_null());
    EXPECT_EQ(number(summary, "/latency/e2e/samples"), by.at("healthy") + by.at("stubborn"));
    EXPECT_EQ(number(summary, "/latency/expiry/samples"), by.at("silent") + by.at("garage"));
    EXPECT_EQ(harness::read_file(run.report() / "loadsim.log").find("embedded"), std::string::npos)
        << "nothing of ours is started";
    EXPECT_FALSE(exists(run.report() / "mosquitto.conf"));
}

/// Access rules of mosquitto in which the driver's subscription is allowed or not.
std::string rules(bool allowed) {
    return std::string(R"({
        "defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": true, "unsubscribe": true},
        "clients": [], "anonymousGroup": "anybody",
        "groups": [{"groupname": "anybody", "roles": [{"rolename": "driver"}]}],
        "roles": [{"rolename": "driver", "acls": [{"acltype": "subscribePattern", "topic": "loadsim/#", "priority": 0, "allow": )") +
           (allowed ? "true" : "false") + "}]}]}";
}

// Without its subscription the driver misses final responses: that is the broker's fault, not the vehicles'.
TEST(mqtt_driver_subscription, that_is_refused_after_a_reconnect_is_reported) {
    const harness::temporary_folder folder;
    const auto file = folder.write("rules.json", rules(true));
    harness::broker broker("allow_anonymous true\nplugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so\n"
                           "plugin_opt_config_file " +
                           file.string() + "\n");
    harness::scenario_builder w;
    w.fleet_keys = "reconnect: {base: 50ms, cap: 200ms},";
    w.load_keys = "driver: mqtt,";
    w.phases = "[{name: before, duration: 2s, arrivalRate: 20}, {name: refused, duration: 8s, arrivalRate: 20},"
               " {name: after, duration: 3s, arrivalRate: 20}]";
    w.budgets = "['outcomes.executed{phase=before} == 40', 'outcomes.executed{phase=after} == 60', 'unexpected > 0',"
                " 'anomalies >= 0']";
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    const auto restart = [&](bool allowed) {
        broker.stop(SIGKILL);
        folder.write("rules.json", rules(allowed));
        broker.start();
    };
    const auto refused = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"refused")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(refused, 15s)) << run.err();
    restart(false);
    std::this_thread::sleep_for(3s);
    restart(true);
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_THAT(serialize(summary.at("broker_limits")),
                testing::AllOf(testing::HasSubstr("after a reconnect the broker refuses the subscription to loadsim/"),
                               testing::HasSubstr("check the broker's access rules")));
    std::size_t blamed_on_broker = 0;
    for (const auto& r : run.unexpected_requests())
        if (harness::text(r, "/reason").find("refuses the driver's subscription to responses") != std::string::npos)
            ++blamed_on_broker;
    EXPECT_GE(blamed_on_broker, 20U);
}

INSTANTIATE_TEST_SUITE_P(versions, mqtt_driver, testing::Values("5.0", "3.1.1"),
                         [](const auto& row) { return row.index == 0 ? "v5_0" : "v3_1_1"; });

} // namespace
