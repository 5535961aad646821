// compare, baseline, judge and merge with runs of the program.
#include "program.hpp"
#include "scenario_builder.hpp"
#include "temporary_folder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
using harness::arguments;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;

namespace {

/// Three hundred requests in five seconds.
harness::scenario_builder short_load() {
    harness::scenario_builder w;
    w.vehicles = 400;
    w.phases = "[{name: steady, duration: 5s, arrivalRate: 60}]";
    return w;
}

/// A run that has ended, in its own folder.
class ended_run {
public:
    explicit ended_run(const std::string& scenario, arguments more = {}) : run_(program::run(scenario, quiet(more))) {
        EXPECT_EQ(run_.wait(), 0) << run_.err();
    }
    std::filesystem::path report() const { return run_.report(); }
    std::filesystem::path folder() const { return run_.folder(); }

private:
    static arguments quiet(arguments given) {
        given.emplace_back("--quiet");
        return given;
    }
    program run_;
};

struct ended_command {
    int code;
    std::string out;
    std::string err;
};
ended_command run_command(const arguments& given) {
    program p(given);
    const int code = p.wait();
    return {code, p.out(), p.err()};
}

ended_command compare(const std::string& before, const std::string& after, arguments more = {}) {
    more.insert(more.begin(), {"compare", before, after});
    return run_command(more);
}

TEST(compare, finds_a_slower_backend_and_no_change_without_one) {
    const auto yaml = short_load().yaml();
    const ended_run first(yaml);
    const ended_run second(yaml);
    const ended_run slower(yaml, {"--set", "target.embedded.faults=[{delay: response, every: 1, by: 300ms}]",
                                  "--baseline", first.report()}); // which does not decide its exit code
    EXPECT_THAT(harness::read_file(slower.report() / "summary.md"),
                AllOf(HasSubstr("### Compared with the baseline"), HasSubstr("**Comparison: worse: ")));

    const auto itself = compare(first.report(), first.report());
    EXPECT_EQ(itself.code, 0) << itself.out << itself.err;
    EXPECT_THAT(itself.out, HasSubstr("verdict   no change"));

    auto same = compare(first.report(), second.report());
    if (same.code == 99) same = compare(first.report(), ended_run(yaml).report()); // one pair of twenty may differ
    EXPECT_THAT(same.code, testing::AnyOf(0, 5)) << "5: on a busy machine nothing can be told\n"
                                                 << same.out << same.err;

    const auto worse = compare(first.report(), slower.report());
    EXPECT_EQ(worse.code, 99) << worse.err;
    EXPECT_THAT(worse.out, AllOf(HasSubstr("verdict   worse: "), HasSubstr("e2e.p50")));
    EXPECT_EQ(compare(first.report(), slower.report(), {"--allow", "e2e.p50 +x%"}).code, 2);

    const auto baseline = run_command({"baseline", first.report(), second.report()});
    ASSERT_EQ(baseline.code, 0) << baseline.err;
    const auto file = first.folder() / "baseline.json";
    std::ofstream(file) << baseline.out;
    const auto json = compare(file, slower.report(), {"--format", "json"});
    EXPECT_EQ(json.code, 99) << json.err;
    EXPECT_EQ(boost::json::parse(json.out).at("verdict"), "worse");
    EXPECT_THAT(compare(file, slower.report(), {"--format", "markdown"}).out, HasSubstr("| e2e.p50 |"));
    std::filesystem::resize_file(file, baseline.out.size() / 2);
    EXPECT_EQ(compare(file, slower.report()).code, 3);

    const auto merged = first.folder() / "merged";
    const auto merge = run_command({"merge", first.report(), second.report(), "--out", merged});
    ASSERT_EQ(merge.code, 0) << merge.err;
    const auto judged =
        run_command({"judge", merged, "--budget", "outcomes.executed == 600", "--budget", "e2e.count == 600"});
    EXPECT_EQ(judged.code, 0) << judged.out << judged.err;
    EXPECT_EQ(run_command({"judge", merged, "--budget", "outcomes.executed == 1"}).code, 99);
    EXPECT_EQ(run_command({"judge", merged, "--budget", "outcomes.executed{service=horn}.rate == 100%"}).code, 0);
    EXPECT_THAT(run_command({"judge", merged, "--budget", "unexpected{service=horn,phase=steady} == 0"}).err,
                HasSubstr("this run's files do not have outcomes by condition, nor by phase together with"));
    EXPECT_EQ(run_command({"judge", merged, "--budget", "e2e.p99 < 1"}).code, 2);
    EXPECT_THAT(run_command({"judge", merged, "--budget", "recovery.latency < 1s"}).err,
                HasSubstr("is measured during the run"));
    EXPECT_EQ(compare(merged, slower.report()).code, 99);

    const auto copy = first.folder() / "copy";
    std::filesystem::copy(first.report(), copy, std::filesystem::copy_options::recursive);
    for (const auto& again : {first.report(), copy}) {
        const auto twice = run_command({"merge", first.report(), again, "--out", first.folder() / "twice"});
        EXPECT_EQ(twice.code, 3);
        EXPECT_THAT(twice.err, HasSubstr("is the same run as "));
        EXPECT_FALSE(exists(first.folder() / "twice"));
    }
    EXPECT_EQ(run_command({"baseline", first.report(), first.report()}).code, 3) << "as merge";

    auto summary = harness::read_file(copy / "summary.json");
    const std::string verdict = R"("verdict": "pass")";
    ASSERT_NE(summary.find(verdict), std::string::npos);
    std::ofstream(copy / "summary.json") << summary.replace(summary.find(verdict), verdict.size(),
                                                            R"("verdict": "invalid")");
    const auto invalid = compare(copy, copy).out;
    const auto note = invalid.find("is an invalid run");
    ASSERT_NE(note, std::string::npos) << invalid;
    EXPECT_EQ(invalid.find("is an invalid run", note + 1), std::string::npos) << "said once\n" << invalid;
}

// A request takes some 50 ms, of which the backend has a few.
TEST(compare, finds_a_backend_that_makes_requests_20_percent_slower) {
    const auto yaml = short_load().yaml();
    const auto compared = [&yaml] {
        const ended_run before(yaml);
        const ended_run after(yaml, {"--set", "target.embedded.faults=[{delay: response, every: 1, by: 10ms}]"});
        return compare(before.report(), after.report());
    };
    auto worse = compared();
    if (worse.code != 99) worse = compared();
    if (worse.code == 99)
        EXPECT_THAT(worse.out, HasSubstr("platform.p50"));
    else
        EXPECT_THAT(worse.out, HasSubstr("times the lateness of the load generator")) << "a busy machine hides it";
}

namespace {

/// Thirty seconds with 3,000 requests, in simulated time: they differ by their seed alone.
std::string rehearsed(const char* wait, const harness::temporary_folder& folder) {
    return folder
        .write(std::string(wait) + ".yaml",
               "name: rehearsed\n"
               "fleet: {vehicles: 2000, segments: [{name: all, share: 100%, behaviour: steady}]}\n"
               "behaviours: {steady: {steps: [ack, {wait: {lognormal: {" +
                   std::string(wait) +
                   "}}}, executed]}}\n"
                   "load: {services: {horn: 1, light-flash: 1},"
                   " phases: [{name: steady, duration: 30s, arrivalRate: 100}]}\n")
        .string();
}

ended_command rehearse(const std::string& scenario, int seed, const std::filesystem::path& report,
                       arguments more = {}) {
    more.insert(more.begin(), {"rehearse", scenario, "--seed", std::to_string(seed), "--report", report.string()});
    return run_command(more);
}

} // namespace

TEST(compare, of_rehearsals_finds_no_change_in_19_of_20_and_a_fleet_that_is_20_percent_slower) {
    const harness::temporary_folder folder;
    const auto scenario = rehearsed("median: 50ms, p99: 150ms", folder);
    const auto base = folder / "base";
    ASSERT_EQ(rehearse(scenario, 1, base, {"--quiet"}).code, 0);
    int same = 0;
    for (int seed = 2; seed <= 21; ++seed) {
        const auto other = folder / std::to_string(seed);
        ASSERT_EQ(rehearse(scenario, seed, other, {"--quiet"}).code, 0);
        if (compare(base, other).code == 0) ++same;
    }
    EXPECT_GE(same, 19);

    const auto slower = folder / "slower";
    ASSERT_EQ(rehearse(rehearsed("median: 60ms, p99: 180ms", folder), 22, slower, {"--quiet"}).code, 0);
    const auto worse = compare(base, slower, {"--unlike"});
    EXPECT_EQ(worse.code, 99) << worse.err;
    EXPECT_THAT(worse.out, HasSubstr("verdict   worse: e2e.p50 +2"));
}

TEST(baseline, is_in_the_summary_of_a_run_and_refused_before_it_if_it_is_of_another_load) {
    const harness::temporary_folder folder;
    const auto scenario = rehearsed("median: 50ms, p99: 150ms", folder);
    ASSERT_EQ(rehearse(scenario, 1, folder / "base", {"--quiet"}).code, 0);
    const auto printed = run_command({"baseline", folder / "base"});
    const auto file = folder.write("baseline.json", printed.out);
    EXPECT_LT(printed.out.size(), 20'000U);

    const auto compared = rehearse(scenario, 2, folder / "new", {"--baseline", file.string()});
    EXPECT_EQ(compared.code, 0) << compared.err;
    EXPECT_THAT(compared.out, AllOf(HasSubstr("\nbaseline  no change"), HasSubstr("\n    against baseline.json\n")));
    EXPECT_THAT(harness::read_file(folder / "new" / "summary.md"),
                AllOf(HasSubstr("### Compared with the baseline"), HasSubstr("| e2e.p50 |")));
    EXPECT_THAT(harness::read_file(folder / "new" / "report.html"),
                AllOf(HasSubstr(R"("baseline":{"name":"baseline.json","percentiles":{)"),
                      HasSubstr(R"("comparison":{"schema":"loadsim.comparison/1")")));

    const auto other =
        rehearse(scenario, 3, folder / "other", {"--baseline", file.string(), "--set", "fleet.vehicles=500"});
    EXPECT_EQ(other.code, 3);
    EXPECT_THAT(other.err, AllOf(HasSubstr("fleet.vehicles differs: '2000' in the old run, '500' in the new one"),
                                 HasSubstr("is of another load")));
    EXPECT_FALSE(exists(folder / "other"));
    EXPECT_EQ(rehearse(scenario, 3, folder / "other", {"--baseline", (folder / "nowhere").string()}).code, 3);
}

TEST(compare, refuses_runs_of_other_loads_and_names_what_differs) {
    auto w = short_load();
    w.phases = "[{name: steady, duration: 2s, arrivalRate: 20}]";
    const ended_run first(w.yaml());
    const ended_run other(w.yaml(), {"--set", "load.phases[0].arrivalRate=30", "--set", "fleet.vehicles=100"});
    const auto refused = compare(first.report(), other.report());
    EXPECT_EQ(refused.code, 3);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("load.phases differs"), HasSubstr("fleet.vehicles differs: '400'"),
                                   HasSubstr("--unlike")));
    EXPECT_NE(compare(first.report(), other.report(), {"--unlike"}).code, 3);
    EXPECT_EQ(compare(first.report(), first.folder() / "nowhere").code, 3);
    EXPECT_EQ(run_command({"merge", first.report(), other.report(), "--out", first.folder() / "merged"}).code, 3);
}

} // namespace
