// MQTT driver: a run with only a broker, without a platform.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

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

INSTANTIATE_TEST_SUITE_P(versions, mqtt_driver, testing::Values("5.0", "3.1.1"),
                         [](const auto& row) { return row.index == 0 ? "v5_0" : "v3_1_1"; });

} // namespace
