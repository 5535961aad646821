// kill -9: nothing of ours stays behind, and what was seen can be read.
#include "processes.hpp"
#include "program.hpp"
#include "wanted.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

using namespace std::chrono_literals;

namespace {

TEST(kill_9, leaves_no_mosquitto_and_a_readable_timeline) {
    stage::wanted w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = stage::program::run(w.yaml());
    ASSERT_TRUE(stage::wait_until([&] { return run.ticks() >= 3; }, 15s)) << run.err();
    const auto configuration = (run.report() / "mosquitto.conf").string();
    ASSERT_FALSE(stage::processes_with(configuration).empty()) << "or this test proves nothing";

    run.signal(SIGKILL);
    EXPECT_EQ(run.wait(), stage::program::killed + SIGKILL);
    EXPECT_TRUE(stage::wait_until([&] { return stage::processes_with(configuration).empty(); }, 2s));

    std::istringstream timeline(stage::contents(run.report() / "timeline.jsonl"));
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
        due += stage::number(line, "/due");
    }
    EXPECT_GT(due, 0) << "what was seen is there";
}

} // namespace
