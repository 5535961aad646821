// `run --json`: standard output has the events and nothing else; and what a run prints with --quiet, --verbose and without UTF-8.
#include "program.hpp"
#include "scenario_builder.hpp"
#include "temporary_folder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace json = boost::json;
using harness::program;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string scenario() { return harness::scenario_builder{}.without_repeated_vehicles().yaml(); }

/// Standard output; each line is a JSON object.
std::vector<json::value> events_of(const program& run) {
    std::vector<json::value> events;
    std::istringstream lines(run.out());
    for (std::string line; std::getline(lines, line);) events.push_back(json::parse(line));
    return events;
}

std::string kind_of(const json::value& event) { return harness::text(event, "/event"); }

TEST(events, are_all_of_standard_output) {
    auto run = program::run(scenario(), {"--json"});
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto events = events_of(run);
    ASSERT_GE(events.size(), 4U) << run.out();
    EXPECT_EQ(kind_of(events.front()), "started");
    EXPECT_EQ(kind_of(events.back()), "finished");
    EXPECT_EQ(harness::text(events.back(), "/verdict"), harness::text(run.summary(), "/verdict"));
    EXPECT_EQ(harness::number(events.back(), "/exit_code"), 0);
    EXPECT_EQ(harness::number(events.back(), "/requests/due"), 40);
    std::vector<std::string> kinds;
    std::ranges::transform(events, std::back_inserter(kinds), kind_of);
    EXPECT_THAT(kinds, Contains("phase"));
    EXPECT_THAT(kinds, Contains("progress"));
}

TEST(events, quiet_leaves_the_last_one) {
    auto run = program::run(scenario(), {"--json", "--quiet"});
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto events = events_of(run);
    ASSERT_EQ(events.size(), 1U) << run.out();
    EXPECT_EQ(kind_of(events.front()), "finished");
}

TEST(events, a_wrong_scenario_has_none) {
    auto run = program::run(scenario(), {"--json", "--set", "load.drian=1s"});
    EXPECT_EQ(run.wait(), 2);
    EXPECT_EQ(run.out(), "");
}

TEST(output, quiet_and_verbose_exclude_each_other) {
    auto run = program::run(scenario(), {"--quiet", "--verbose"});
    EXPECT_EQ(run.wait(), 2);
    EXPECT_THAT(run.err(), HasSubstr("--verbose"));
}

TEST(output, without_utf8_is_ascii_and_coloured_if_asked) {
    const harness::temporary_folder folder;
    const auto file = folder.write("scenario.yaml", scenario()).string();
    program run({"run", file, "--verbose", "--color", "always"}, {}, {{"LC_ALL", "C"}, {"NO_COLOR", "1"}});
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("\x1b[32m+\x1b[0m unexpected == 0"));
    EXPECT_THAT(run.out(), Not(HasSubstr("✓")));
    EXPECT_THAT(run.out(), HasSubstr("\nmessages ")) << "--verbose";
}

} // namespace
