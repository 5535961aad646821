// Broker restart during a run: sessions reconnect, each request has an outcome, the sums are consistent.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
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
    w.budgets = "['outcomes.executed{phase=before} == 30', 'outcomes.executed{phase=after} == 60', 'unexpected >= 0',"
                " 'anomalies >= 0']";
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

/// Size of the tests below. A large one: LOADSIM_RESTART_VEHICLES=100000 LOADSIM_RESTART_RATE=2000.
std::uint32_t from_environment(const char* name, std::uint32_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::stoul(text));
}

/// A run under full load, whose broker is restarted. All of it must go on while vehicles reconnect: sessions, progress, stopping.
class restart_under_load : public testing::Test {
protected:
    void start() {
        harness::scenario_builder w;
        w.vehicles = vehicles_;
        w.fleet_keys = "reconnect: {base: 500ms, cap: 4s},";
        w.phases = fmt::format("[{{name: before, duration: 2s, arrivalRate: {0}}},"
                               " {{name: outage, duration: {1}s, arrivalRate: {0}}}]",
                               rate_, load_s());
        w.budgets = "[]";
        run_.reset(new harness::program(harness::program::run(w.yaml(), {"--broker", broker_.url()})));
        const auto loaded = [this] { return timeline().find(R"("phase":"outage")") != std::string::npos; };
        ASSERT_TRUE(harness::wait_until(loaded, 30s + connect_time())) << run_->err();
    }
    /// The program reacts within a second (three: of a busy machine), and ends after its drain.
    void expect_stop() {
        const auto interrupted = std::chrono::steady_clock::now();
        run_->signal(SIGINT);
        const auto stopped = [this] { return run_->out().find("stopped: draining") != std::string::npos; };
        EXPECT_TRUE(harness::wait_until(stopped, 3s)) << run_->out() << run_->err();
        EXPECT_EQ(run_->wait(60s), 130) << run_->err();
        EXPECT_LT(std::chrono::steady_clock::now() - interrupted, 10s + connect_time()) << "5 s of drain";
        double longest = 0;
        for (const auto& line : run_->json_lines("timeline.jsonl"))
            if (line.at("stage").as_string() == "load")
                longest = std::max(longest, line.at("interval_ms").to_number<double>());
        EXPECT_LE(longest, 5'000) << "a line each second";
    }
    std::string timeline() const { return harness::read_file(run_->report() / "timeline.jsonl"); }
    /// Sessions that were established again so far.
    std::int64_t back() const {
        const auto text = timeline();
        std::istringstream lines(text.substr(0, text.rfind('\n') + 1)); // the last line may be incomplete
        std::int64_t sum = 0;
        for (std::string line; std::getline(lines, line);)
            sum += number(boost::json::parse(line), "/sessions/reconnects");
        return sum;
    }
    std::chrono::milliseconds connect_time() const { return std::chrono::milliseconds(vehicles_ / 2); }
    std::uint32_t load_s() const { return 30 + vehicles_ / 1000; }

    const std::uint32_t vehicles_ = from_environment("LOADSIM_RESTART_VEHICLES", 2'000);
    const std::uint32_t rate_ = from_environment("LOADSIM_RESTART_RATE", 400);
    harness::broker broker_;
    std::unique_ptr<harness::program> run_;
};

TEST_F(restart_under_load, brings_all_vehicles_back_within_the_backoff) {
    ASSERT_NO_FATAL_FAILURE(start());
    broker_.stop(SIGKILL);
    std::this_thread::sleep_for(1s);
    broker_.start();
    const auto all_back = [this] { return back() >= vehicles_; };
    EXPECT_TRUE(harness::wait_until(all_back, 4s + connect_time() + 2s))
        << "cap, connects, up to two lines: " << back();
    expect_stop();
    EXPECT_EQ(number(run_->summary(), "/sessions/reconnects"), vehicles_);
}

TEST_F(restart_under_load, can_be_stopped_while_the_broker_is_away) {
    ASSERT_NO_FATAL_FAILURE(start());
    broker_.stop(SIGKILL);
    std::this_thread::sleep_for(1500ms);
    expect_stop();
}

TEST_F(restart_under_load, can_be_stopped_while_vehicles_reconnect) {
    ASSERT_NO_FATAL_FAILURE(start());
    broker_.stop(SIGKILL);
    std::this_thread::sleep_for(1s);
    broker_.start();
    std::this_thread::sleep_for(1s);
    expect_stop();
}

INSTANTIATE_TEST_SUITE_P(drivers, broker_restart,
                         // On SIGTERM mosquitto sends DISCONNECT to MQTT 5.0 sessions.
                         testing::Values(outage{"http_killed", "", "", SIGKILL, 6},
                                         outage{"mqtt_terminated", "driver: mqtt,", "", SIGTERM, 4},
                                         outage{"mqtt_3_1_1_killed", "driver: mqtt,", "mqtt: {version: 3.1.1},",
                                                SIGKILL, 4}),
                         [](const auto& row) { return row.param.name; });

} // namespace
