// Several scenarios by one command, and runs that are repeated.
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

/// The scenario with another name, and with more keys at its end.
std::string named(const std::string& name, const harness::scenario_builder& w, const std::string& more = {}) {
    const auto yaml = w.yaml();
    return "name: " + name + yaml.substr(yaml.find('\n')) + more;
}

harness::scenario_builder failing() {
    harness::scenario_builder w;
    w.budgets = "['outcomes.executed == 1', 'unexpected == 0']"; // a latency could be the generator's own fault
    return w;
}

/// More requests at once than can be begun within the least lag limit.
harness::scenario_builder too_fast() {
    harness::scenario_builder w;
    w.vehicles = 800;
    w.phases = "[{duration: 1ms, arrivalCount: 800}]";
    return w;
}

std::string verdict_in(const std::filesystem::path& folder) {
    return harness::text(boost::json::parse(harness::read_file(folder / "summary.json")), "/verdict");
}

class suite : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) { return files_.write(name, text).string(); }
    std::filesystem::path out() const { return files_ / "out"; }
    program start(harness::arguments more) {
        more.insert(more.begin(), {"suite", "--out", out().string()});
        return program(more);
    }

    harness::temporary_folder files_;
};

TEST_F(suite, runs_what_is_valid_and_ends_as_the_worst) {
    auto run =
        start({write("good.yaml", named("good", {})), write("broken.yaml", "name: broken\nload: {phases: 7}\n"),
               write("bad.yaml", named("bad", failing())), "--retry-invalid", "1", "--set", "load.lagLimit=10s"});
    EXPECT_EQ(run.wait(60s), 2) << run.out() << run.err();
    EXPECT_THAT(run.err(), HasSubstr("broken.yaml:2:"));
    EXPECT_EQ(verdict_in(out() / "good"), "pass");
    EXPECT_EQ(verdict_in(out() / "bad"), "fail");
    EXPECT_FALSE(exists(out() / "broken"));
    EXPECT_FALSE(exists(out() / "bad-retry-1")) << "a miss is no reason to run again";
    EXPECT_THAT(run.out(), AllOf(HasSubstr("3 scenarios: 1 pass, 1 error, 1 fail"), HasSubstr("index.html")));
    const auto junit = harness::read_file(out() / "junit.xml");
    EXPECT_THAT(junit, AllOf(HasSubstr("good"), HasSubstr("broken.yaml"), HasSubstr("<failure"), HasSubstr("<error")));
    EXPECT_THAT(harness::read_file(out() / "index.html"), HasSubstr("<a href=\"bad/report.html\">bad</a>"));
}

TEST_F(suite, ends_at_the_first_failure_if_asked_to) {
    auto run = start({write("bad.yaml", named("bad", failing())), write("good.yaml", named("good", {})), "--fail-fast",
                      "--rehearse"});
    EXPECT_EQ(run.wait(), 99) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("2 scenarios: 1 fail, 1 not run"));
    EXPECT_FALSE(exists(out() / "good"));
}

TEST_F(suite, of_a_folder_takes_its_scenarios_and_no_fragments) {
    write("common.yaml", "record: unexpected\n");
    write("a.yaml", named("same", {}, "include: common.yaml\ntags: [slow, tls]\n"));
    write("b.yaml", named("same", {}, "tags: [slow]\n"));
    write("c.yaml", named("other", {}));
    write("notes.txt", "no scenario");
    const auto folder = files_.path().string();
    auto run = start({folder, "--rehearse", "--set", "fleet.vehicles=100"});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("3 scenarios: 3 pass"));
    EXPECT_TRUE(exists(out() / "same-2" / "summary.json"));
    EXPECT_THAT(harness::read_file(out() / "same" / "scenario.yaml"),
                AllOf(HasSubstr("record: unexpected"), HasSubstr("vehicles: 100"), HasSubstr("- tls")));

    program tagged({"suite", folder, "--rehearse", "--tag", "tls", "--tag", "slow", "--quiet"});
    EXPECT_EQ(tagged.wait(), 0) << tagged.out() << tagged.err();
    EXPECT_EQ(tagged.out(), "");
    std::filesystem::path made;
    for (const auto& entry : std::filesystem::directory_iterator(tagged.folder() / "reports"))
        if (entry.path().filename().string().starts_with("suite-")) made = entry.path();
    EXPECT_TRUE(exists(made / "same-2"));
    EXPECT_FALSE(exists(made / "other"));

    program unknown({"suite", folder, "--rehearse", "--tag", "slwo"});
    EXPECT_EQ(unknown.wait(), 2);
    EXPECT_THAT(unknown.err(), HasSubstr("unknown tag 'slwo'; did you mean 'slow'?"));
    EXPECT_FALSE(exists(unknown.folder() / "reports"));
}

TEST_F(suite, hands_flags_on_and_replaces_its_old_folder) {
    const auto good = write("good.yaml", named("good", {}));
    const auto other = write("other.yaml", named("other", {}));
    auto run = start(
        {good, other, "--rehearse", "--label", "commit=4f3c2a1", "--label", "branch=main", "--run-tag", "team=body"});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    for (const auto* name : {"good", "other"}) {
        const auto summary = boost::json::parse(harness::read_file(out() / name / "summary.json"));
        EXPECT_EQ(harness::text(summary, "/labels/commit"), "4f3c2a1");
        EXPECT_EQ(harness::text(summary, "/labels/branch"), "main");
        EXPECT_EQ(harness::text(summary, "/tags/team"), "body");
    }
    auto again = start({good, "--rehearse", "--overwrite"});
    EXPECT_EQ(again.wait(), 0) << again.out() << again.err();
    EXPECT_TRUE(exists(out() / "good" / "summary.json"));
    EXPECT_FALSE(exists(out() / "other")) << "of the old suite";

    std::ofstream(out() / "mine") << "text";
    auto foreign = start({good, "--rehearse", "--overwrite"});
    EXPECT_EQ(foreign.wait(), 3);
    EXPECT_THAT(foreign.err(), HasSubstr("mine: is no part of a suite's report"));
    auto wrong = start({good, "--rehearse", "--label", "commit"});
    EXPECT_EQ(wrong.wait(), 2);
    EXPECT_THAT(wrong.err(), HasSubstr("--label commit: needs the form NAME=VALUE"));
    auto wrong_tag = start({good, "--rehearse", "--run-tag", "phase=x"});
    EXPECT_EQ(wrong_tag.wait(), 2);
    EXPECT_THAT(wrong_tag.err(), HasSubstr("--run-tag phase=x: has the key 'phase'"));
}

TEST_F(suite, judges_strictly_if_asked_to) {
    harness::scenario_builder w;
    w.budgets = "['e2e.p99.99 < 10s', 'unexpected == 0']"; // of too few samples
    const auto file = write("few.yaml", named("few", w));
    auto lenient = start({file, "--rehearse"});
    EXPECT_EQ(lenient.wait(), 0) << lenient.out() << lenient.err();
    auto strict = start({file, "--rehearse", "--strict", "--overwrite"});
    EXPECT_EQ(strict.wait(), 5) << strict.out() << strict.err();
}

TEST_F(suite, refuses_a_folder_in_use) {
    std::filesystem::create_directory(out());
    std::ofstream(out() / "mine") << "text";
    auto run = start({write("good.yaml", named("good", {})), "--rehearse"});
    EXPECT_EQ(run.wait(), 3);
    EXPECT_THAT(run.err(), HasSubstr("is not empty; name a new folder with --out"));
}

TEST_F(suite, ctrl_c_ends_the_run_and_the_suite) {
    harness::scenario_builder w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = start({write("long.yaml", named("long", w)), write("later.yaml", named("later", {}))});
    const auto timeline = out() / "long" / "timeline.jsonl";
    ASSERT_TRUE(harness::wait_until(
        [&] { return harness::read_file(timeline).find(R"("stage":"load")") != std::string::npos; }, 30s))
        << run.err();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(), 130) << run.out() << run.err();
    EXPECT_EQ(verdict_in(out() / "long"), "invalid") << "it has drained and written its report";
    EXPECT_THAT(run.out(), HasSubstr("2 scenarios: 1 invalid, 1 not run"));
    EXPECT_TRUE(exists(out() / "junit.xml"));
    EXPECT_FALSE(exists(out() / "later"));
}

TEST(retry_invalid, runs_again_in_a_folder_of_its_own) {
    auto run = program::run(too_fast().yaml(), {"--set", "load.lagLimit=1ms", "--retry-invalid", "2", "--quiet"});
    EXPECT_EQ(run.wait(60s), 4) << run.out() << run.err();
    const auto first = run.report().string();
    for (const auto& folder : {first, first + "-retry-1", first + "-retry-2"}) {
        EXPECT_EQ(verdict_in(folder), "invalid");
        EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(folder) / "loadsim.log"));
    }
    EXPECT_FALSE(std::filesystem::exists(first + "-retry-3"));
    EXPECT_THAT(run.err(), AllOf(HasSubstr("retry 1 of 2"), HasSubstr("retry 2 of 2")));

    const harness::temporary_folder files;
    const auto scenario = files.write("a.yaml", too_fast().yaml()).string();
    program valid({"run", scenario, "--set", "load.lagLimit=10s", "--report", first, "--overwrite", "--retry-invalid",
                   "2", "--quiet"});
    EXPECT_EQ(valid.wait(60s), 0) << valid.out() << valid.err();
    EXPECT_EQ(verdict_in(first), "pass");
    EXPECT_FALSE(std::filesystem::exists(first + "-retry-1")) << "of the run before";
}

TEST(retry_invalid, is_not_for_a_run_that_was_stopped) {
    harness::scenario_builder w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = program::run(w.yaml(), {"--retry-invalid", "2"});
    ASSERT_TRUE(harness::wait_until([&] { return run.timeline_lines() >= 3; }, 30s)) << run.err();
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
    EXPECT_FALSE(std::filesystem::exists(run.report().string() + "-retry-1"));
}

TEST(retry_invalid, refuses_a_folder_in_the_way_before_the_first_run) {
    const harness::temporary_folder files;
    const auto scenario = files.write("a.yaml", harness::scenario_builder{}.yaml()).string();
    std::filesystem::create_directory(files / "out-retry-2");
    program run({"run", scenario, "--report", (files / "out").string(), "--retry-invalid", "2"});
    EXPECT_EQ(run.wait(), 3);
    EXPECT_THAT(run.err(), HasSubstr("out-retry-2: exists"));
    EXPECT_FALSE(exists(files / "out"));

    std::filesystem::create_directory(files / "out-retry-1");
    files.write("out-retry-1/mine", "text");
    program replacing({"run", scenario, "--report", (files / "out").string(), "--overwrite", "--retry-invalid", "2"});
    EXPECT_EQ(replacing.wait(), 3);
    EXPECT_THAT(replacing.err(), HasSubstr("out-retry-1: has no run.json of loadsim"));
    EXPECT_FALSE(exists(files / "out"));
    EXPECT_TRUE(exists(files / "out-retry-1" / "mine"));
}

TEST(overwrite, of_a_run_that_has_not_ended_is_refused) {
    harness::scenario_builder w;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 40}]";
    auto run = program::run(w.yaml());
    ASSERT_TRUE(harness::wait_until([&] { return run.timeline_lines() >= 1; }, 30s)) << run.err();
    const harness::temporary_folder files;
    const auto scenario = files.write("a.yaml", w.yaml()).string();
    program second({"run", scenario, "--report", run.report().string(), "--overwrite"});
    EXPECT_EQ(second.wait(), 3);
    EXPECT_THAT(second.err(), HasSubstr("is in use by a run that has not ended; wait for its end"));
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
    EXPECT_EQ(verdict_in(run.report()), "invalid") << "its files are whole";
}

TEST_F(suite, names_the_repetition_that_decided) {
    auto run =
        start({write("fast.yaml", named("fast", too_fast())), "--set", "load.lagLimit=1ms", "--retry-invalid", "1"});
    EXPECT_EQ(run.wait(60s), 4) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("invalid (retry 1)"));
    EXPECT_THAT(harness::read_file(out() / "index.html"), HasSubstr("<a href=\"fast-retry-1/report.html\">"));
    EXPECT_THAT(harness::read_file(out() / "junit.xml"), AllOf(HasSubstr("<skipped"), Not(HasSubstr("<failure"))));
}

} // namespace
