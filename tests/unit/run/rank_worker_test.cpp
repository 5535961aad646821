// Worker rank on a fake channel and a fake generator, in manual time.
#include "ranks/rank_worker.hpp"

#include "fake_channel.hpp"
#include "fake_generator.hpp"
#include "fake_signals.hpp"
#include "plan_from_text.hpp"
#include "spool_folder.hpp"
#include "stages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using cluster::control_command;
using cluster::status_report;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

class rank_worker_test : public testing::Test {
protected:
    rank_worker_test() {
        generator.snapshot = [] {
            measure::snapshot s;
            s.counts.requests.due = 1;
            return s;
        };
    }

    void command(control_command::kind what) { channel.deliver(0, control_command{.what = what, .start_wall_us = 0}); }
    std::vector<status_report> reports() const { return channel.sent_to<status_report>(0); }
    std::vector<std::uint32_t> executed() const {
        std::vector<std::uint32_t> all;
        for (const auto& r : reports()) all.push_back(r.commands_executed);
        return all;
    }

    plan_from_text text{"name: t\nload: {phases: [{duration: 3s, arrivalRate: 2}]}\n"};
    manual_time time;
    fake_signals signals{time};
    fake_generator generator{text.plan};
    fake_channel channel{1, 2};
    spool_folder folder;
    cluster::spool_writer spool{folder.of_rank(1)};
    rank_worker worker{channel, spool, signals, time};
};

} // namespace

TEST_F(rank_worker_test, executes_commands_in_order_and_confirms_each) {
    using enum control_command::kind;
    for (const auto what : {connect, load, stop_arrivals, expire_open_requests, flush_records, stop, leave})
        command(what);
    EXPECT_TRUE(worker.run(&generator, {}));
    EXPECT_THAT(generator.calls, ElementsAre("connect", "load", "stop_arrivals", "expire", "flush_records", "stop"));
    EXPECT_THAT(executed(), ElementsAre(1, 2, 3, 4, 5, 6)) << "leave_run() confirms the last";
}

TEST_F(rank_worker_test, confirms_a_stop_only_when_all_sessions_are_closed) {
    command(control_command::kind::stop);
    generator.is_idle = false;
    generator.snapshot = [this] {
        if (time.now() >= monotonic_time{1s}) {
            generator.is_idle = true;
            if (channel.incoming.empty() && executed().back() == 1) command(control_command::kind::leave);
        }
        return measure::snapshot{};
    };
    EXPECT_TRUE(worker.run(&generator, {}));
    EXPECT_EQ(executed().front(), 0U);
    EXPECT_EQ(executed().back(), 1U);
}

TEST_F(rank_worker_test, reports_five_times_a_second_while_rank_0_waits) {
    generator.snapshot = [this] {
        if (time.now() >= monotonic_time{1s}) command(control_command::kind::leave);
        return measure::snapshot{};
    };
    EXPECT_TRUE(worker.run(&generator, {}));
    EXPECT_THAT(reports(), SizeIs(6)) << "at 0, 200, 400, 600, 800 and 1000 ms";
}

// Late or not, a report is of the seconds that were complete when the rank counted, and the next one is on time.
TEST_F(rank_worker_test, reports_each_second_of_the_load_at_its_end) {
    const auto wall = system_time_us();
    channel.deliver(0, control_command{.what = control_command::kind::load, .start_wall_us = wall + 1'500'000});
    std::vector<nanoseconds> at;
    generator.snapshot = [this, &at] {
        if (generator.load_start != monotonic_time{}) at.push_back(time.now() - generator.load_start);
        if (at.size() == 4) time.advance(300ms); // late
        if (at.size() == 5) command(control_command::kind::stop_arrivals);
        if (at.size() == 9) command(control_command::kind::leave);
        return measure::snapshot{};
    };
    EXPECT_TRUE(worker.run(&generator, {}));
    ASSERT_THAT(at, SizeIs(9));
    at.erase(at.begin()); // the confirmation of the command
    EXPECT_THAT(at, ElementsAre(0s, 1s, 2s, 3s, 3020ms, 3200ms, 3400ms, 3600ms))
        << "the command to stop is read within 20 ms";
    std::vector<std::uint32_t> complete;
    for (const auto& r : reports()) complete.push_back(r.complete_intervals);
    EXPECT_THAT(complete, ElementsAre(0, 1, 2, 3, 4, 4, 4, 4, 4));
}

TEST_F(rank_worker_test, sends_a_busy_report_once_a_second_while_hooks_run) {
    const auto busy = [this] { return channel.sent_to<cluster::busy_report>(0).size(); };
    generator.while_hooks_run = [this](const auto& should_stop) {
        for (int i = 0; i < 300; ++i) { // 6 s
            EXPECT_FALSE(should_stop());
            time.advance(20ms);
        }
    };
    EXPECT_TRUE(run_before_hooks(generator, signals, [this] { worker.report_busy(); }));
    EXPECT_EQ(busy(), 6U);
    EXPECT_TRUE(run_after_hooks(generator, [this] { worker.report_busy(); }));
    EXPECT_EQ(busy(), 12U);
    EXPECT_THAT(reports(), IsEmpty()) << "its counts come later";
}

TEST_F(rank_worker_test, reports_the_error_of_a_hook_after_the_load) {
    worker.report_failed_hook("404");
    const auto sent = channel.sent_to<cluster::busy_report>(0);
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].failed_hook, "404");
}

TEST_F(rank_worker_test, reports_its_set_up_error_until_it_may_leave) {
    command(control_command::kind::stop);
    command(control_command::kind::leave);
    EXPECT_TRUE(worker.run(nullptr, "no broker"));
    ASSERT_THAT(reports(), SizeIs(1));
    EXPECT_EQ(reports()[0].snapshot.setup_error, "no broker");
    EXPECT_EQ(reports()[0].commands_executed, 1U);
}

TEST_F(rank_worker_test, reports_a_signal_at_once) {
    signals.send(stop_signals::kind::terminate, monotonic_time{250ms});
    generator.snapshot = [this] {
        if (signals.requested() != stop_signals::kind::none) command(control_command::kind::leave);
        return measure::snapshot{};
    };
    EXPECT_TRUE(worker.run(&generator, {}));
    EXPECT_EQ(time.now(), monotonic_time{250ms});
    EXPECT_TRUE(reports().back().terminated);
    EXPECT_FALSE(reports().back().interrupted);
    EXPECT_FALSE(reports().front().terminated);
}

TEST_F(rank_worker_test, ends_when_rank_0_is_lost) {
    generator.snapshot = [this] {
        channel.failure = "rank 1 cannot hear the others";
        return measure::snapshot{};
    };
    EXPECT_FALSE(worker.run(&generator, {}));
    EXPECT_THAT(generator.calls, IsEmpty());
}

TEST_F(rank_worker_test, writes_every_report_to_its_spool) {
    command(control_command::kind::connect);
    command(control_command::kind::stop);
    command(control_command::kind::leave);
    worker.run(&generator, {});
    const auto spools = cluster::read_spools(folder.path());
    ASSERT_THAT(spools, SizeIs(1));
    EXPECT_EQ(spools[0].rank, 1U);
    EXPECT_EQ(spools[0].sum.counts.requests.due, 2U);
    EXPECT_EQ(spools[0].commands_executed, 2U);
}
