// Capacity searches of the whole program, against a platform whose limit is known: workers / processing time.
#include "program.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using harness::arguments;
using harness::number;
using harness::program;
using harness::text;
using testing::HasSubstr;
namespace json = boost::json;

namespace {

constexpr double limit = 200; ///< of the scenario: 8 workers, 40 ms for each request
constexpr double tolerance = 0.05;

const std::string shipped = LOADSIM_ROOT "/scenarios/";

program search(const arguments& extra, const std::string& scenario = shipped + "capacity.yaml") {
    arguments all{"capacity", scenario, "--report", "report"};
    all.insert(all.end(), extra.begin(), extra.end());
    return program(all);
}

json::value found_by(const program& run) { return json::parse(harness::read_file(run.report() / "capacity.json")); }

double value(const json::value& found, std::string_view pointer) {
    return found.at_pointer(pointer).to_number<double>();
}

TEST(capacity, of_a_rehearsal_is_workers_by_time_and_the_same_each_time) {
    const auto once = [] {
        auto run = search({"--rehearse", "--precision", "2%"});
        EXPECT_EQ(run.wait(120s), 0) << run.out() << run.err();
        EXPECT_THAT(run.out(), HasSubstr("twice the load"));
        EXPECT_TRUE(std::filesystem::exists(run.report() / "capacity.html"));
        return found_by(run);
    };
    const auto first = once();
    EXPECT_NEAR(value(first, "/capacity"), limit, limit * tolerance);
    EXPECT_LE(value(first, "/lowest_broken_load"), value(first, "/capacity") * 1.02);
    EXPECT_EQ(text(first, "/end"), "found");
    EXPECT_EQ(text(first, "/first_broken_budget"), "dispatch.p99 < 200ms");
    EXPECT_FALSE(first.at("is_floor").as_bool());
    EXPECT_EQ(number(first, "/exit_code"), 0);
    EXPECT_GE(first.at("steps").as_array().size(), 6U);
    EXPECT_TRUE(first.at("steps") == once().at("steps"));
}

TEST(capacity, decides_about_the_load_of_at_least) {
    auto below = search({"--rehearse", "--at-least", "190/s"});
    EXPECT_EQ(below.wait(120s), 0) << below.out() << below.err();
    auto above = search({"--rehearse", "--at-least", "215/s", "--quiet"});
    EXPECT_EQ(above.wait(120s), 99) << above.out() << above.err();
    EXPECT_EQ(above.out(), "");
    EXPECT_THAT(above.err(), HasSubstr("/s"));
    EXPECT_EQ(number(found_by(above), "/exit_code"), 99);
}

TEST(capacity, of_a_live_search_is_the_computed_one) {
    auto run =
        search({"--set", "target.embedded.faults=[{delay: command, by: 20ms, every: 1}]", "--set",
                "budgets=['dispatch.p90 < 100ms']", "--start", "200/s", "--warm-up", "1s", "--step-at-least", "2s"});
    ASSERT_EQ(run.wait(120s), 0) << run.out() << run.err();
    const auto found = found_by(run);
    EXPECT_NEAR(value(found, "/capacity"), 2 * limit, 2 * limit * tolerance) << run.out();
    EXPECT_FALSE(found.at("is_floor").as_bool()) << run.out();
    for (const auto& step : found.at("steps").as_array()) {
        EXPECT_EQ(number(step, "/connects"), 0) << "sessions stay up";
        const auto load = value(step, "/load");
        if (text(step, "/result") != "holds") continue;
        EXPECT_NEAR(value(step, "/achieved_load"), load, 0.05 * load);
    }
}

TEST(capacity, of_vehicles_is_a_floor_if_all_of_them_hold) {
    auto run = search({"--rehearse", "--metric", "vehicles", "--at-most", "1600"});
    ASSERT_EQ(run.wait(120s), 0) << run.out() << run.err();
    const auto found = found_by(run);
    EXPECT_EQ(value(found, "/capacity"), 1600);
    EXPECT_TRUE(found.at("is_floor").as_bool());
    EXPECT_EQ(text(found, "/end"), "highest_load");
    EXPECT_EQ(found.at("steps").as_array().size(), 3U) << "400, 800, 1600";
}

TEST(capacity, of_connects_begins_each_step_without_sessions) {
    auto run = search({"--metric", "connectRate", "--set", "budgets=['sessions.connect.p99 < 5s']", "--start", "200/s",
                       "--at-most", "400/s", "--step-at-least", "2s"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto found = found_by(run);
    EXPECT_EQ(value(found, "/capacity"), 400);
    ASSERT_EQ(found.at("steps").as_array().size(), 2U);
    EXPECT_EQ(number(found, "/steps/0/connects"), 600) << "3 s at 200/s, for the p99";
    EXPECT_EQ(number(found, "/steps/1/connects"), 800);
    EXPECT_EQ(number(found, "/steps/1/requests/due"), 0);
}

TEST(capacity, keeps_what_was_measured_until_an_interrupt) {
    auto run =
        search({"--set", "budgets=['e2e.p50 < 5s']", "--warm-up", "0s", "--step-at-least", "1s", "--start", "20/s"});
    harness::printed_after(run, "holds");
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(60s), 130) << run.out() << run.err();
    const auto found = found_by(run);
    EXPECT_EQ(text(found, "/end"), "stopped");
    EXPECT_GE(value(found, "/capacity"), 20);
    EXPECT_GE(found.at("steps").as_array().size(), 1U);
}

TEST(capacity, refuses_what_cannot_be_known_in_one_sentence) {
    const struct {
        arguments extra;
        std::string scenario;
        const char* sentence;
    } rows[] = {
        {{"--set", "budgets=['unexpected == 0']"},
         shipped + "capacity.yaml",
         "a capacity search needs a budget besides"},
        {{"--start", "1/s"}, shipped + "capacity.yaml", "a step takes 2m at most: give --step-at-most"},
        {{"--set", "budgets=[{budget: e2e.p99 < 1s, over: 10s}]"}, shipped + "capacity.yaml", "remove `over`"},
        {{"--start", "fast"}, shipped + "capacity.yaml", "--start: "},
        {{"--metric", "connectRate"}, shipped + "capacity.yaml", "--metric connectRate: a rehearsal connects nothing"},
        {{}, shipped + "edge-cases/tunnel.yaml", "conditions: a capacity search compares steps of one load each"},
    };
    for (const auto& [extra, scenario, sentence] : rows) {
        SCOPED_TRACE(sentence);
        auto all = extra;
        all.emplace_back("--rehearse");
        auto run = search(all, scenario);
        EXPECT_EQ(run.wait(30s), 2) << run.out() << run.err();
        EXPECT_THAT(run.err(), HasSubstr(sentence));
        EXPECT_FALSE(std::filesystem::exists(run.report())) << "nothing was begun";
    }
}

TEST(capacity, of_a_budget_that_no_load_meets_is_a_miss_that_says_so) {
    auto run = search({"--rehearse", "--set", "budgets=['e2e.p99 < 50ms']"}); // 40 ms and 20 ms
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
    const auto found = found_by(run);
    EXPECT_EQ(text(found, "/end"), "no_load_holds");
    EXPECT_TRUE(found.at("capacity").is_null());
    EXPECT_GE(found.at("steps").as_array().size(), 3U) << "what was measured is kept";
}

} // namespace
