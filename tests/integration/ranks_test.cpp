// Runs of several ranks, under a real mpirun.
#include "broker.hpp"
#include "fake_api.hpp"
#include "process_lookup.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <loadsim/http/client.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include <sys/wait.h>

using namespace std::chrono_literals;
using harness::number;
using harness::program;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

constexpr auto mpirun_timeout = 60s; ///< a run of ranks starts and ends more slowly than a single process

harness::scenario_builder quick() {
    harness::scenario_builder w;
    w.vehicles = 400;
    w.segments = harness::mixed_segments;
    w.phases =
        "[{name: ramp, duration: 1s, arrivalRate: 10, rampTo: 40}, {name: steady, duration: 2s, arrivalRate: 20}]";
    w.budgets = "['unexpected == 0', 'anomalies == 0', 'sessions.dropped == 0']";
    return w.without_repeated_vehicles();
}

harness::scenario_builder long_scenario() {
    harness::scenario_builder w;
    w.vehicles = 100;
    w.phases = "[{name: long, duration: 10m, arrivalRate: 20}]";
    return w;
}

/// Arrival number -> all fields of the record that the seed determines.
std::map<std::int64_t, std::string> ledger(const program& run) {
    std::map<std::int64_t, std::string> rows;
    for (const auto& line : run.json_lines("requests.jsonl")) {
        std::string row;
        for (const auto* key :
             {"vin", "segment", "behaviour", "service", "phase", "expected_outcomes", "outcome", "due_at_ms"})
            row += boost::json::serialize(line.at(key)) + ' ';
        rows[number(line, "/arrival")] = row;
    }
    return rows;
}

void expect_no_process_of(const program& run) {
    const auto folder = run.report().string();
    EXPECT_TRUE(harness::wait_until([&] { return harness::find_processes(folder).empty(); }, 5s));
    for (int rank = 0; rank < 4; ++rank) {
        const auto configuration = fmt::format("{}/rank-{:04}/mosquitto.conf", folder, rank);
        EXPECT_TRUE(harness::wait_until([&] { return harness::find_processes(configuration).empty(); }, 5s)) << rank;
    }
}

/// Waits for the load stage and at least four lines of the timeline.
void await_load(program& run, std::uint32_t ranks) {
    const auto folder = run.report().string();
    ASSERT_TRUE(harness::wait_until(
        [&] {
            const auto lines = harness::read_file(run.report() / "timeline.jsonl");
            return lines.find("\"stage\":\"load\"") != std::string::npos && run.timeline_lines() >= 4;
        },
        40s))
        << run.out() << run.err();
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
        ASSERT_TRUE(harness::find_rank_process(folder, rank)) << "rank " << rank << ", or this test proves nothing";
}

} // namespace

TEST(ranks, share_one_run_and_give_one_report) {
    auto run = program::run(quick().yaml(), {"--ranks", "3"});
    ASSERT_EQ(run.wait(mpirun_timeout), 0) << run.out() << run.err();
    EXPECT_EQ(run.err(), "");
    EXPECT_THAT(run.out(), HasSubstr("3 ranks on 1 host, 1 shard each"));
    EXPECT_THAT(run.out(), HasSubstr("verdict   PASS"));
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 65);
    EXPECT_EQ(number(summary, "/sessions/planned"), 400);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 400);
    EXPECT_EQ(number(summary, "/sessions/connect/samples"), 400);
    EXPECT_EQ(number(summary, "/generator/ranks"), 3);
    EXPECT_EQ(number(summary, "/latency/lag/samples"), 65);
    std::int64_t due = 0;
    for (const auto& line : run.json_lines("timeline.jsonl")) due += number(line, "/requests/due");
    EXPECT_EQ(due, 65) << "the timeline tells of all ranks";
    for (int rank = 0; rank < 3; ++rank) {
        const auto folder = run.report() / fmt::format("rank-{:04}", rank);
        EXPECT_TRUE(exists(folder / "mosquitto.log")) << "each has a broker of its own";
        EXPECT_FALSE(exists(folder / "snapshots.jsonl")) << "the report has all of it";
    }
    expect_no_process_of(run);
}

// 200/s over 22 processes on few cores: their reports of a second arrive while the next one lasts.
TEST(ranks, have_an_even_timeline_of_an_even_load) {
    harness::scenario_builder w;
    w.vehicles = 2200;
    w.segments = "[{name: healthy, share: 100%, behaviour: success}]";
    w.phases = "[{name: steady, duration: 10s, arrivalRate: 200}]";
    auto run = program::run(w.yaml(), {"--ranks", "22"});
    run.wait(180s);
    constexpr int planned_seconds = 10;
    int seconds = 0;
    int late = 0;
    std::int64_t due = 0;
    for (const auto& line : run.json_lines("timeline.jsonl")) {
        due += number(line, "/requests/due");
        // On a busy machine the stage may last a little longer than the load is planned to.
        if (harness::text(line, "/stage") != "load" || seconds == planned_seconds) continue;
        EXPECT_EQ(line.at("interval_ms").to_number<double>(), 1000) << line;
        EXPECT_EQ(line.at("load_elapsed_ms").to_number<double>(), ++seconds * 1000) << line;
        EXPECT_EQ(line.at("target_rate_per_s").to_number<double>(), 200) << line;
        EXPECT_NEAR(static_cast<double>(number(line, "/requests/due")), 200, 20) << line;
        late += static_cast<int>(number(line, "/late_ranks"));
    }
    EXPECT_EQ(seconds, planned_seconds) << run.out() << run.err();
    EXPECT_EQ(late, 0);
    EXPECT_EQ(due, 2000);
}

TEST(ranks, refuse_a_limit_that_is_too_small_to_be_divided) {
    auto w = quick();
    w.phases = "[{name: steady, duration: 2s, arrivalRate: 20, maxVusers: 22}]";
    auto run = program::run(w.yaml(), {"--ranks", "2"});
    EXPECT_EQ(run.wait(mpirun_timeout), 2);
    EXPECT_THAT(run.err(), HasSubstr("load.phases[0].maxVusers: 22 for 2 ranks is fewer than 20 for each"));
}

TEST(ranks, have_the_ledger_of_a_single_process) {
    auto alone = program::run(quick().yaml(), {"--shards", "1"});
    auto four = program::run(quick().yaml(), {"--ranks", "4"});
    ASSERT_EQ(alone.wait(), 0) << alone.err();
    ASSERT_EQ(four.wait(mpirun_timeout), 0) << four.err();
    const auto expected = ledger(alone);
    EXPECT_EQ(expected.size(), 65U);
    EXPECT_EQ(ledger(four), expected);
}

TEST(ranks, all_read_the_same_environment) {
    auto run = program::run(quick().yaml() + "environments: {other: {seed: 99}}\n", {"--ranks", "2", "--env", "other"});
    ASSERT_EQ(run.wait(mpirun_timeout), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/seed"), 99);
}

TEST(ranks, have_one_part_of_their_trace_ids_in_common) {
    auto run = program::run(quick().yaml(), {"--ranks", "2", "--set", "load.http.traceparent=true"});
    ASSERT_EQ(run.wait(mpirun_timeout), 0) << run.out() << run.err();
    std::set<std::string> runs;
    for (const auto& line : run.json_lines("requests.jsonl"))
        runs.insert(harness::text(line, "/traceparent").substr(3, 16)); // 00-<run><request>-...
    EXPECT_EQ(runs.size(), 1U);
}

TEST(ranks, use_one_external_broker) {
    harness::broker broker;
    auto w = quick();
    w.load_keys += "driver: mqtt,";
    w.segments = "[{name: healthy, share: 100%, behaviour: success}]";
    auto run = program::run(w.yaml(), {"--ranks", "2", "--broker", broker.url()});
    EXPECT_EQ(run.wait(mpirun_timeout), 0) << run.out() << run.err();
    harness::expect_consistent_sums(run.summary());
    EXPECT_EQ(number(run.summary(), "/requests/due"), 65);
}

TEST(ranks, filter_the_events_of_their_own_vehicles) {
    harness::broker broker; // shared: the observer of every rank receives all completions
    auto w = quick();
    auto run = program::run(w.yaml(), {"--ranks", "2", "--broker", broker.url()});
    EXPECT_EQ(run.wait(mpirun_timeout), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/anomalies/completion_unknown"), 0);
    auto alone = program::run(w.yaml(), {"--broker", broker.url()});
    ASSERT_EQ(alone.wait(), 0) << alone.err();
    const auto received = number(alone.summary(), "/observers/0/received");
    EXPECT_NEAR(static_cast<double>(number(run.summary(), "/observers/0/received")), static_cast<double>(received),
                static_cast<double>(received) / 4)
        << "a message to both ranks is one message";
}

// Ten calls in each rank, each of which takes three seconds: longer than rank 0 waits for a silent rank.
TEST(ranks, may_take_long_for_the_calls_after_the_load) {
    harness::broker broker;
    std::atomic<int> calls = 0;
    const harness::fake_server api(harness::fake_api_handler([&](auto) {
        ++calls;
        return harness::reaction{.bytes = harness::http_response("200 OK"), .between_bytes = 40ms};
    }));
    harness::scenario_builder w;
    w.phases = "[{duration: 1s, arrivalCount: 1}]";
    std::string after;
    for (int i = 0; i < 10; ++i) after += "  - {path: /logout, method: POST}\n";
    auto run = program::run(w.yaml() + "after:\n" + after, {"--ranks", "2", "--broker", broker.url(), "--api",
                                                            "http://127.0.0.1:" + std::to_string(api.port())});
    run.wait(120s);
    EXPECT_EQ(calls, 21) << "one request, and the calls of both ranks: none was cut off";
    EXPECT_EQ(harness::text(run.summary(), "/end_reason"), "complete");
    EXPECT_THAT(run.err(), Not(HasSubstr("rank")));
    expect_no_process_of(run);
}

// A broker that is stopped (SIGSTOP) does not end at the outage's SIGTERM, but 20 s later at SIGKILL.
TEST(ranks, wait_for_a_broker_that_ends_slowly) {
    auto w = long_scenario();
    w.phases = "[{duration: 35s, arrivalRate: 2}]";
    auto run = program::run(w.yaml() + "conditions: [{outage: {at: 8s, for: 1s}}]\n", {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    const auto brokers = harness::find_processes((run.report() / "rank-0001" / "mosquitto.conf").string());
    ASSERT_EQ(brokers.size(), 1U);
    ::kill(brokers.front(), SIGSTOP);
    run.wait(120s);
    EXPECT_EQ(harness::text(run.summary(), "/end_reason"), "complete") << run.err();
    EXPECT_THAT(run.err(), Not(HasSubstr("has sent nothing")));
    expect_no_process_of(run);
}

TEST(ranks, use_no_cpu_while_idle) {
    auto w = long_scenario();
    w.phases = "[{name: quiet, duration: 10m, arrivalCount: 2}]";
    auto run = program::run(w.yaml(), {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    double before = 0;
    double after = 0;
    for (std::uint32_t rank = 0; rank < 2; ++rank)
        before += harness::cpu_seconds(*harness::find_rank_process(run.report().string(), rank));
    std::this_thread::sleep_for(3s);
    for (std::uint32_t rank = 0; rank < 2; ++rank)
        after += harness::cpu_seconds(*harness::find_rank_process(run.report().string(), rank));
    EXPECT_LT(after - before, 0.6) << "two that spin would use 6 s";
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(mpirun_timeout), 130);
}

TEST(ranks, all_drain_at_ctrl_c) {
    auto run = program::run(long_scenario().yaml(), {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(mpirun_timeout), 130) << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(harness::text(summary, "/end_reason"), "interrupted");
    EXPECT_EQ(number(summary, "/requests/unexpected"), 0) << "what was in flight had its end";
    EXPECT_EQ(run.err(), "");
    expect_no_process_of(run);
}

TEST(ranks, all_drain_at_sigterm) {
    auto run = program::run(long_scenario().yaml(), {"--ranks", "2"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait(mpirun_timeout), 4) << run.err();
    EXPECT_EQ(harness::text(run.summary(), "/end_reason"), "terminated");
    expect_no_process_of(run);
}

/// Parameter: the killed rank. Rank 0 writes the report.
class a_rank_that_dies : public testing::TestWithParam<std::uint32_t> {};

TEST_P(a_rank_that_dies, ends_the_run_as_invalid_with_partial_results) {
    auto run = program::run(long_scenario().yaml(), {"--ranks", "3"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 3));
    ::kill(*harness::find_rank_process(run.report().string(), GetParam()), SIGKILL);
    EXPECT_EQ(run.wait(mpirun_timeout), 4) << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(harness::text(summary, "/verdict"), "invalid");
    EXPECT_EQ(harness::text(summary, "/end_reason"), "aborted");
    EXPECT_GE(number(summary, "/requests/due"), 20) << "of at least a second";
    EXPECT_EQ(number(summary, "/requests/due"),
              harness::sum_of_outcomes(summary, "/requests/outcomes") + number(summary, "/requests/open"));
    EXPECT_EQ(number(summary, "/sessions/planned"), 100);
    EXPECT_EQ(number(summary, "/generator/ranks"), 3);
    EXPECT_THAT(harness::read_file(run.report() / "timeline.jsonl"), HasSubstr("\"stage\":\"load\"")) << "it stays";
    EXPECT_THAT(run.err(), HasSubstr(fmt::format("rank {}", GetParam())));
    EXPECT_THAT(run.err(), HasSubstr("signal 9"));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << "one sentence, and no noise:\n" << run.err();
    expect_no_process_of(run);
}

INSTANTIATE_TEST_SUITE_P(ranks, a_rank_that_dies, testing::Values(0U, 1U));

TEST(ranks, are_started_again_after_an_invalid_run) {
    harness::scenario_builder w;
    w.vehicles = 800;
    w.phases = "[{duration: 1ms, arrivalCount: 800}]"; // more than can be begun within the least lag limit
    auto run = program::run(
        w.yaml(), {"--ranks", "2", "--shards", "1", "--set", "load.lagLimit=1ms", "--retry-invalid", "1", "--quiet"});
    EXPECT_EQ(run.wait(2 * mpirun_timeout), 4) << run.out() << run.err();
    EXPECT_TRUE(exists(run.report() / "summary.json"));
    EXPECT_TRUE(std::filesystem::exists(run.report().string() + "-retry-1/summary.json"));
    EXPECT_THAT(run.err(), HasSubstr("retry 1 of 1"));
}

TEST(ranks, report_a_startup_failure_once) {
    auto run = program::run(quick().yaml(), {"--ranks", "3", "--broker", "mqtt://127.0.0.1:1"});
    EXPECT_EQ(run.wait(mpirun_timeout), 3);
    EXPECT_THAT(run.err(), HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(run.err(), StartsWith("loadsim: "));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
}

TEST(ranks, with_a_bad_scenario_are_not_started) {
    auto run = program::run("name: x\nlood: {}\n", {"--ranks", "2"});
    EXPECT_EQ(run.wait(mpirun_timeout), 2);
    EXPECT_THAT(run.err(), HasSubstr("lood"));
    EXPECT_THAT(run.err(), Not(HasSubstr("rank")));
}

TEST(ranks, on_an_unreachable_host_end_with_one_sentence) {
    const harness::temporary_folder files;
    const auto hosts = files.write("hosts", "no-such-host.invalid slots=2\n");
    auto run = program::run(quick().yaml(), {"--ranks", "2", "--hostfile", hosts.string()});
    EXPECT_EQ(run.wait(mpirun_timeout), 3);
    EXPECT_THAT(run.err(), StartsWith("loadsim: "));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
}

namespace {

/// Runs mpirun directly. Returns its exit code; its output is in `out` and `err` of the folder.
int mpirun(const harness::temporary_folder& folder, const std::string& arguments) {
    const auto command = fmt::format("cd {} && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
                                     "OMPI_MCA_rmaps_base_oversubscribe=1 timeout -k 5 60 mpirun --bind-to none {} "
                                     ">out 2>err </dev/null",
                                     folder.path().string(), arguments);
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST(ranks, may_be_started_by_mpirun_itself) {
    const harness::temporary_folder folder;
    folder.write("scenario.yaml", quick().yaml());
    EXPECT_EQ(mpirun(folder, fmt::format("-np 2 {} run scenario.yaml --report report", LOADSIM_PROGRAM)), 0)
        << harness::read_file(folder / "err");
    EXPECT_THAT(harness::read_file(folder / "out"), HasSubstr("2 ranks on 1 host"));
    EXPECT_THAT(harness::read_file(folder / "out"), Not(HasSubstr("\x1b[")))
        << "a file is no terminal, whatever mpirun shows us";
    EXPECT_TRUE(exists(folder / "report" / "summary.json"));
}

TEST(ranks, have_metrics_in_common_which_rank_0_serves) {
    auto run = program::run(quick().yaml(), {"--ranks", "2", "--metrics", "127.0.0.1:0"});
    EXPECT_EQ(run.wait(mpirun_timeout), 0) << run.err();
    EXPECT_THAT(run.out(), HasSubstr("metrics are at http://127.0.0.1:"));
    EXPECT_THAT(harness::read_file(run.report() / "metrics.prom"), HasSubstr("loadsim_sessions_planned 400\n"));
}

TEST(ranks, all_drain_when_the_live_page_of_rank_0_asks_for_it) {
    auto run = program::run(long_scenario().yaml(), {"--ranks", "2", "--ui", "127.0.0.1:0"});
    ASSERT_NO_FATAL_FAILURE(await_load(run, 2));
    const std::string sentence = "the live page is at ";
    const std::string query = "/?token=";
    const auto out = run.out();
    const auto at = out.find(sentence);
    const auto token = out.find(query, at);
    ASSERT_NE(token, std::string::npos) << out;
    EXPECT_EQ(out.find(sentence, at + 1), std::string::npos) << "of one rank";
    const auto server = loadsim::net::parse_api_url(out.substr(at + sentence.size(), token - at - sentence.size()));
    ASSERT_TRUE(server) << out;
    const auto fetch = [&](const loadsim::http::request& r) {
        const auto response = loadsim::http::fetch({.base_urls = {*server}, .limits = {.body = 10'000'000}}, r);
        return response ? *response : loadsim::http::response{};
    };
    EXPECT_THAT(fetch({.target = "/history"}).body, HasSubstr("\"sessions_planned\":100}")) << "of both ranks";
    constexpr std::size_t token_length = 32;
    EXPECT_EQ(fetch({.method = "POST",
                     .target = "/stop",
                     .headers = {{"X-Loadsim-Token", out.substr(token + query.size(), token_length)}}})
                  .status,
              202U);
    EXPECT_EQ(run.wait(mpirun_timeout), 130) << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(harness::text(summary, "/end_reason"), "interrupted");
    EXPECT_EQ(run.err(), "");
}

TEST(ranks, that_have_different_scenarios_do_not_run) {
    const harness::temporary_folder folder;
    auto w = quick();
    folder.write("a.yaml", w.yaml());
    w.vehicles += 1;
    folder.write("b.yaml", w.yaml());
    EXPECT_EQ(mpirun(folder, fmt::format("-np 1 {0} run a.yaml --report report : -np 1 {0} run b.yaml --report report",
                                         LOADSIM_PROGRAM)),
              3);
    EXPECT_THAT(harness::read_file(folder / "err"), HasSubstr("rank 1 on "));
    EXPECT_THAT(harness::read_file(folder / "err"), HasSubstr("'  vehicles: 400' here and '  vehicles: 401' there"));
    EXPECT_FALSE(exists(folder / "report"));
}

TEST(ranks, do_not_start_ranks_of_their_own) {
    const harness::temporary_folder folder;
    folder.write("scenario.yaml", quick().yaml());
    EXPECT_EQ(mpirun(folder, fmt::format("-np 1 {} run scenario.yaml --ranks 2", LOADSIM_PROGRAM)), 2);
    EXPECT_THAT(harness::read_file(folder / "err"),
                HasSubstr("--ranks: a launcher has started this as a rank already"));
}

TEST(ranks, are_refused_with_the_remedy_where_mpi_cannot_be_loaded) {
    const harness::temporary_folder folder;
    folder.write("scenario.yaml", quick().yaml());
    std::filesystem::copy_file(LOADSIM_PROGRAM, folder / "loadsim");
    const auto run = [&](const std::string& environment, const std::string& arguments) {
        const auto command = fmt::format("cd {} && {} timeout -k 5 60 ./loadsim run scenario.yaml --report report {} "
                                         ">out 2>err </dev/null",
                                         folder.path().string(), environment, arguments);
        const int status = std::system(command.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    };
    const auto expect_refused = [&](const std::string& sentence) {
        // The launcher before it starts anything, and a rank on another host than the launcher's.
        for (const auto& [environment, arguments] :
             {std::pair{"", "--ranks 2"}, std::pair{"OMPI_COMM_WORLD_SIZE=2", ""}}) {
            EXPECT_EQ(run(environment, arguments), 3) << arguments;
            const auto errors = harness::read_file(folder / "err");
            EXPECT_THAT(errors, StartsWith("loadsim: MPI: ranks need ")) << arguments;
            EXPECT_THAT(errors, HasSubstr(sentence)) << arguments;
            EXPECT_EQ(std::ranges::count(errors, '\n'), 1) << errors;
            EXPECT_FALSE(exists(folder / "report")) << "there was no run";
        }
    };
    expect_refused("ranks need libloadsim_mpi.so, which is neither in " + folder.path().string());

    // A module that needs a library that is not installed, instead of libmpi.so.40.
    auto module = harness::read_file(std::filesystem::path(LOADSIM_PROGRAM).parent_path() / "libloadsim_mpi.so");
    ASSERT_NE(module.find("libmpi.so."), std::string::npos) << "the module links MPI";
    for (std::size_t at = 0; (at = module.find("libmpi.so.", at)) != std::string::npos;) module[at + 3] = 'M';
    folder.write("libloadsim_mpi.so", module);
    expect_refused("libMpi.so.40: cannot open shared object file: No such file or directory); "
                   "apt-get install openmpi-bin");

    EXPECT_EQ(run("", ""), 0) << harness::read_file(folder / "err");
    EXPECT_THAT(harness::read_file(folder / "out"), HasSubstr("verdict   PASS"));
}

TEST(ranks, have_mpi_which_a_single_process_run_does_not_load) {
    auto run = program::run(long_scenario().yaml());
    ASSERT_TRUE(harness::wait_until([&] { return run.timeline_lines() >= 2; }, 15s)) << run.err();
    const auto libraries = harness::read_file(fmt::format("/proc/{}/maps", run.pid()));
    EXPECT_THAT(libraries, HasSubstr("/libfmt")) << "or this test proves nothing";
    for (const auto* name : {"/libmpi", "/libopen-", "/libloadsim_mpi"})
        EXPECT_THAT(libraries, Not(HasSubstr(name))) << "neither linked nor loaded";
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(), 130);
}
