// Runs of several ranks, under a real mpirun.
#include "account.hpp"
#include "broker.hpp"
#include "processes.hpp"
#include "program.hpp"
#include "wanted.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include <sys/wait.h>

using namespace std::chrono_literals;
using stage::number;
using stage::program;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

constexpr auto for_mpirun = 60s; ///< a run of ranks starts and ends slower than one alone

stage::wanted quick() {
    stage::wanted w;
    w.vehicles = 400;
    w.segments = stage::all_behaviours;
    w.phases =
        "[{name: ramp, duration: 1s, arrivalRate: 10, rampTo: 40}, {name: steady, duration: 2s, arrivalRate: 20}]";
    w.budgets = "['unexpected == 0', 'anomalies == 0', 'sessions.dropped == 0']";
    return w.without_collisions();
}

stage::wanted long_one() {
    stage::wanted w;
    w.vehicles = 100;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 20}]";
    return w;
}

/// arrival -> everything about it that the seed decides.
std::map<std::int64_t, std::string> ledger(const program& run) {
    std::map<std::int64_t, std::string> rows;
    for (const auto& line : run.lines("requests.jsonl")) {
        std::string row;
        for (const auto* key : {"vin", "segment", "behaviour", "service", "phase", "expected", "observed", "due_ms"})
            row += boost::json::serialize(line.at(key)) + ' ';
        rows[number(line, "/arrival")] = row;
    }
    return rows;
}

void expect_no_process_of(const program& run) {
    const auto folder = run.report().string();
    EXPECT_TRUE(stage::wait_until([&] { return stage::processes_with(folder).empty(); }, 5s));
    for (int rank = 0; rank < 4; ++rank) {
        const auto configuration = fmt::format("{}/rank-{:04}/mosquitto.conf", folder, rank);
        EXPECT_TRUE(stage::wait_until([&] { return stage::processes_with(configuration).empty(); }, 5s)) << rank;
    }
}

/// Under load, with a few ticks behind it.
void await_load(program& run, std::uint32_t ranks) {
    const auto folder = run.report().string();
    ASSERT_TRUE(stage::wait_until(
        [&] {
            const auto lines = stage::contents(run.report() / "timeline.jsonl");
            return lines.find("\"stage\":\"load\"") != std::string::npos && run.ticks() >= 4;
        },
        40s))
        << run.out() << run.err();
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
        ASSERT_TRUE(stage::process_of_rank(folder, rank)) << "rank " << rank << ", or this test proves nothing";
}

} // namespace

TEST(ranks, share_one_run_and_give_one_report) {
    auto run = program::run(quick().yaml(), {"--ranks", "3"});
    ASSERT_EQ(run.wait(for_mpirun), 0) << run.out() << run.err();
    EXPECT_EQ(run.err(), "");
    EXPECT_THAT(run.out(), HasSubstr("3 ranks on 1 host, 1 shard each"));
    EXPECT_THAT(run.out(), HasSubstr("verdict   PASS"));
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 65);
    EXPECT_EQ(number(summary, "/sessions/asked"), 400);
    EXPECT_EQ(number(summary, "/sessions/peak"), 400);
    EXPECT_EQ(number(summary, "/sessions/connect/count"), 400);
    EXPECT_EQ(number(summary, "/generator/ranks"), 3);
    EXPECT_EQ(number(summary, "/latency/lag/count"), 65);
    std::int64_t due = 0;
    for (const auto& line : run.lines("timeline.jsonl")) due += number(line, "/due");
    EXPECT_EQ(due, 65) << "the timeline tells of all ranks";
    for (int rank = 0; rank < 3; ++rank) {
        const auto folder = run.report() / fmt::format("rank-{:04}", rank);
        EXPECT_TRUE(exists(folder / "mosquitto.log")) << "each has a broker of its own";
        EXPECT_FALSE(exists(folder / "snapshots.jsonl")) << "the report has all of it";
    }
    expect_no_process_of(run);
}

TEST(ranks, give_the_ledger_of_one) {
    auto alone = program::run(quick().yaml(), {"--shards", "1"});
    auto four = program::run(quick().yaml(), {"--ranks", "4"});
    ASSERT_EQ(alone.wait(), 0) << alone.err();
    ASSERT_EQ(four.wait(for_mpirun), 0) << four.err();
    const auto wanted = ledger(alone);
    EXPECT_EQ(wanted.size(), 65U);
    EXPECT_EQ(ledger(four), wanted);
}

TEST(ranks, use_one_broker_that_is_not_ours) {
    stage::broker broker;
    auto w = quick();
    w.load += "driver: mqtt,";
    w.segments = "[{name: healthy, share: 100%, behaviour: success}]";
    auto run = program::run(w.yaml(), {"--ranks", "2", "--broker", broker.url()});
    EXPECT_EQ(run.wait(for_mpirun), 0) << run.out() << run.err();
    stage::expect_sums_hold(run.summary());
    EXPECT_EQ(number(run.summary(), "/requests/due"), 65);
}

TEST(ranks, hear_the_events_of_the_whole_fleet_and_take_their_own) {
    stage::broker broker; // one for all: every rank's observer gets every final event
    auto w = quick();
    auto run = program::run(w.yaml(), {"--ranks", "2", "--broker", broker.url()});
    EXPECT_EQ(run.wait(for_mpirun), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/anomalies/end_unknown"), 0);
}

TEST(ranks, that_wait_use_no_cpu) {
    auto w = long_one();
    w.phases = "[{name: quiet, duration: 10m, arrivalCount: 2}]";
    auto run = program::run(w.yaml(), {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    double before = 0;
    double after = 0;
    for (std::uint32_t rank = 0; rank < 2; ++rank)
        before += stage::cpu_seconds(*stage::process_of_rank(run.report().string(), rank));
    std::this_thread::sleep_for(3s);
    for (std::uint32_t rank = 0; rank < 2; ++rank)
        after += stage::cpu_seconds(*stage::process_of_rank(run.report().string(), rank));
    EXPECT_LT(after - before, 0.6) << "two that spin would use 6 s";
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(for_mpirun), 130);
}

TEST(ranks, all_drain_at_ctrl_c) {
    auto run = program::run(long_one().yaml(), {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(for_mpirun), 130) << run.err();
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(stage::text(summary, "/ended"), "interrupted");
    EXPECT_EQ(number(summary, "/requests/unexpected"), 0) << "what was in flight had its end";
    EXPECT_EQ(run.err(), "");
    expect_no_process_of(run);
}

TEST(ranks, all_drain_at_sigterm) {
    auto run = program::run(long_one().yaml(), {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait(for_mpirun), 4) << run.err();
    EXPECT_EQ(stage::text(run.summary(), "/ended"), "terminated");
    expect_no_process_of(run);
}

/// Which rank dies makes a difference: the first one is who reports.
class a_rank_that_dies : public testing::TestWithParam<std::uint32_t> {};

TEST_P(a_rank_that_dies, ends_the_run_as_invalid_with_what_all_had_seen) {
    auto run = program::run(long_one().yaml(), {"--ranks", "3"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 3));
    ::kill(*stage::process_of_rank(run.report().string(), GetParam()), SIGKILL);
    EXPECT_EQ(run.wait(for_mpirun), 4) << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(stage::text(summary, "/verdict"), "invalid");
    EXPECT_EQ(stage::text(summary, "/ended"), "cut off");
    EXPECT_GE(number(summary, "/requests/due"), 20) << "of at least a second";
    EXPECT_EQ(number(summary, "/requests/due"),
              stage::ended(summary, "/requests/outcomes") + number(summary, "/requests/under_way"));
    EXPECT_EQ(number(summary, "/sessions/asked"), 100);
    EXPECT_EQ(number(summary, "/generator/ranks"), 3);
    EXPECT_THAT(stage::contents(run.report() / "timeline.jsonl"), HasSubstr("\"stage\":\"load\"")) << "it stays";
    EXPECT_THAT(run.err(), HasSubstr(fmt::format("rank {}", GetParam())));
    EXPECT_THAT(run.err(), HasSubstr("signal 9"));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << "one sentence, and no noise:\n" << run.err();
    expect_no_process_of(run);
}

INSTANTIATE_TEST_SUITE_P(ranks, a_rank_that_dies, testing::Values(0U, 1U));

TEST(ranks, that_cannot_set_up_say_it_once) {
    auto run = program::run(quick().yaml(), {"--ranks", "3", "--broker", "mqtt://127.0.0.1:1"});
    EXPECT_EQ(run.wait(for_mpirun), 3);
    EXPECT_THAT(run.err(), HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(run.err(), StartsWith("loadsim: "));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
}

TEST(ranks, with_a_bad_scenario_are_not_started) {
    auto run = program::run("name: x\nlood: {}\n", {"--ranks", "2"});
    EXPECT_EQ(run.wait(for_mpirun), 2);
    EXPECT_THAT(run.err(), HasSubstr("lood"));
    EXPECT_THAT(run.err(), Not(HasSubstr("rank")));
}

TEST(ranks, on_a_host_that_is_not_there_end_with_a_sentence) {
    const stage::scratch files;
    const auto hosts = files.write("hosts", "no-such-host.invalid slots=2\n");
    auto run = program::run(quick().yaml(), {"--ranks", "2", "--hostfile", hosts.string()});
    EXPECT_EQ(run.wait(for_mpirun), 3);
    EXPECT_THAT(run.err(), StartsWith("loadsim: "));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
}

namespace {

/// mpirun as somebody starts it by hand. Returns its exit code; what it said is in `out` and `err` of the folder.
int mpirun(const stage::scratch& folder, const std::string& arguments) {
    const auto command = fmt::format("cd {} && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
                                     "OMPI_MCA_rmaps_base_oversubscribe=1 timeout -k 5 60 mpirun --bind-to none {} "
                                     ">out 2>err </dev/null",
                                     folder.path().string(), arguments);
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST(ranks, may_be_started_by_mpirun_itself) {
    const stage::scratch folder;
    folder.write("scenario.yaml", quick().yaml());
    EXPECT_EQ(mpirun(folder, fmt::format("-np 2 {} run scenario.yaml --report report", LOADSIM_PROGRAM)), 0)
        << stage::contents(folder / "err");
    EXPECT_THAT(stage::contents(folder / "out"), HasSubstr("2 ranks on 1 host"));
    EXPECT_THAT(stage::contents(folder / "out"), Not(HasSubstr("\x1b[")))
        << "a file is no terminal, whatever mpirun shows us";
    EXPECT_TRUE(exists(folder / "report" / "summary.json"));
}

TEST(ranks, that_have_different_scenarios_do_not_run) {
    const stage::scratch folder;
    auto w = quick();
    folder.write("a.yaml", w.yaml());
    w.vehicles += 1;
    folder.write("b.yaml", w.yaml());
    EXPECT_EQ(mpirun(folder, fmt::format("-np 1 {0} run a.yaml --report report : -np 1 {0} run b.yaml --report report",
                                         LOADSIM_PROGRAM)),
              3);
    EXPECT_THAT(stage::contents(folder / "err"), HasSubstr("rank 1 on "));
    EXPECT_THAT(stage::contents(folder / "err"), HasSubstr("'  vehicles: 400' here and '  vehicles: 401' there"));
    EXPECT_FALSE(exists(folder / "report"));
}

TEST(ranks, do_not_start_ranks_of_their_own) {
    const stage::scratch folder;
    folder.write("scenario.yaml", quick().yaml());
    EXPECT_EQ(mpirun(folder, fmt::format("-np 1 {} run scenario.yaml --ranks 2", LOADSIM_PROGRAM)), 2);
    EXPECT_THAT(stage::contents(folder / "err"), HasSubstr("--ranks: a launcher has started this as a rank already"));
}

TEST(ranks, are_not_begun_by_a_run_alone) {
    auto run = program::run(long_one().yaml());
    ASSERT_TRUE(stage::wait_until([&] { return run.ticks() >= 2; }, 15s)) << run.err();
    EXPECT_THAT(stage::contents(fmt::format("/proc/{}/maps", run.pid())), Not(HasSubstr("/mca_")))
        << "what MPI loads when it begins";
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(), 130);
}
