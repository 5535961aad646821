// Fleet connect: rate, limit of connects in flight, resource shortages, and reconnect of the whole fleet.
#include "broker.hpp"
#include "fake_server.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include <sys/resource.h>

using namespace std::chrono_literals;
using harness::number;
using testing::HasSubstr;

namespace {

harness::scenario_builder with_mqtt_driver(std::uint32_t vehicles, std::string fleet) {
    harness::scenario_builder w;
    w.vehicles = vehicles;
    w.fleet_keys = std::move(fleet);
    w.load_keys = "driver: mqtt,";
    return w;
}

/// Overrides the 2,000 connects per second of scenario_builder::yaml().
harness::arguments at_rate(int per_second, std::string broker) {
    return {"--broker", std::move(broker), "--set", "fleet.connectRate=" + std::to_string(per_second)};
}

std::int64_t open_files(pid_t process) {
    std::error_code gone;
    const std::filesystem::directory_iterator files("/proc/" + std::to_string(process) + "/fd", gone);
    return std::distance(begin(files), end(files));
}

TEST(fleet_connect, keeps_the_rate) {
    harness::broker broker;
    auto run = harness::program::run(with_mqtt_driver(800, "").yaml(), at_rate(200, broker.url()));
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    std::vector<std::pair<double, double>> samples; // seconds, sessions
    for (const auto& line : run.json_lines("timeline.jsonl"))
        if (line.at("stage").as_string() == "connecting")
            samples.emplace_back(line.at("elapsed_ms").to_number<double>() / 1e3,
                                 line.at_pointer("/sessions/online").to_number<double>());
    ASSERT_GE(samples.size(), 3U);
    const auto [t0, first] = samples.front();
    const auto [t1, last] = samples[2];
    EXPECT_NEAR((last - first) / (t1 - t0), 200, 20);
}

TEST(fleet_connect, keeps_the_limit_of_connects_in_flight) {
    const harness::fake_server silent([](auto, auto&) { return harness::reaction{}; });
    auto run =
        harness::program::run(with_mqtt_driver(200, "connectsInFlight: 10, fleetConnectTimeout: 1500ms,").yaml(),
                              {"--broker", "mqtt://127.0.0.1:" + std::to_string(silent.port()), "--shards", "2"});
    EXPECT_EQ(run.wait(), 3) << run.out() << run.err();
    // Plus one connectivity check and the two drivers' sessions.
    EXPECT_LE(silent.connections(), 10U + 1U + 2U);
    EXPECT_GE(silent.connections(), 10U);
}

TEST(fleet_connect, counts_connects_whose_syn_was_lost) {
    harness::broker broker;
    // The kernel accepts connections of a stopped broker until its listen backlog of 100 is full.
    auto run =
        harness::program::run(with_mqtt_driver(160, "connectsInFlight: 1000,").yaml(), at_rate(200, broker.url()));
    const auto before = [&] { return open_files(run.pid()) >= 20; };
    ASSERT_TRUE(harness::wait_until(before)) << run.err();
    broker.signal(SIGSTOP);
    std::this_thread::sleep_for(1200ms);
    broker.signal(SIGCONT);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 160);
    EXPECT_GE(number(summary, "/sessions/syn_retransmitted"), 1);
    EXPECT_LT(number(summary, "/sessions/syn_retransmitted"), 100);
    EXPECT_THAT(run.out(), HasSubstr("with a retransmitted SYN"));
}

TEST(fleet_connect, recovers_from_a_shortage_of_open_files) {
    harness::broker broker;
    auto w = with_mqtt_driver(300, "reconnect: {base: 100ms, cap: 1s},");
    w.budgets = "['unexpected == 0', 'sessions.refused > 0']";
    auto run = harness::program::run(w.yaml(), at_rate(300, broker.url()));
    ASSERT_TRUE(harness::wait_until([&] { return open_files(run.pid()) >= 60; })) << run.err();
    rlimit before{};
    ASSERT_EQ(::prlimit(run.pid(), RLIMIT_NOFILE, nullptr, &before), 0);
    const rlimit few{100, before.rlim_max};
    ASSERT_EQ(::prlimit(run.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
    std::this_thread::sleep_for(2500ms);
    EXPECT_LT(open_files(run.pid()), 120);
    ASSERT_EQ(::prlimit(run.pid(), RLIMIT_NOFILE, &before, nullptr), 0) << "or it has ended";

    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 300);
    const auto refused = number(summary, "/sessions/refused");
    EXPECT_EQ(number(summary, "/sessions/error_reasons/Too many open files"), refused) << summary.at("sessions");
    EXPECT_GE(refused, 180) << "each that had none";
    EXPECT_LE(refused, 300 * 30) << "and with backoff";
    EXPECT_LT(summary.at_pointer("/generator/cpu_time_ms").to_number<double>(), 1000);
}

TEST(fleet_connect, reconnects_are_spread_over_the_backoff) {
    harness::broker broker;
    auto w = with_mqtt_driver(2000, "reconnect: {base: 3s, cap: 3s},");
    w.phases = "[{name: before, duration: 1s, arrivalRate: 20}, {name: outage, duration: 8s, arrivalRate: 20},"
               " {name: after, duration: 1s, arrivalRate: 20}]";
    w.budgets = "['outcomes.executed{phase=before} == 20', 'outcomes.executed{phase=after} == 20', 'unexpected >= 0',"
                " 'anomalies >= 0']";
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    const auto reached = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"outage")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(reached, 15s)) << run.err();
    broker.stop(SIGKILL);
    broker.start();
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/sessions/dropped"), 2000);
    EXPECT_EQ(number(summary, "/sessions/reconnects"), 2000) << "all of them are back";
    std::int64_t max_reconnects = 0;
    for (const auto& line : run.json_lines("timeline.jsonl"))
        max_reconnects = std::max(max_reconnects, number(line, "/sessions/reconnects"));
    EXPECT_LT(max_reconnects, 1200) << "one second of a window of three brings a third";
}

} // namespace
