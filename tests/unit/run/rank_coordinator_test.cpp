// Coordinator of three ranks on a fake channel, in manual time.
#include "ranks/rank_coordinator.hpp"

#include "fake_channel.hpp"
#include "fake_generator.hpp"
#include "fake_signals.hpp"
#include "plan_from_text.hpp"
#include "ranks/rank_worker.hpp"
#include "spool_folder.hpp"
#include "stages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using cluster::control_command;
using cluster::status_report;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class rank_coordinator_test : public testing::Test {
protected:
    static status_report status(std::uint32_t executed, std::uint64_t due = 0) {
        status_report s;
        s.commands_executed = executed;
        s.snapshot.counts.requests.due = due;
        s.snapshot.sessions_online = 10;
        s.snapshot.all_due = s.snapshot.driver_ready = true;
        return s;
    }

    std::vector<control_command::kind> commands_to(std::uint32_t rank) const {
        std::vector<control_command::kind> all;
        for (const auto& c : channel.sent_to<control_command>(rank)) all.push_back(c.what);
        return all;
    }

    static constexpr monotonic_time load_start{5s};
    plan_from_text text{"name: t\nload: {phases: [{duration: 3s, arrivalRate: 2}]}\n"};
    manual_time time;
    fake_generator local{text.plan};
    fake_channel channel{0, 3};
    spool_folder folder;
    cluster::spool_writer spool{folder.of_rank(0)};
    rank_coordinator coordinator{local, channel, spool, time};
};

} // namespace

TEST_F(rank_coordinator_test, names_its_rank_in_errors_of_hooks) {
    local.before = local.after = problems{"", "404"};
    const auto never_stops = [] { return false; };
    EXPECT_EQ(to_string(coordinator.run_before_hooks(never_stops).error()), "rank 0 on a: 404");
    EXPECT_EQ(to_string(coordinator.run_after_hooks(never_stops).error()), "rank 0 on a: 404");
    local.before = result<void>{};
    EXPECT_TRUE(coordinator.run_before_hooks(never_stops));
}

TEST_F(rank_coordinator_test, executes_every_command_on_all_ranks) {
    coordinator.connect();
    coordinator.begin_load(monotonic_time{5s});
    coordinator.stop_arrivals();
    coordinator.expire_open_requests();
    coordinator.flush_records();
    coordinator.stop();
    using enum control_command::kind;
    for (const std::uint32_t rank : {1U, 2U})
        EXPECT_THAT(commands_to(rank),
                    ElementsAre(connect, load, stop_arrivals, expire_open_requests, flush_records, stop));
    EXPECT_THAT(commands_to(0), ElementsAre()) << "rank 0 needs no message";
    EXPECT_THAT(local.calls, ElementsAre("connect", "load", "stop_arrivals", "expire", "flush_records", "stop"));
    EXPECT_EQ(local.load_start, monotonic_time{5s});
}

TEST_F(rank_coordinator_test, runs_hooks_on_its_own_rank_only) {
    EXPECT_TRUE(coordinator.run_before_hooks([] { return false; }));
    EXPECT_TRUE(coordinator.run_after_hooks([] { return false; }));
    EXPECT_THAT(local.calls, ElementsAre("before", "after"));
    EXPECT_TRUE(channel.sent.empty());
}

TEST_F(rank_coordinator_test, is_idle_when_all_ranks_have_executed_all_commands) {
    coordinator.connect();
    EXPECT_FALSE(coordinator.idle());
    channel.deliver(1, status(1));
    channel.deliver(2, status(0));
    coordinator.poll();
    EXPECT_FALSE(coordinator.idle()) << "rank 2 has set itself up, and not connected";
    channel.deliver(2, status(1));
    coordinator.poll();
    EXPECT_TRUE(coordinator.idle());
    local.is_idle = false;
    EXPECT_FALSE(coordinator.idle());
}

TEST_F(rank_coordinator_test, collects_each_rank_once) {
    local.snapshot = [] { return status(0, 1).snapshot; };
    channel.deliver(1, status(0, 10));
    channel.deliver(1, status(0, 20));
    channel.deliver(2, status(0, 300));
    auto sum = coordinator.collect(never);
    EXPECT_EQ(sum.counts.requests.due, 331U) << "counts of all reports";
    EXPECT_EQ(sum.sessions_online, 30U) << "state of the latest ones";
    EXPECT_TRUE(sum.all_due);
    sum = coordinator.collect(never);
    EXPECT_EQ(sum.counts.requests.due, 1U);
    EXPECT_EQ(sum.sessions_online, 30U);
}

TEST_F(rank_coordinator_test, waits_for_the_slowest_rank) {
    local.snapshot = [] { return status(0).snapshot; };
    auto late = status(0);
    late.snapshot.all_due = false;
    channel.deliver(1, status(0));
    channel.deliver(2, late);
    EXPECT_FALSE(coordinator.collect(never).all_due);
}

TEST_F(rank_coordinator_test, names_the_rank_that_could_not_set_itself_up) {
    auto broken = status(0);
    broken.snapshot.setup_error = "no broker";
    channel.deliver(1, broken);
    EXPECT_EQ(coordinator.collect(never).setup_error, "rank 1 on b: no broker");
}

TEST_F(rank_coordinator_test, passes_on_the_stop_request_of_another_rank) {
    auto stopped = status(0);
    stopped.interrupted = true;
    channel.deliver(2, stopped);
    channel.deliver(2, status(0));
    coordinator.poll();
    EXPECT_TRUE(coordinator.stop_requested().interrupt) << "once requested, it stays";
    EXPECT_FALSE(coordinator.stop_requested().terminate);
}

TEST_F(rank_coordinator_test, loses_a_rank_that_is_silent) {
    time.advance(60s);
    EXPECT_EQ(coordinator.lost_rank(), "") << "a set-up takes time";
    time.advance(1s);
    EXPECT_EQ(coordinator.lost_rank(), "rank 1 on b has sent nothing for 1m");
    channel.deliver(1, status(0));
    channel.deliver(2, status(0));
    coordinator.poll();
    EXPECT_EQ(coordinator.lost_rank(), "");
    time.advance(15s);
    channel.deliver(1, status(0));
    coordinator.poll();
    time.advance(6s);
    EXPECT_EQ(coordinator.lost_rank(), "rank 2 on a has sent nothing for 20s");
}

TEST_F(rank_coordinator_test, keeps_a_rank_that_is_busy_for_long) {
    for (int i = 0; i < 5; ++i) { // calls of `before` for 250 s
        time.advance(50s);
        channel.deliver(1, cluster::busy_report{});
        channel.deliver(2, status(0));
        coordinator.poll();
        EXPECT_EQ(coordinator.lost_rank(), "");
        channel.deliver(2, status(0));
    }
    EXPECT_FALSE(coordinator.idle()) << "rank 1 has not set itself up";
    channel.deliver(1, status(0));
    coordinator.poll();
    EXPECT_TRUE(coordinator.idle());
}

// Five minutes of `before` in all ranks: the limit of 60 s is for a rank without any message.
TEST_F(rank_coordinator_test, keeps_ranks_whose_hooks_take_longer_than_a_set_up_may) {
    fake_signals signals{time};
    fake_channel to_rank_0{1, 3};
    cluster::spool_writer worker_spool{folder.of_rank(1)};
    rank_worker worker{to_rank_0, worker_spool, signals, time};
    local.while_hooks_run = [&](const auto& should_stop) {
        for (int i = 0; i < 3'000; ++i) {
            time.advance(100ms);
            worker.report_busy(); // as run_before_hooks() does in rank 1
            for (const auto& [to, line] : std::exchange(to_rank_0.sent, {}))
                for (const std::uint32_t from : {1U, 2U}) channel.incoming.push_back({from, line});
            EXPECT_FALSE(should_stop()) << "polls";
            EXPECT_EQ(coordinator.lost_rank(), "");
        }
    };
    EXPECT_TRUE(run_before_hooks(coordinator, signals, [this] { coordinator.poll(); }));
    EXPECT_EQ(time.now(), monotonic_time{300s});
    time.advance(61s);
    EXPECT_EQ(coordinator.lost_rank(), "rank 1 on b has sent nothing for 1m") << "nor its first report after the hooks";
}

// Reports of a second arrive while the next one lasts: they are counted where they belong.
TEST_F(rank_coordinator_test, collects_each_interval_when_all_ranks_have_reported_it) {
    local.snapshot = [this] { return status(0, time.now() < load_start ? 0 : 100).snapshot; };
    const auto report = [this](std::uint32_t rank, std::uint32_t complete, std::uint64_t due) {
        auto s = status(1, due);
        s.complete_intervals = complete;
        channel.deliver(rank, s);
    };
    coordinator.begin_load(load_start);
    time.set(load_start);
    coordinator.collect(monotonic_time{});
    report(1, 1, 1);
    report(2, 1, 2);
    coordinator.poll();
    EXPECT_EQ(coordinator.late_ranks(load_start), 0U);
    EXPECT_EQ(coordinator.collect(load_start).counts.requests.due, 103U) << "of before the load";
    for (std::uint32_t second = 1; second <= 3; ++second) {
        const auto end = load_start + std::chrono::seconds{second};
        time.set(end);
        const auto held = coordinator.collect(end - 1s).counts.requests.due;
        EXPECT_EQ(held, 0U) << "the others have not reported this second";
        report(1, second + 1, 10);
        coordinator.poll();
        EXPECT_EQ(coordinator.late_ranks(end), 1U);
        time.advance(300ms);
        coordinator.collect(end - 1s); // rank 0 counts on
        report(2, second + 1, 20);
        coordinator.poll();
        EXPECT_EQ(coordinator.late_ranks(end), 0U);
        EXPECT_EQ(coordinator.collect(end).counts.requests.due, second == 1 ? 230U : 330U);
    }
}

TEST_F(rank_coordinator_test, loses_a_rank_that_sends_nonsense) {
    channel.incoming.push_back({2, "{\"half\":"});
    coordinator.poll();
    EXPECT_THAT(coordinator.lost_rank(), HasSubstr("rank 2 on a sent what cannot be read"));
}

TEST_F(rank_coordinator_test, loses_all_ranks_with_the_channel) {
    channel.failure = "rank 0 on a cannot hear the other ranks any more";
    EXPECT_EQ(coordinator.lost_rank(), channel.failure);
}

TEST_F(rank_coordinator_test, writes_its_own_part_to_the_spool) {
    local.snapshot = [] { return status(0, 1).snapshot; };
    channel.deliver(1, status(0, 10));
    coordinator.connect();
    coordinator.collect(never);
    coordinator.collect(never);
    const auto spools = cluster::read_spools(folder.path());
    ASSERT_EQ(spools.size(), 1U);
    EXPECT_EQ(spools[0].sum.counts.requests.due, 2U);
    EXPECT_EQ(spools[0].commands_executed, 1U);
}
