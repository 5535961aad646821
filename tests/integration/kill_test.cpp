// kill -9: no child process survives, and the partial report is readable. Of the embedded broker: the run ends, and says so.
#include "process_lookup.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

using namespace std::chrono_literals;

namespace {

TEST(kill_9, leaves_no_mosquitto_and_a_readable_timeline) {
    harness::scenario_builder w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = harness::program::run(w.yaml());
    ASSERT_TRUE(harness::wait_until([&] { return run.timeline_lines() >= 3; }, 15s)) << run.err();
    const auto configuration = (run.report() / "mosquitto.conf").string();
    ASSERT_FALSE(harness::find_processes(configuration).empty()) << "or this test proves nothing";

    run.signal(SIGKILL);
    EXPECT_EQ(run.wait(), harness::program::killed_by_signal + SIGKILL);
    EXPECT_TRUE(harness::wait_until([&] { return harness::find_processes(configuration).empty(); }, 2s));

    std::istringstream timeline(harness::read_file(run.report() / "timeline.jsonl"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(timeline, line);) lines.push_back(line);
    ASSERT_GE(lines.size(), 3U);
    std::int64_t due = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        boost::system::error_code cut;
        const auto line = boost::json::parse(lines[i], cut);
        if (cut) {
            EXPECT_EQ(i + 1, lines.size()) << "only the last line may be cut: " << lines[i];
            continue;
        }
        due += harness::number(line, "/requests/due");
    }
    EXPECT_GT(due, 0) << "what was seen is there";
}

TEST(kill_9, of_the_embedded_broker_ends_the_run_and_is_no_miss_of_the_platform) {
    harness::scenario_builder w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = harness::program::run(w.yaml());
    ASSERT_TRUE(harness::wait_until([&] { return run.timeline_lines() >= 3; }, 15s)) << run.err();
    const auto brokers = harness::find_processes((run.report() / "mosquitto.conf").string());
    ASSERT_EQ(brokers.size(), 1U);

    ::kill(brokers.front(), SIGKILL);
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
    EXPECT_NE(
        run.out().find("the embedded broker, process " + std::to_string(brokers.front()) + ", ended with signal 9"),
        std::string::npos)
        << run.out();
    const auto summary = boost::json::parse(harness::read_file(run.report() / "summary.json"));
    EXPECT_EQ(summary.at("end_reason").as_string(), "aborted");
    EXPECT_GT(harness::number(summary, "/requests/due"), 0) << "what was seen is there";
}

} // namespace
