// Variants of the embedded platform whose truth is known: which one is recommended; and commands and runs that fail or are stopped.
#include "process_lookup.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>

#include <unistd.h>

using namespace std::chrono_literals;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

/// Enough requests for a p99.
harness::scenario_builder load() {
    harness::scenario_builder w;
    w.vehicles = 2000;
    w.phases = "[{name: steady, duration: 2s, arrivalRate: 400}]";
    w.budgets = "['e2e.p99 < 1s', 'unexpected == 0']";
    return w;
}

/// Keys of a variant whose platform delays each command. A vehicle whose command is delayed by more than a second is given up.
std::string delays(const std::string& time) {
    return "set: {target.embedded.faults: [{delay: command, every: 1, by: " + time + "}]}";
}

/// The cheapest of all misses the budgets, the fastest is dear.
std::string known_variants() {
    return "variants:\n"
           "  - {name: slow, cost: {perHour: 0.01}, " +
           delays("1500ms") +
           "}\n"
           "  - {name: medium, cost: {perHour: 0.10}, " +
           delays("150ms") +
           "}\n"
           "  - {name: fast, cost: {perHour: 0.90}}\n";
}

class tune : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) { return files_.write(name, text).string(); }
    std::filesystem::path out() const { return files_ / "out"; }
    program start(const std::string& variants, harness::arguments more = {},
                  const std::string& scenario = load().yaml()) {
        harness::arguments all{"tune",       write("scenario.yaml", scenario),
                               "--variants", write("variants.yaml", variants),
                               "--report",   out().string()};
        all.insert(all.end(), more.begin(), more.end());
        return program(all);
    }
    boost::json::value result() const { return boost::json::parse(harness::read_file(out() / "tune.json")); }
    /// Name of the recommended variant; empty: none.
    std::string recommended(const std::string& criterion) const {
        const auto made = result();
        const auto& variant = made.at_pointer("/recommended/" + criterion + "/variant");
        return variant.is_string() ? std::string(variant.as_string()) : std::string{};
    }

    harness::temporary_folder files_;
};

TEST_F(tune, recommends_the_right_one_of_three_known_variants) {
    auto run = start(known_variants(), {"--rehearse", "--rounds", "2"});
    EXPECT_EQ(run.wait(120s), 0) << run.out() << run.err();
    EXPECT_EQ(recommended("cheapest"), "medium") << "slow costs less, and misses the budgets";
    EXPECT_EQ(recommended("fastest"), "fast");
    EXPECT_EQ(recommended("balanced"), "medium") << "half a sum of prices and latencies, each by its highest";
    EXPECT_THAT(run.out(),
                AllOf(HasSubstr("1/6  slow, round 1  fail"), HasSubstr("2/6  medium, round 1  pass"),
                      HasSubstr("4/6  slow, round 2"), HasSubstr("6/6  fast, round 2  pass"), HasSubstr("tune.html")));
    for (const auto* folder : {"slow/round-1", "medium/round-2", "fast/round-2"})
        EXPECT_TRUE(exists(out() / folder / "summary.json")) << folder;
    EXPECT_TRUE(exists(out() / "tune.html"));
}

TEST_F(tune, each_recommendation_has_its_own_truth) {
    auto run = start("variants:\n"
                     "  - {name: cheap, cost: {perHour: 0.10}, " +
                         delays("400ms") +
                         "}\n"
                         "  - {name: between, cost: {perHour: 0.15}, " +
                         delays("60ms") +
                         "}\n"
                         "  - {name: dear, cost: {perHour: 1}}\n"
                         "rounds: 1\n",
                     {"--rehearse", "--json"});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(recommended("cheapest"), "cheap");
    EXPECT_EQ(recommended("fastest"), "dear");
    EXPECT_EQ(recommended("balanced"), "between");
    EXPECT_EQ(boost::json::parse(run.out()), result()) << "--json prints the file";
}

TEST_F(tune, of_a_live_platform_recommends_the_same) {
    auto run = start(known_variants(), {"--rounds", "1", "--quiet"});
    EXPECT_EQ(run.wait(120s), 0) << run.out() << run.err();
    EXPECT_EQ(run.out(), "");
    EXPECT_EQ(recommended("cheapest"), "medium");
    EXPECT_EQ(recommended("fastest"), "fast");
}

TEST_F(tune, without_a_variant_that_meets_the_budgets_is_a_miss) {
    auto run = start("variants:\n  - {name: a, " + delays("1500ms") + "}\n  - {name: b, " + delays("1400ms") + "}\n",
                     {"--rehearse", "--rounds", "1"});
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
    EXPECT_EQ(recommended("cheapest"), "");
    EXPECT_EQ(recommended("fastest"), "");
}

TEST_F(tune, executes_commands_around_each_run) {
    const auto log = (files_ / "log").string();
    const auto note = [&](const std::string& word) {
        return "'echo " + word + " $LOADSIM_VARIANT $LOADSIM_ROUND >> " + log + "'";
    };
    auto run = start("variants:\n"
                     "  - {name: a, command: " +
                         note("command") + ", before: " + note("before") + ", after: " + note("after") +
                         "}\n"
                         "  - {name: b, command: 'echo ready; echo \"done\" >&2'}\n"
                         "rounds: 2\n",
                     {"--rehearse"});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(harness::read_file(log), "command a 1\nbefore a 1\nafter a 1\ncommand a 2\nbefore a 2\nafter a 2\n");
    EXPECT_EQ(harness::read_file(out() / "b" / "round-2-command.txt"), "ready\ndone\n");
}

TEST_F(tune, a_command_that_fails_ends_it_and_keeps_what_was_measured) {
    const auto log = (files_ / "log").string();
    auto run = start("variants:\n"
                     "  - {name: good}\n"
                     "  - {name: bad, command: 'echo pulling; echo no such image; exit 7', after: 'echo after > " +
                         log + "'}\n",
                     {"--rehearse"});
    EXPECT_EQ(run.wait(60s), 3) << run.out() << run.err();
    EXPECT_THAT(
        run.err(),
        AllOf(HasSubstr("variants.yaml:3:12: 'command' of variant 'bad' ended with exit code 7 and printed last: "
                        "'no such image'; correct it, and run tune again"),
              HasSubstr("round-1-command.txt")));
    EXPECT_EQ(harness::read_file(log), "after\n") << "what was set up by half is taken down";
    EXPECT_EQ(harness::number(result(), "/variants/0/valid_rounds"), 1) << "of the variant that could be measured";
    EXPECT_TRUE(exists(out() / "good" / "round-1" / "summary.json"));
    EXPECT_TRUE(exists(out() / "tune.html"));
    EXPECT_FALSE(exists(out() / "good" / "round-2"));
}

TEST_F(tune, ends_a_command_that_takes_too_long_with_its_processes) {
    const auto marker = "3600." + std::to_string(::getpid());
    auto run =
        start("variants:\n  - {name: a, timeout: 500ms, command: 'sleep " + marker + " & wait'}\n  - {name: b}\n",
              {"--rehearse"});
    EXPECT_EQ(run.wait(60s), 3) << run.out() << run.err();
    EXPECT_THAT(run.err(),
                HasSubstr("'command' of variant 'a' did not end within 500ms and printed nothing; correct it, or "
                          "raise the variant's 'timeout'"));
    EXPECT_TRUE(harness::wait_until([&] { return harness::find_processes(marker).empty(); }));
}

TEST_F(tune, ctrl_c_ends_the_run_executes_after_and_reports) {
    const auto log = (files_ / "log").string();
    auto w = load();
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = start("variants:\n  - {name: a, after: 'echo after > " + log + "'}\n  - {name: b}\n", {}, w.yaml());
    const auto timeline = out() / "a" / "round-1" / "timeline.jsonl";
    ASSERT_TRUE(harness::wait_until(
        [&] { return harness::read_file(timeline).find(R"("stage":"load")") != std::string::npos; }, 30s))
        << run.err();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(60s), 130) << run.out() << run.err();
    EXPECT_EQ(harness::read_file(log), "after\n");
    EXPECT_TRUE(exists(out() / "tune.json"));
    EXPECT_TRUE(exists(out() / "a" / "round-1" / "summary.json")) << "the run has drained and written its report";
    EXPECT_FALSE(exists(out() / "b"));
}

TEST_F(tune, ctrl_c_ends_a_command_and_its_processes) {
    const auto marker = "3601." + std::to_string(::getpid());
    auto run = start("variants:\n  - {name: a, command: 'sleep " + marker + " & wait'}\n  - {name: b}\n");
    ASSERT_TRUE(harness::wait_until([&] { return !harness::find_processes(marker).empty(); }, 30s));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(60s), 130) << run.out() << run.err();
    EXPECT_TRUE(harness::wait_until([&] { return harness::find_processes(marker).empty(); }));
    EXPECT_TRUE(exists(out() / "tune.json"));
    EXPECT_FALSE(exists(out() / "a" / "round-1"));
}

TEST_F(tune, refuses_what_cannot_be_compared_before_anything_runs) {
    const struct {
        std::string variants;
        harness::arguments more;
        std::string problem;
        const char* why;
    } rows[] = {
        {"variants:\n  - {name: a}\n  - {name: b, comand: x}\n",
         {},
         "variants.yaml:3:15: unknown key 'comand'",
         "a misspelt key"},
        {"variants:\n  - {name: a}\n  - {name: b, set: {fleet.vehicels: 5}}\n",
         {},
         "variants.yaml:3:21: unknown key 'vehicels'; did you mean 'vehicles'? (variant 'b')",
         "a misspelt key of the scenario"},
        {"variants:\n  - {name: a}\n  - {name: b, set: {fleet.vehicles: 500}}\n",
         {},
         "variants.yaml:3:21: variant 'b' has another 'fleet.vehicles' than 'a', and variants are compared under the "
         "same load",
         "another load"},
        {"variants:\n  - {name: a}\n  - {name: b, set: {budgets: [unexpected == 0]}}\n",
         {},
         "has another 'budgets' than 'a'",
         "other budgets"},
        {"variants:\n  - {name: a}\n  - {name: b, set: {seed: 3}}\n",
         {},
         "has another 'seed' than 'a'",
         "other vehicles"},
        {"variants:\n  - {name: a}\n  - {name: b, set: {target.api: 'http://127.0.0.1:1'}}\n",
         {"--api", "http://127.0.0.1:2"},
         "--api replaces this value of variant 'b'; leave one of them out",
         "a flag that makes all alike"},
        {"variants:\n  - {name: a}\n  - {name: b}\n", {"--rounds", "0"}, "--rounds", "no round"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.why);
        auto run = start(row.variants, row.more);
        EXPECT_EQ(run.wait(), 2) << run.out() << run.err();
        EXPECT_THAT(run.err(), HasSubstr(row.problem));
        EXPECT_FALSE(exists(out())) << "nothing is started";
    }
    program missing({"tune", write("scenario.yaml", load().yaml()), "--variants", "nowhere.yaml"});
    EXPECT_EQ(missing.wait(), 2);
    EXPECT_THAT(missing.err(), HasSubstr("nowhere.yaml: cannot be read"));
    auto broken = start("variants:\n  - {name: a}\n  - {name: b}\n", {}, "name: x\nload: {phases: 7}\n");
    EXPECT_EQ(broken.wait(), 2);
    EXPECT_THAT(broken.err(), AllOf(HasSubstr("scenario.yaml:2:"), Not(HasSubstr("variant"))))
        << "once, not by variant";
}

} // namespace
