#include "ranks/rank_handshake.hpp"

#include "fake_channel.hpp"
#include "spool_folder.hpp"

#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

constexpr std::int64_t noon = 1'795'170'000'000'000;

cluster::join_request own() {
    cluster::join_request join_request;
    join_request.version = "1.2.3";
    join_request.scenario = "name: x\nseed: 1\n";
    join_request.wall_us = noon;
    return join_request;
}

rank_join_request join_request_from_rank_3(cluster::join_request join_request) {
    return {"rank 3 on b", std::move(join_request)};
}

cluster::join_request with_clock(std::int64_t wall_us) {
    auto join_request = own();
    join_request.wall_us = wall_us;
    return join_request;
}

std::string only_problem(const rank_join_request& other) {
    const auto mismatches = rank_mismatches(own(), {other});
    if (mismatches.list.size() != 1) return "problems: " + std::to_string(mismatches.list.size());
    return to_string(mismatches);
}

} // namespace

TEST(rank_handshake, accepts_ranks_with_the_same_scenario_and_version) {
    EXPECT_TRUE(rank_mismatches(own(), {}).empty());
    EXPECT_TRUE(
        rank_mismatches(own(), {join_request_from_rank_3(own()), join_request_from_rank_3(with_clock(noon - 900'000))})
            .empty());
}

TEST(rank_handshake, reports_the_line_in_which_the_scenario_differs) {
    auto other = own();
    other.scenario = "name: x\nseed: 2\n";
    EXPECT_EQ(
        only_problem(join_request_from_rank_3(other)),
        "rank 3 on b: it has another scenario than rank 0, line 2: 'seed: 1' here and 'seed: 2' there; give all hosts "
        "the same file and the same environment");
}

TEST(rank_handshake, reports_the_startup_error_of_a_rank) {
    auto other = own();
    other.error = "x.yaml: cannot be read (No such file or directory)";
    other.scenario.clear(); // not reported in addition
    EXPECT_EQ(only_problem(join_request_from_rank_3(other)),
              "rank 3 on b: x.yaml: cannot be read (No such file or directory)");
}

TEST(rank_handshake, reports_all_errors_of_a_rank) {
    auto other = own();
    other.error = "x.yaml:1:1: one\nx.yaml:2:1: two";
    EXPECT_EQ(to_string(rank_mismatches(own(), {join_request_from_rank_3(other)})),
              "rank 3 on b: x.yaml:1:1: one\nrank 3 on b: x.yaml:2:1: two");
}

TEST(rank_handshake, requires_the_same_version) {
    auto other = own();
    other.version = "1.2.4";
    EXPECT_EQ(only_problem(join_request_from_rank_3(other)),
              "rank 3 on b: it is loadsim 1.2.4, and rank 0 is 1.2.3; install the same on all hosts");
}

TEST(rank_handshake, requires_synchronised_clocks) {
    EXPECT_THAT(only_problem(join_request_from_rank_3(with_clock(noon + 1'100'000))),
                HasSubstr("its clock is 1.1 s ahead of rank 0's"));
    EXPECT_THAT(only_problem(join_request_from_rank_3(with_clock(noon - 1'100'000))),
                HasSubstr("its clock is 1.1 s behind rank 0's"));
}

TEST(rank_handshake, reports_every_mismatching_rank) {
    auto other = own();
    other.version = "0";
    EXPECT_EQ(rank_mismatches(own(), {join_request_from_rank_3(other), join_request_from_rank_3(own()),
                                      join_request_from_rank_3(other)})
                  .list.size(),
              2U);
}

TEST(rank_handshake, gathers_the_join_requests_of_all_other_ranks) {
    fake_channel channel(0, 3);
    channel.deliver(2, own());
    channel.deliver(1, own());
    EXPECT_TRUE(gather_ranks(channel, own()));
    EXPECT_TRUE(channel.incoming.empty());
}

TEST(rank_handshake, reports_mismatches_when_all_have_joined) {
    fake_channel channel(0, 3);
    auto other = own();
    other.version = "0";
    channel.deliver(1, other);
    channel.deliver(2, other);
    const auto gathered = gather_ranks(channel, own());
    ASSERT_FALSE(gathered);
    EXPECT_THAT(to_string(gathered.error()), HasSubstr("rank 1 on b: it is loadsim 0"));
    EXPECT_THAT(to_string(gathered.error()), HasSubstr("rank 2 on a: it is loadsim 0"));
}

TEST(rank_handshake, reports_ranks_that_do_not_join_in_time) {
    fake_channel channel(0, 3);
    channel.deliver(2, own());
    const auto gathered = gather_ranks(channel, own());
    ASSERT_FALSE(gathered);
    EXPECT_EQ(to_string(gathered.error()), "rank 1 on b: has sent nothing for 1m");
}

TEST(rank_handshake, reports_another_protocol_and_a_broken_channel) {
    fake_channel channel(0, 2);
    channel.incoming.push_back({1, "hello"});
    EXPECT_THAT(to_string(gather_ranks(channel, own()).error()), HasSubstr("rank 1 on b: its messages cannot be read"));
    channel.failure = "the channel is broken";
    EXPECT_EQ(to_string(gather_ranks(channel, own()).error()), "ranks: the channel is broken");
}

TEST(rank_handshake, joins_with_the_settings_of_rank_0) {
    fake_channel channel(1, 2);
    channel.deliver(0, cluster::run_settings{.folder = "/runs/1", .shards = 4, .trace_run = 7});
    const auto settings = join_run(channel, own());
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->folder, "/runs/1");
    EXPECT_EQ(settings->shards, 4U);
    EXPECT_EQ(settings->trace_run, 7U);
    EXPECT_EQ(channel.sent_to<cluster::join_request>(0), std::vector{own()});
}

TEST(rank_handshake, joins_no_run_when_rank_0_releases_its_ranks) {
    fake_channel coordinator(0, 3);
    coordinator.deliver(1, cluster::status_report{.snapshot = {}, .leaving = true});
    EXPECT_FALSE(release_ranks(coordinator, manual_time{})) << "rank 2 does not leave";
    for (const std::uint32_t rank : {1U, 2U}) {
        fake_channel worker(rank, 3);
        worker.deliver(0, coordinator.sent_to<cluster::control_command>(rank).at(0));
        EXPECT_FALSE(join_run(worker, own()));
    }
}

TEST(rank_handshake, releases_ranks_until_each_has_left) {
    fake_channel coordinator(0, 3);
    for (const std::uint32_t rank : {2U, 1U}) {
        fake_channel worker(rank, 3);
        leave_run(worker);
        coordinator.deliver(rank, cluster::status_report{}); // an earlier report is no farewell
        coordinator.incoming.push_back({rank, worker.sent.at(0).second});
    }
    EXPECT_TRUE(release_ranks(coordinator, manual_time{}));
    EXPECT_TRUE(coordinator.incoming.empty());
}

TEST(rank_handshake, names_the_ranks_of_failed_hooks) {
    fake_channel coordinator(0, 4);
    for (const std::uint32_t rank : {1U, 2U, 3U}) {
        coordinator.deliver(rank, cluster::busy_report{});
        coordinator.deliver(rank, cluster::busy_report{.failed_hook = rank == 2 ? "other" : "same"});
        coordinator.deliver(rank, cluster::status_report{.snapshot = {}, .leaving = true});
    }
    std::vector<std::string> notices;
    EXPECT_TRUE(release_ranks(coordinator, steady_time{}, [&](const std::string& text) { notices.push_back(text); }));
    EXPECT_THAT(notices, testing::ElementsAre("after the load: rank 2 on a: other",
                                              "after the load: rank 1 on b and 1 more: same"));
}

TEST(rank_handshake, refuses_a_limit_that_is_too_small_for_its_ranks) {
    const auto refused = [](std::uint64_t limit, std::uint32_t ranks) {
        scenario::scenario_config scenario;
        scenario.load.phases.resize(3);
        scenario.load.phases[1].max_vusers = limit;
        return to_string(check_max_vusers(scenario, ranks));
    };
    EXPECT_EQ(
        refused(22, 22),
        "load.phases[1].maxVusers: 22 for 22 ranks is fewer than 20 for each, and a rank skips requests when its own "
        "part is in flight, even if the others have room; raise it to 440, or start 1 at most");
    EXPECT_THAT(refused(439, 22), HasSubstr("or start 21 at most"));
    EXPECT_EQ(refused(440, 22), "");
    EXPECT_EQ(refused(1, 1), "") << "nothing to divide";
}

TEST(rank_handshake, waits_for_a_rank_as_long_as_it_sends_messages) {
    struct slow_channel : fake_channel {
        using fake_channel::fake_channel;
        std::optional<received_message> receive_until(monotonic_time until) override {
            if (incoming.empty() || time.now() + 19s > until) return std::nullopt;
            time.advance(19s);
            return receive();
        }
        manual_time time;
    };
    slow_channel busy(0, 2);
    for (int i = 0; i < 10; ++i) busy.deliver(1, cluster::busy_report{});
    busy.deliver(1, cluster::status_report{.snapshot = {}, .leaving = true});
    EXPECT_TRUE(release_ranks(busy, busy.time)) << "after 209 s of calls of `after`";

    slow_channel silent(0, 3);
    silent.deliver(1, cluster::busy_report{});
    silent.deliver(1, cluster::status_report{.snapshot = {}, .leaving = true});
    EXPECT_FALSE(release_ranks(silent, silent.time)) << "rank 2 has sent nothing, however often rank 1 does";
}

TEST(rank_handshake, starts_all_other_ranks_and_describes_them) {
    fake_channel channel(0, 3);
    start_ranks(channel, {.folder = "f", .shards = 1, .trace_run = 7});
    EXPECT_EQ(channel.sent_to<cluster::run_settings>(0).size(), 0U);
    EXPECT_EQ(channel.sent_to<cluster::run_settings>(1).size(), 1U);
    EXPECT_EQ(channel.sent_to<cluster::run_settings>(2).size(), 1U);
    EXPECT_EQ(describe_ranks(channel, 1), "3 ranks on 2 hosts, 1 shard each");
}

TEST(first_difference, finds_the_line) {
    EXPECT_EQ(first_difference("a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(first_difference("a\nb\n", "a\nc\n"), "line 2: 'b' here and 'c' there");
    EXPECT_EQ(first_difference("a\n", "a\nc\n"), "line 2: 'nothing more' here and 'c' there");
    EXPECT_EQ(first_difference("a\nc\n", "a\n"), "line 2: 'c' here and 'nothing more' there");
}

TEST(partial_results, of_a_run_that_was_interrupted_before_are_those_of_an_interrupted_run) {
    const scenario::scenario_config scenario;
    for (const bool interrupted : {false, true}) {
        const spool_folder folder;
        for (const std::uint32_t rank : {0U, 1U}) {
            cluster::status_report report;
            report.snapshot.counts.requests.due = 3;
            report.snapshot.machines["a"] = {.ranks = 1, .elapsed_s = 10, .allowed_core_s = 20, .own_cpu_s = 5};
            report.interrupted = interrupted && rank == 1;
            cluster::spool_writer(folder.of_rank(rank)).write(report, 2s);
        }
        const auto result = read_partial_results(scenario, folder.path(), 2, "rank 0 is gone");
        ASSERT_TRUE(result);
        EXPECT_EQ(result->ended, measure::run_result::end_reason::aborted);
        EXPECT_EQ(result->sum.requests.due, 6U);
        ASSERT_EQ(result->generator.machines.size(), 1U) << "both ranks are on one machine";
        EXPECT_EQ(result->generator.machines[0].own_share, 0.5);
        EXPECT_EQ(result->aborted_after_interrupt, interrupted);
    }
}
