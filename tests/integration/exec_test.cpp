// Behaviours and payloads of external programs: those of tests/data/exec, which answer well, slowly, with garbage, or not at all.
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using harness::number;
using harness::program;
using harness::text;
using testing::HasSubstr;

namespace {

std::string path_of(const std::string& name) { return LOADSIM_ROOT "/tests/data/exec/" + name; }

/// Sixty vehicles whose commands go to the program; `keys` are more keys of their behaviour, ", timeout: 2s".
std::string scenario(const std::string& name, const std::string& keys = {}, const std::string& more = {}) {
    return R"(
name: exec
seed: 1
target: {embedded: {services: {horn: {pending: 1s, running: 1s}}}}
fleet: {vehicles: 60, connectRate: 1000, segments: [{name: all, share: 100%, behaviour: asked}]}
behaviours: {asked: {exec: )" +
           path_of(name) + keys + R"(}}
load: {services: {horn: 1}, phases: [{duration: 3s, arrivalRate: 20}], drain: 5s, completionTimeout: 6s, lagLimit: 5s}
)" + more;
}

/// One process of each program.
program run_one_shard(const std::string& yaml) { return program::run(yaml, {"--shards", "1"}); }

std::int64_t failures(const boost::json::value& summary, std::string_view name) {
    const auto& all = summary.at("exec").at("failures").as_object();
    const auto* count = all.if_contains(name);
    return count == nullptr ? 0 : count->to_number<std::int64_t>();
}

/// The run is invalid, and no request is the platform's fault.
boost::json::value expect_invalid(program& run) {
    EXPECT_EQ(run.wait(60s), 4) << run.out() << run.err();
    auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/requests/unexpected"), 0);
    EXPECT_THAT(boost::json::serialize(summary.at("verdict_reasons")), HasSubstr("External programs failed in"));
    return summary;
}

TEST(exec, vehicles_do_what_the_program_answers) {
    auto run = run_one_shard(scenario("answers.py", ", args: [pid], timeout: 5s", "record: all\n"));
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/exec/asked"), number(summary, "/requests/sent"));
    EXPECT_EQ(number(summary, "/exec/answered"), number(summary, "/exec/asked"));
    EXPECT_TRUE(summary.at("exec").at("failures").as_object().empty());
    EXPECT_GT(number(summary, "/requests/outcomes/executed"), 0);
    EXPECT_GT(number(summary, "/requests/outcomes/failed"), 0);
    EXPECT_EQ(number(summary, "/requests/unexpected"), 0);
    for (const auto& request : run.json_lines("requests.jsonl"))
        EXPECT_EQ(request.at("expected_outcomes"), (boost::json::array{request.at("outcome")}))
            << "each answer says what to expect: " << boost::json::serialize(request);
    EXPECT_THAT(harness::read_file(run.report() / "loadsim.log"), HasSubstr("answers.py: the input has ended"))
        << "standard error goes to the log; it was read until the end";
    const auto pid = std::atoi(harness::read_file(run.folder() / "pid").c_str());
    ASSERT_GT(pid, 0);
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_EQ(errno, ESRCH) << "it ends with the run";
}

TEST(exec, answers_may_come_in_any_order) {
    auto run = run_one_shard(scenario("out_of_order.py", ", timeout: 2s"));
    run.wait(60s);
    const auto summary = run.summary();
    EXPECT_GE(number(summary, "/exec/answered"), number(summary, "/exec/asked") - 1) << "the last may have no pair";
    EXPECT_EQ(number(summary, "/requests/unexpected"), 0);
}

TEST(exec, an_answer_that_is_late_is_none) {
    auto run = run_one_shard(scenario("slow.py", ", timeout: 100ms"));
    const auto summary = expect_invalid(run);
    EXPECT_EQ(failures(summary, "exec_timeout"), number(summary, "/exec/asked"));
    EXPECT_GT(number(summary, "/exec/late"), 0);
    EXPECT_EQ(number(summary, "/requests/outcomes/executed"), 0);
}

TEST(exec, no_more_questions_wait_than_the_limit) {
    auto run = run_one_shard(scenario("slow.py", ", timeout: 10s, inFlight: 1"));
    const auto summary = expect_invalid(run);
    EXPECT_GT(failures(summary, "exec_overflow"), 0);
    EXPECT_GT(number(summary, "/exec/answered"), 0);
}

TEST(exec, garbage_is_counted_with_its_reasons) {
    auto run = run_one_shard(scenario("garbage.py"));
    const auto summary = expect_invalid(run);
    EXPECT_GE(failures(summary, "exec_bad_answer"), number(summary, "/exec/asked") - 1);
    const auto reasons = boost::json::serialize(summary.at("exec").at("failure_reasons"));
    EXPECT_THAT(reasons, HasSubstr("a line is no JSON object"));
    EXPECT_THAT(reasons, HasSubstr("'steps' is missing"));
    EXPECT_THAT(reasons, HasSubstr("steps[0]: "));
}

TEST(exec, a_program_that_ends_is_not_started_again) {
    auto run = run_one_shard(scenario("dies.py"));
    const auto summary = expect_invalid(run);
    EXPECT_EQ(number(summary, "/exec/answered"), 5);
    EXPECT_GT(failures(summary, "exec_ended"), 0);
    EXPECT_THAT(boost::json::serialize(summary.at("exec").at("failure_reasons")), HasSubstr("exit code 3"));
    EXPECT_THAT(harness::read_file(run.report() / "loadsim.log"), HasSubstr("it is not started again"));
}

TEST(exec, a_program_that_reads_nothing_is_killed_at_the_end) {
    auto run = run_one_shard(scenario("deaf.py"));
    const auto summary = expect_invalid(run);
    EXPECT_EQ(failures(summary, "exec_timeout"), number(summary, "/exec/asked"));
    EXPECT_THAT(harness::read_file(run.report() / "loadsim.log"), HasSubstr("deaf.py: it did not end within 2 s"));
}

TEST(exec, what_cannot_run_ends_the_run_before_the_load) {
    const struct {
        const char* name;
        const char* problem;
    } rows[] = {{"no_interpreter", "exit code 127"},
                {"dies_at_once", "exit code 1; the last line of its standard error: a module is missing"},
                {"floods", "signal 9"}};
    for (const auto& [name, problem] : rows) {
        SCOPED_TRACE(name);
        auto run = run_one_shard(scenario(name));
        EXPECT_EQ(run.wait(60s), 3) << run.out() << run.err();
        EXPECT_THAT(run.err(), HasSubstr("the external program " + path_of(name)));
        EXPECT_THAT(run.err(), HasSubstr(problem));
    }
    auto missing = run_one_shard(scenario("nowhere.py"));
    EXPECT_EQ(missing.wait(), 2);
    EXPECT_THAT(missing.err(), HasSubstr("cannot be found"));
}

TEST(exec, a_rehearsal_is_repeatable) {
    const auto outcomes = [] {
        const harness::temporary_folder folder;
        const auto file = (folder.path() / "scenario.yaml").string();
        std::ofstream(file) << scenario("answers.py", ", timeout: 10s", "record: all\n");
        program rehearsed({"rehearse", file, "--report", "report"});
        EXPECT_EQ(rehearsed.wait(60s), 0) << rehearsed.out() << rehearsed.err();
        EXPECT_GT(number(rehearsed.summary(), "/exec/asked"), 0);
        std::string all;
        for (auto& request : rehearsed.json_lines("requests.jsonl"))
            all += boost::json::serialize(request.at("arrival")) + boost::json::serialize(request.at("outcome")) +
                   boost::json::serialize(request.at("finished_at_ms")) + '\n';
        return all;
    };
    const auto once = outcomes();
    EXPECT_THAT(once, HasSubstr("failed"));
    EXPECT_EQ(once, outcomes());
}

TEST(exec, telemetry_has_the_payload_of_the_program) {
    auto run = run_one_shard(R"(
name: exec
target: embedded
fleet:
  vehicles: 10
  connectRate: 1000
  telemetry:
    - {name: position, every: 500ms, topic: "v1/{vin}/tlm", qos: 1, payload: {exec: )" +
                             path_of("answers.py") + R"(, timeout: 5s}}
load: {phases: [{duration: 3s, arrivalRate: 1}], lagLimit: 5s}
budgets: [telemetry.lost == 0, telemetry.sent > 40, exec.failures == 0]
)");
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
}

} // namespace
