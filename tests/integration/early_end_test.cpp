// Runs that end before their load does: by a signal, or because the broker does not return. Exit codes and counts, no latencies.
#include "broker.hpp"
#include "fake_api.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using harness::expect_verdict;
using harness::number;
using harness::program;
using harness::text;
using testing::HasSubstr;

namespace {

std::string last_stage(const program& run) {
    const auto all = harness::read_file(run.report() / "timeline.jsonl");
    const auto end = all.rfind('\n');
    if (end == std::string::npos) return {};
    const auto begin = all.rfind('\n', end - 1);
    return text(boost::json::parse(all.substr(begin + 1, end - begin - 1)), "/stage");
}

/// Waits for a line of the timeline with this stage.
bool reaches_stage(const program& run, std::string_view stage) {
    return harness::wait_until([&] { return last_stage(run) == stage; }, 30s);
}

/// Waits for the load stage and one more line of the timeline.
bool is_under_load(const program& run) {
    if (!reaches_stage(run, "load")) return false;
    const auto before = run.timeline_lines();
    return harness::wait_until([&] { return run.timeline_lines() > before; }, 10s);
}

std::string endless_scenario(std::string segments) {
    harness::scenario_builder w;
    w.segments = std::move(segments);
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    return w.yaml();
}

TEST(early_end, a_run_that_was_terminated_is_4) {
    for (const int number : {SIGTERM, SIGHUP}) {
        auto run = program::run(endless_scenario("[{name: all, share: 100%, behaviour: success}]"));
        ASSERT_TRUE(is_under_load(run)) << run.err();
        run.signal(number);
        EXPECT_EQ(run.wait(10s), 4) << run.err();
        expect_verdict(run, "invalid", 4);
        EXPECT_EQ(text(run.summary(), "/end_reason"), "terminated");
    }
}

TEST(early_end, a_run_under_nohup_survives_its_terminal) {
    auto run = program::run(endless_scenario("[{name: all, share: 100%, behaviour: success}]"), {},
                            [] { return ::signal(SIGHUP, SIG_IGN) != SIG_ERR; });
    ASSERT_TRUE(is_under_load(run)) << run.err();
    run.signal(SIGHUP);
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(10s), 130) << run.err();
    EXPECT_EQ(text(run.summary(), "/end_reason"), "interrupted");
}

TEST(early_end, ctrl_c_during_a_hook_that_gets_no_response_is_130_at_once) {
    harness::broker broker;
    std::atomic<int> posts = 0;
    const harness::fake_server api(harness::fake_api_handler([&](auto) { return ++posts, harness::reaction{}; }));
    for (const auto* hook : {"{path: /login, method: POST}", "{path: '/cars/{vin}', method: POST, forEach: vehicle}"}) {
        posts = 0;
        harness::scenario_builder w;
        auto run = program::run(w.yaml() + "before: [" + hook + "]\nafter: [{path: /logout, method: POST}]\n",
                                {"--broker", broker.url(), "--api", "http://127.0.0.1:" + std::to_string(api.port())});
        for (int i = 0; i < 500 && posts == 0; ++i) std::this_thread::sleep_for(10ms);
        ASSERT_GT(posts, 0) << run.err();
        run.signal(SIGINT);
        EXPECT_EQ(run.wait(5s), 130) << run.err() << "before the time-out of the request";
        EXPECT_EQ(text(run.summary(), "/end_reason"), "interrupted");
    }
}

TEST(early_end, ctrl_c_drains_and_reports_and_is_130) {
    // Vehicles are slow, so that requests are always in flight.
    harness::scenario_builder w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 60}]";
    auto run = program::run(w.yaml(), {"--set", "behaviours.success.steps=[ack, wait: 600ms, executed]", "--set",
                                       "target.embedded.services.horn={pending: 10s, running: 10s}", "--set",
                                       "target.embedded.services.light-flash={pending: 10s, running: 10s}"});
    ASSERT_TRUE(is_under_load(run)) << run.err();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(10s), 130) << run.err();
    expect_verdict(run, "invalid", 130);
    const auto summary = run.summary();
    EXPECT_EQ(text(summary, "/end_reason"), "interrupted");
    EXPECT_LT(number(summary, "/requests/due"), number(summary, "/requests/planned"));
    EXPECT_GT(number(summary, "/requests/due"), 0);
    EXPECT_EQ(number(summary, "/requests/outcomes/executed"), number(summary, "/requests/due"))
        << "in flight were waited for";
    EXPECT_EQ(text(run.json_lines("timeline.jsonl").back(), "/stage"), "done");
    for (const auto* file : {"latency.hlog", "requests.jsonl", "scenario.yaml", "loadsim.log"})
        EXPECT_TRUE(exists(run.report() / file)) << file;
}

TEST(early_end, ctrl_c_while_the_fleet_connects_is_130) {
    auto run = program::run(endless_scenario("[]"), {"--set", "fleet.connectRate=20"});
    ASSERT_TRUE(reaches_stage(run, "connecting")) << run.err();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(10s), 130) << run.err();
    expect_verdict(run, "invalid", 130);
    EXPECT_EQ(number(run.summary(), "/requests/due"), 0);
}

TEST(early_end, a_second_ctrl_c_ends_it_at_once) {
    auto run =
        program::run(endless_scenario("[{name: silent, share: 100%, behaviour: timeout}]"),
                     {"--set", "target.embedded.services.horn={pending: 50s, running: 50s}", "--set",
                      "target.embedded.services.light-flash={pending: 50s, running: 50s}", "--set", "load.drain=55s"});
    ASSERT_TRUE(is_under_load(run)) << run.err();
    run.signal(SIGINT);
    ASSERT_TRUE(reaches_stage(run, "draining")) << run.err();
    const auto asked = std::chrono::steady_clock::now();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(10s), 130);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s) << "the drain takes 55 s";
}

TEST(early_end, an_embedded_broker_that_does_not_restart_is_4) {
    auto run = program::run(endless_scenario("[]") + "conditions: [{outage: {at: 2s, for: 5s}}]\n");
    ASSERT_TRUE(is_under_load(run)) << run.err();
    std::filesystem::remove(run.report() / "mosquitto.conf"); // mosquitto reads it again at the restart
    EXPECT_EQ(run.wait(60s), 4) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(text(summary, "/verdict"), "invalid");
    EXPECT_THAT(run.out(), HasSubstr("did not come back"));
}

TEST(early_end, ctrl_c_cancels_later_conditions) {
    auto run = program::run(
        endless_scenario("[]") + "conditions: [{outage: {at: 7s, for: 20s}}]\n",
        {"--set", "load.drain=20s", "--set", "fleet.vehicles=1000", "--set",
         "behaviours.success={steps: [{wait: 8s}, executed]}", "--set",
         "target.embedded.services={horn: {pending: 20s, running: 20s}, light-flash: {pending: 20s, running: 20s}}"});
    ASSERT_TRUE(is_under_load(run)) << run.err();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(30s), 130) << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/sessions/dropped"), 0);
    EXPECT_EQ(number(summary, "/requests/outcomes/executed"), number(summary, "/requests/due"))
        << "the broker has stayed, and what was in flight had its end";
}

} // namespace
