// Broker restart during a run: sessions reconnect, each request has an outcome, the sums are consistent.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;
using harness::number;

namespace {

struct outage {
    const char* name;
    const char* load; ///< the driver
    const char* fleet;
    int signal;
    int seconds; ///< until requests must be executed again
};

class broker_restart : public testing::TestWithParam<outage> {};

TEST_P(broker_restart, is_survived) {
    harness::scenario_builder w;
    w.fleet_keys = std::string("reconnect: {base: 50ms, cap: 400ms},") + GetParam().fleet;
    const auto length = std::to_string(GetParam().seconds);
    w.phases = "[{name: before, duration: 1s, arrivalRate: 30}, {name: outage, arrivalRate: 30, duration: " + length +
               "s}, {name: after, duration: 2s, arrivalRate: 30}]";
    w.load_keys = GetParam().load;
    w.budgets = "['outcomes.executed{phase=before} == 30', 'outcomes.executed{phase=after} == 60']";
    harness::broker broker;
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    const auto reached = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"outage")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(reached, 15s)) << run.err();
    broker.stop(GetParam().signal);
    std::this_thread::sleep_for(700ms);
    broker.start();

    EXPECT_EQ(run.wait(40s), 0) << run.out() << run.err() << harness::read_file(run.report() / "loadsim.log");
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 90 + 30 * GetParam().seconds);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 200);
    EXPECT_EQ(number(summary, "/sessions/dropped"), 200);
    EXPECT_EQ(number(summary, "/sessions/reconnects"), 200);
    EXPECT_LT(number(summary, "/phases/1/outcomes/executed"), 30 * GetParam().seconds) << "or there was no outage";
    std::int64_t fewest = 200;
    std::int64_t last = 0; // during the load
    for (const auto& line : run.json_lines("timeline.jsonl")) {
        if (line.at("stage").as_string() != "load") continue;
        last = number(line, "/sessions/online");
        fewest = std::min(fewest, last);
    }
    EXPECT_LT(fewest, 200);
    EXPECT_EQ(last, 200) << "all of them came back";
    const auto failures = run.unexpected_requests();
    EXPECT_EQ(static_cast<std::int64_t>(failures.size()), number(summary, "/requests/unexpected"));
    for (const auto& f : failures) {
        EXPECT_NE(harness::text(f, "/reason"), "") << f;
        EXPECT_EQ(harness::text(f, "/vin").size(), 17U) << f;
    }
}

INSTANTIATE_TEST_SUITE_P(drivers, broker_restart,
                         // On SIGTERM mosquitto sends DISCONNECT to MQTT 5.0 sessions.
                         testing::Values(outage{"http_killed", "", "", SIGKILL, 6},
                                         outage{"mqtt_terminated", "driver: mqtt,", "", SIGTERM, 4},
                                         outage{"mqtt_3_1_1_killed", "driver: mqtt,", "mqtt: {version: 3.1.1},",
                                                SIGKILL, 4}),
                         [](const auto& row) { return row.param.name; });

} // namespace
