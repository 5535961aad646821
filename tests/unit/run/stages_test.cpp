// Stages of a run on a fake generator, in manual time.
#include "stages.hpp"

#include "fake_generator.hpp"
#include "fake_signals.hpp"
#include "plan_from_text.hpp"

#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/run.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using reason = measure::run_result::end_reason;

namespace {

/// A run of 10 vehicles with 3 s of load and at most 5 s of drain; it begins at 1 h.
class stages_test : public testing::Test {
protected:
    stages_test() {
        time.set(begin);
        generator.snapshot = [this] { return state(); };
        generator.on_call = [this](const std::string& call) { at[call] = time.now() - begin; };
    }

    /// Every vehicle is online, and every request is answered at once.
    measure::snapshot state() const {
        measure::snapshot s;
        s.sessions_planned = 10;
        s.sessions_online = online;
        s.in_flight = in_flight;
        s.driver_ready = true;
        s.all_due = at.contains("load") && time.now() >= generator.load_start + 3s;
        s.setup_error = setup_error;
        s.counts.requests.due = 1;
        s.counts.broker_limits = broker_limits;
        return s;
    }

    run_end run() {
        return run_stages(generator, signals,
                          {.on_notice = [this](const std::string& sentence) { notices.push_back(sentence); },
                           .on_progress =
                               [this](const measure::progress& p) {
                                   progress.push_back(p);
                                   progress.back().cumulative = nullptr;
                                   on_progress();
                               },
                           .on_finished = [this](const measure::run_result& r) { results.push_back(r); },
                           .started = {.utc = {}, .at = begin}},
                          time, linger);
    }

    static constexpr monotonic_time begin{1h};
    plan_from_text text{"name: t\nseed: 7\nfleet: {vehicles: 10}\n"
                        "load: {phases: [{duration: 3s, arrivalRate: 2}], drain: 5s}\n"};
    linger_time linger;
    manual_time time;
    fake_signals signals{time};
    fake_generator generator{text.plan};
    std::uint32_t online = 10;
    std::uint64_t in_flight = 0;
    std::string setup_error;
    std::map<std::string, std::uint64_t> broker_limits; ///< in each snapshot

    std::map<std::string, nanoseconds> at; ///< time of each call, since the begin
    std::vector<std::string> notices;
    std::vector<measure::progress> progress;
    std::function<void()> on_progress = [] {}; ///< after each
    std::vector<measure::run_result> results;
};

} // namespace

TEST_F(stages_test, run_in_order) {
    const auto end = run();
    EXPECT_TRUE(end.status);
    EXPECT_FALSE(end.aborted);
    EXPECT_THAT(generator.calls, ElementsAre("before", "connect", "load", "stop_arrivals", "expire", "stop", "after"));
    EXPECT_EQ(at["connect"], 0s);
    EXPECT_EQ(generator.load_start, begin + 50ms) << "the generator's delay";
    EXPECT_EQ(at["stop_arrivals"], 3050ms) << "the load lasts as long as its phases";
    EXPECT_EQ(at["expire"], 3150ms) << "the drain ends when nothing is in flight";
    EXPECT_THAT(notices, IsEmpty());
}

TEST_F(stages_test, linger_after_the_drain_as_long_as_wanted) {
    const struct {
        nanoseconds at_least, at_most, completed_after, stopped_after;
    } rows[] = {
        {0s, 0s, 0s, 0s}, {2s, 0s, 0s, 2s}, {2s, 4s, 1s, 2s}, {2s, 4s, 3s, 3s}, {0s, 4s, 9s, 4s},
    };
    for (const auto& row : rows) {
        generator.calls.clear();
        at.clear();
        const auto lingered = [&] { return time.now() - begin - at["expire"]; };
        linger = {.at_least = row.at_least, .at_most = row.at_most, .complete = [&] {
                      return lingered() >= row.completed_after;
                  }};
        run();
        EXPECT_GE(at["stop"] - at["expire"], row.stopped_after);
        EXPECT_LE(at["stop"] - at["expire"], row.stopped_after + 100ms) << "its poll interval";
    }
}

TEST_F(stages_test, lingering_ends_with_a_signal) {
    linger.at_least = 1h;
    signals.send(stop_signals::kind::interrupt, begin + 6s);
    run();
    EXPECT_LE(time.now() - begin, 7s);
}

TEST_F(stages_test, tell_the_limits_of_the_broker_once_before_the_load) {
    broker_limits = {{"the broker does not retain messages", 1}};
    std::vector<std::string> before_load;
    generator.on_call = [&](const std::string& call) {
        at[call] = time.now() - begin;
        if (call == "load") before_load = notices;
    };
    run();
    EXPECT_THAT(before_load, ElementsAre("the broker does not retain messages"));
    EXPECT_EQ(notices, before_load);
}

TEST_F(stages_test, stopped_during_the_hooks_end_without_load_and_further_hooks) {
    signals.send(stop_signals::kind::interrupt, begin);
    generator.on_call = [this](const std::string& call) {
        if (call == "before") signals.wait_until(begin);
    };
    EXPECT_TRUE(run().status);
    EXPECT_THAT(generator.calls, ElementsAre("before", "expire", "stop"));
    ASSERT_THAT(results, SizeIs(1));
    EXPECT_EQ(results.front().ended, reason::interrupted);
    EXPECT_LE(time.now() - begin, 200ms);
}

TEST_F(stages_test, report_progress_once_a_second_of_the_load_and_at_the_end) {
    run();
    ASSERT_THAT(progress, SizeIs(5));
    EXPECT_EQ(progress[0].elapsed, 50ms) << "up to the start of the load";
    EXPECT_EQ(progress[0].current_stage, measure::stage::connecting);
    for (std::size_t i = 1; i <= 3; ++i) {
        EXPECT_EQ(progress[i].elapsed, std::chrono::seconds{i} + 50ms);
        EXPECT_EQ(progress[i].load_elapsed, std::chrono::seconds{i});
        EXPECT_EQ(progress[i].target_rate, 2);
        EXPECT_EQ(progress[i].interval_s, 1);
        EXPECT_EQ(progress[i].current_stage, measure::stage::load);
    }
    EXPECT_EQ(progress[4].current_stage, measure::stage::done);
}

TEST_F(stages_test, count_elapsed_time_from_the_start_of_the_run_not_of_its_stages) {
    time.set(begin + 4s); // the set-up
    run();
    EXPECT_EQ(progress[0].elapsed, 4050ms);
    EXPECT_EQ(progress[0].interval_s, 4.05) << "since the start";
    EXPECT_EQ(progress[1].elapsed, 5050ms);
    EXPECT_EQ(results.front().started, (std::chrono::system_clock::time_point{}));
    EXPECT_EQ(results.front().elapsed, time.now() - begin);
}

TEST_F(stages_test, report_a_second_when_all_ranks_have_or_after_three_seconds) {
    generator.ranks = 2;
    const auto load_start = begin + 50ms;
    generator.late = [&](monotonic_time end) { // the report of second 1 takes 400 ms, that of second 2 never comes
        if (end == load_start + 1s) return time.now() < end + 400ms ? 1U : 0U;
        return end == load_start + 2s ? 1U : 0U;
    };
    generator.snapshot = [this] {
        if (time.now() < begin + 8s)
            in_flight = 1;
        else
            in_flight = 0;
        return state();
    };
    std::vector<nanoseconds> reported_at;
    std::vector<monotonic_time> collected;
    on_progress = [&] {
        reported_at.push_back(time.now() - load_start);
        collected.push_back(generator.collected_until);
    };
    run();
    ASSERT_GE(progress.size(), 6U);
    const nanoseconds earliest[] = {0s, 1400ms, 5s, 5s, 5s, 5s};
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(progress[i].load_elapsed, std::chrono::seconds{i}) << "the end of the second, not of the wait";
        EXPECT_EQ(progress[i].interval_s, i == 0 ? 0.05 : 1);
        EXPECT_EQ(collected[i], load_start + std::chrono::seconds{i});
        EXPECT_GE(reported_at[i], earliest[i]);
        EXPECT_LE(reported_at[i], earliest[i] + 100ms);
        EXPECT_EQ(progress[i].late_ranks, i == 2 ? 1U : 0U) << "marked";
        EXPECT_EQ(progress[i].current_stage, i == 0   ? measure::stage::connecting
                                             : i <= 3 ? measure::stage::load
                                                      : measure::stage::draining);
    }
    EXPECT_EQ(generator.collected_until, never) << "all that is left, at the end";
}

TEST_F(stages_test, report_the_result_once) {
    generator.ranks = 2;
    run();
    ASSERT_THAT(results, SizeIs(1));
    const auto& r = results.front();
    EXPECT_EQ(r.mode, measure::run_mode::run);
    EXPECT_EQ(r.scenario, "t");
    EXPECT_EQ(r.seed, 7U);
    EXPECT_EQ(r.ended, reason::complete);
    EXPECT_EQ(r.planned_arrivals, 6U);
    EXPECT_EQ(r.sessions_planned, 10U);
    EXPECT_EQ(r.sessions_peak, 10U);
    EXPECT_EQ(r.left_open, 0U);
    EXPECT_EQ(r.elapsed, time.now() - begin);
    EXPECT_EQ(r.generator.shards, 3U);
    EXPECT_EQ(r.generator.ranks, 2U);
    EXPECT_GT(r.sum.requests.due, 5U) << "the sum of all snapshots";
}

TEST_F(stages_test, wait_for_the_vehicles_before_the_load) {
    online = 3;
    generator.snapshot = [this] {
        if (time.now() >= begin + 2s) online = 10;
        return state();
    };
    EXPECT_TRUE(run().status);
    EXPECT_EQ(at["load"], 2s);
    EXPECT_EQ(progress.front().current_stage, measure::stage::connecting);
    EXPECT_EQ(progress.front().sessions_online, 3U);
}

TEST_F(stages_test, end_with_the_most_frequent_reason_if_vehicles_do_not_connect_in_time) {
    online = 3;
    generator.snapshot = [this] {
        auto s = state();
        s.counts.sessions.reasons = {{"refused", 1}, {"timed out", 2}};
        return s;
    };
    const auto end = run();
    ASSERT_FALSE(end.status);
    EXPECT_THAT(to_string(end.status.error()), HasSubstr("only 3 of 10 vehicles are online after 30s20ms; most often: "
                                                         "timed out ("));
    EXPECT_THAT(generator.calls, ElementsAre("before", "connect"));
    EXPECT_THAT(results, IsEmpty());
}

TEST_F(stages_test, blame_equal_client_ids_only_for_sessions_that_are_taken_over) {
    const auto error_with = [this](const std::string& most_frequent) {
        generator.snapshot = [this, most_frequent] {
            auto s = state();
            s.counts.sessions.dropped = 11;
            s.counts.sessions.reasons = {{"refused", 1}, {most_frequent, 11}};
            return s;
        };
        const auto end = run();
        return end.status ? std::string{} : to_string(end.status.error());
    };
    online = 0;
    EXPECT_THAT(error_with("disconnected by the server: session taken over (0x8E)"), HasSubstr("fleet.vin.vds"));
    EXPECT_THAT(error_with("connection closed by the other side"), HasSubstr("fleet.vin.vds"));
    EXPECT_THAT(error_with("disconnected by the server: server shutting down (0x8B)"), HasSubstr("check the broker"));
    EXPECT_THAT(error_with("the server sent a malformed packet"), HasSubstr("check the broker"));
}

TEST_F(stages_test, end_with_a_set_up_error_before_anything_connects) {
    setup_error = "no broker";
    generator.is_idle = false; // as a coordinator while other ranks set themselves up
    const auto end = run();
    ASSERT_FALSE(end.status);
    EXPECT_EQ(to_string(end.status.error()), "no broker");
    EXPECT_THAT(generator.calls, ElementsAre("before"));
}

TEST_F(stages_test, end_with_the_error_of_a_hook_before_the_load) {
    generator.before = problems{"before[0]", "404"};
    EXPECT_FALSE(run().status);
    EXPECT_THAT(generator.calls, ElementsAre("before"));
    EXPECT_THAT(results, IsEmpty());
}

TEST_F(stages_test, poll_while_hooks_run) {
    generator.while_hooks_run = [this](const auto& should_stop) {
        const auto before = generator.polls;
        EXPECT_FALSE(should_stop());
        EXPECT_EQ(generator.polls, before + 1);
    };
    EXPECT_TRUE(run().status);
}

TEST_F(stages_test, only_notice_a_failed_hook_after_the_load) {
    generator.after = problems{"after[0]", "404"};
    EXPECT_TRUE(run().status);
    EXPECT_THAT(notices, ElementsAre("after the load: after[0]: 404"));
    EXPECT_EQ(results.front().ended, reason::complete);
}

TEST_F(stages_test, drain_after_an_interrupt) {
    signals.send(stop_signals::kind::interrupt, begin + 1500ms);
    in_flight = 2;
    generator.snapshot = [this] {
        if (time.now() >= begin + 3s) in_flight = 0;
        return state();
    };
    EXPECT_TRUE(run().status);
    EXPECT_EQ(at["stop_arrivals"], 1500ms);
    EXPECT_GE(at["expire"], 3s);
    EXPECT_LE(at["expire"], 3100ms) << "it looks every 100 ms";
    EXPECT_THAT(notices, ElementsAre(HasSubstr("stopped: draining what is in flight, at most 5s")));
    EXPECT_EQ(results.front().ended, reason::interrupted);
    EXPECT_EQ(generator.calls.back(), "after");
}

TEST(stages, end_the_load_early_when_a_budget_with_abort_is_missed) {
    plan_from_text text("name: t\nseed: 7\nfleet: {vehicles: 10}\n"
                        "load: {phases: [{duration: 60s, arrivalRate: 2}], drain: 5s}\n"
                        "budgets: [{budget: unexpected == 0, abort: 2s}]\n");
    manual_time time;
    time.set(monotonic_time{1h});
    fake_signals signals{time};
    fake_generator generator{text.plan};
    std::vector<measure::run_result> results;
    std::vector<std::string> notices;
    nanoseconds stopped{0};
    generator.on_call = [&](const std::string& call) {
        if (call == "stop_arrivals") stopped = time.now() - generator.load_start;
    };
    generator.snapshot = [&] {
        measure::snapshot s;
        s.driver_ready = true;
        s.counts.requests.due = s.counts.requests.unexpected = 1;
        s.counts.requests.outcomes[static_cast<std::size_t>(outcome::errored)] = 1;
        return s;
    };
    const auto end = run_stages(generator, signals,
                                {.on_notice = [&](const std::string& sentence) { notices.push_back(sentence); },
                                 .on_progress = [](const measure::progress&) {},
                                 .on_finished = [&](const measure::run_result& r) { results.push_back(r); },
                                 .started = {.utc = {}, .at = time.now()}},
                                time);
    EXPECT_TRUE(end.status);
    EXPECT_FALSE(end.aborted);
    EXPECT_EQ(stopped, 2s);
    EXPECT_THAT(generator.calls, ElementsAre("before", "connect", "load", "stop_arrivals", "expire", "stop", "after"))
        << "drained, as after a signal";
    ASSERT_THAT(results, SizeIs(1));
    EXPECT_EQ(results.front().ended, reason::budget);
    EXPECT_THAT(results.front().abort_reason,
                HasSubstr("2s of load, because the budget unexpected == 0 was missed (observed "));
    EXPECT_THAT(notices, ElementsAre(HasSubstr("ended early after 2s of load")));
}

TEST_F(stages_test, drain_no_longer_than_configured) {
    in_flight = 1;
    run();
    EXPECT_GE(at["expire"], 8050ms);
    EXPECT_LE(at["expire"], 8150ms);
    EXPECT_EQ(results.front().left_open, 1U);
}

TEST_F(stages_test, begin_no_load_after_a_signal_while_connecting) {
    online = 3;
    signals.send(stop_signals::kind::terminate, begin + 500ms);
    EXPECT_TRUE(run().status);
    EXPECT_THAT(generator.calls, ElementsAre("before", "connect", "expire", "stop", "after"));
    EXPECT_EQ(results.front().ended, reason::terminated);
}

TEST_F(stages_test, end_when_another_rank_gets_a_signal) {
    generator.on_call = [this](const std::string& call) {
        at[call] = time.now() - begin;
        if (call == "load") generator.remote_stop.interrupt = true;
    };
    run();
    EXPECT_LE(at["stop_arrivals"], 1s);
    EXPECT_EQ(results.front().ended, reason::interrupted);
}

TEST_F(stages_test, abort_without_drain_when_a_rank_is_lost) {
    generator.on_call = [this](const std::string& call) {
        if (call == "load") generator.lost = "rank 1 on b has sent nothing for 20 s";
    };
    const auto end = run();
    EXPECT_TRUE(end.status);
    EXPECT_TRUE(end.aborted);
    EXPECT_THAT(generator.calls, ElementsAre("before", "connect", "load", "stop_arrivals", "flush_records"));
    EXPECT_EQ(results.front().ended, reason::aborted);
    EXPECT_FALSE(results.front().aborted_after_interrupt);
    EXPECT_EQ(results.front().abort_reason, "rank 1 on b has sent nothing for 20 s");
}

TEST_F(stages_test, leave_requests_open_when_a_second_signal_ends_the_drain) {
    for (const auto first : {stop_signal::interrupt, stop_signal::terminate}) {
        time.set(begin);
        signals.send(first, begin + 1500ms);
        signals.abort(begin + 2500ms);
        generator.calls.clear();
        at.clear();
        results.clear();
        in_flight = 2;
        EXPECT_TRUE(run().aborted);
        EXPECT_THAT(generator.calls, ElementsAre("before", "connect", "load", "stop_arrivals", "flush_records"))
            << "nothing expires: the platform still had time";
        ASSERT_THAT(results, SizeIs(1));
        EXPECT_EQ(results.front().ended, reason::aborted);
        EXPECT_EQ(results.front().abort_reason, "a second signal ended the drain");
        EXPECT_EQ(results.front().left_open, 2U);
        EXPECT_EQ(results.front().aborted_after_interrupt, first == stop_signal::interrupt);
        EXPECT_LE(time.now(), begin + 2500ms) << "at once";
    }
}

TEST_F(stages_test, say_before_the_drain_what_a_second_signal_does) {
    signals.send(stop_signal::terminate, begin + 1500ms);
    run();
    EXPECT_THAT(notices, ElementsAre(HasSubstr("at most 5s; a second signal ends the drain")));
}

TEST_F(stages_test, report_a_run_that_signals_end_while_ranks_set_themselves_up) {
    generator.is_idle = false;
    signals.send(stop_signal::interrupt, begin);
    signals.abort(begin);
    const auto end = run();
    EXPECT_TRUE(end.status) << "it was stopped: its set-up has not failed";
    EXPECT_TRUE(end.aborted);
    ASSERT_THAT(results, SizeIs(1));
    EXPECT_TRUE(results.front().aborted_after_interrupt);
}

TEST_F(stages_test, wait_a_second_for_the_last_reports_of_an_aborted_run) {
    generator.on_call = [this](const std::string& call) {
        at[call] = time.now() - begin;
        generator.is_idle = call != "flush_records";
    };
    generator.snapshot = [this] {
        if (at.contains("flush_records") && time.now() - begin >= at["flush_records"] + 300ms) generator.is_idle = true;
        return state();
    };
    signals.send(stop_signal::terminate, begin + 1s);
    signals.abort(begin + 1500ms);
    in_flight = 1;
    run();
    EXPECT_EQ(time.now() - begin, 1800ms) << "all have reported";
    EXPECT_EQ(results.front().abort_reason, "a second signal ended the drain");
}

TEST_F(stages_test, say_that_the_last_reports_of_an_aborted_run_are_missing) {
    for (const bool kills : {false, true}) {
        time.set(begin);
        signals.send(stop_signal::terminate, begin + 1s);
        signals.abort(begin + 1500ms, kills);
        generator.on_call = [this](const std::string& call) { generator.is_idle = call != "flush_records"; };
        in_flight = 1;
        results.clear();
        run();
        const nanoseconds earliest = kills ? 1500ms : 2500ms; // a process that is killed writes its report at once
        EXPECT_GE(time.now() - begin, earliest);
        EXPECT_LE(time.now() - begin, earliest + (kills ? 0ms : 100ms));
        EXPECT_THAT(results.front().abort_reason, HasSubstr("; what had not been reported by then is missing"));
    }
}

TEST_F(stages_test, abort_when_the_launcher_ends_all_ranks) {
    signals.abort(begin + 1s, true);
    EXPECT_TRUE(run().aborted);
    EXPECT_THAT(results.front().abort_reason, HasSubstr("the launcher ended all ranks"));
}

TEST_F(stages_test, abort_after_a_fatal_error_of_the_generator) {
    generator.snapshot = [this] {
        auto s = state();
        if (at.contains("load")) s.fatal_error = "the broker did not come back";
        return s;
    };
    EXPECT_TRUE(run().aborted);
    EXPECT_EQ(results.front().abort_reason, "the broker did not come back");
}
