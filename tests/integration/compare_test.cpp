// compare, baseline, judge and merge with runs of the program.
#include "program.hpp"
#include "scenario_builder.hpp"

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
    const ended_run slower(yaml, {"--set", "target.embedded.faults=[{delay: response, every: 1, by: 30ms}]"});

    const auto itself = compare(first.report(), first.report());
    EXPECT_EQ(itself.code, 0) << itself.out << itself.err;
    EXPECT_THAT(itself.out, HasSubstr("verdict   no change"));

    auto same = compare(first.report(), second.report());
    if (same.code == 99) same = compare(first.report(), ended_run(yaml).report()); // one pair of twenty may differ
    EXPECT_EQ(same.code, 0) << same.out << same.err;

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
