// Several loads in one run: their order, what their results contain, and that each begins with a platform that has drained.
#include <loadsim/run/load_sequence.hpp>

#include "fake_generator.hpp"
#include "fake_signals.hpp"
#include "plan_from_text.hpp"
#include "sequence_load.hpp"
#include "stages.hpp"

#include <loadsim/measure/run_result.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

namespace {

/// A run of 10 vehicles whose requests complete at once; it begins at 1 h.
class load_sequence_test : public testing::Test {
protected:
    load_sequence_test() {
        time.set(begin);
        generator.snapshot = [this] { return state(); };
        generator.on_call = [this](const std::string& call) {
            if (call == "load") reported = 0;
        };
        sequence.next = [this]() -> std::optional<load_step> {
            if (given == steps.size()) return std::nullopt;
            return steps[given++];
        };
        sequence.on_load = [this](const measure::run_result& r) { results.push_back(r); };
    }

    measure::snapshot state() {
        measure::snapshot s;
        s.sessions_planned = s.sessions_online = 10;
        s.driver_ready = true;
        s.counts.sessions.connected = 1;
        s.counts.anomalies[0] = 1;
        s.counts.phases.resize(2);
        if (generator.load_start == monotonic_time{}) return s;
        load::schedule::cursor all(generator.plan().schedule());
        std::uint64_t n = 0;
        for (auto a = all.next(); a && generator.load_start + a->due <= time.now(); a = all.next()) {
            if (++n <= reported) continue;
            ++s.counts.requests.due;
            ++s.counts.phases[a->phase].due;
            s.counts.latencies.record(measure::hop::e2e, 0, a->phase, a->phase == 0 ? 9s : 1s);
        }
        reported = std::max(reported, n);
        return s;
    }

    run_end run() {
        return run_stages(generator, signals,
                          {.on_notice = [](const std::string&) {},
                           .on_progress = [](const measure::progress&) {},
                           .on_finished = [this](const measure::run_result&) { ++finished; },
                           .started = {.utc = {}, .at = begin}},
                          time, {}, &sequence);
    }

    static constexpr monotonic_time begin{1h};
    plan_from_text text{"name: t\nseed: 7\nfleet: {vehicles: 10}\n"
                        "load: {phases: [{name: warm-up, duration: 1h, arrivalRate: 1}, {name: step, duration: 1h, "
                        "arrivalRate: 1}], drain: 5s}\n"};
    manual_time time;
    fake_signals signals{time};
    fake_generator generator{text.plan};
    load_sequence sequence;
    std::vector<load_step> steps{{rate{10}, 1s, 2s}, {rate{20}, 1s, 2s}};
    std::size_t given = 0;
    std::uint64_t reported = 0; ///< arrivals of the current load
    std::vector<measure::run_result> results;
    int finished = 0;
};

} // namespace

TEST(load_after, numbers_the_arrivals_on) {
    const auto scenario = scenario::read("name: t\nload: {phases: [{duration: 1s, arrivalRate: 1}]}\n", "f").value();
    const auto first = load_after({}, {rate{10}, 1s, 2s}, scenario);
    EXPECT_EQ(first.first_arrival, 0U);
    EXPECT_EQ(first.schedule->size(0), 10U);
    EXPECT_EQ(first.schedule->size(1), 20U);
    const auto second = load_after(first, {rate{5}, 0s, 1s}, scenario);
    EXPECT_EQ(second.first_arrival, 30U);
    EXPECT_EQ(second.schedule->size(0), 0U) << "without a warm-up";
    EXPECT_EQ(second.schedule->size(1), 5U);
}

TEST_F(load_sequence_test, connects_once_and_drains_after_each_load) {
    EXPECT_TRUE(run().status);
    EXPECT_THAT(generator.calls, ElementsAre("before", "connect", "set_load", "load", "expire", "set_load", "load",
                                             "expire", "stop_arrivals", "stop", "after"));
    EXPECT_EQ(finished, 1);
}

TEST_F(load_sequence_test, results_are_of_the_measured_time) {
    run();
    ASSERT_THAT(results, SizeIs(2));
    const std::uint64_t requests[] = {20, 40};
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& r = results[i];
        EXPECT_EQ(r.sum.requests.due, requests[i]);
        EXPECT_EQ(r.planned_arrivals, requests[i]);
        EXPECT_EQ(r.load_elapsed, 2s);
        EXPECT_EQ(r.sum.latencies.select(measure::hop::e2e).count(), requests[i]);
        EXPECT_LT(r.sum.latencies.select(measure::hop::e2e).max(), 2s) << "those of the warm-up are longer";
        EXPECT_EQ(r.ended, measure::run_result::end_reason::complete);
        EXPECT_GT(r.sum.anomalies[0], 0U) << "since the end of the warm-up";
        EXPECT_LT(r.sum.anomalies[0], 20U);
    }
    EXPECT_EQ(text.plan.current_load.first_arrival, 30U);
}

TEST_F(load_sequence_test, a_stop_ends_the_load_and_the_sequence) {
    signals.send(stop_signals::kind::interrupt, begin + 2s);
    EXPECT_TRUE(run().status);
    ASSERT_THAT(results, SizeIs(1));
    EXPECT_EQ(results[0].ended, measure::run_result::end_reason::interrupted);
    EXPECT_LT(results[0].sum.requests.due, 20U);
    EXPECT_LT(results[0].load_elapsed, 2s);
    EXPECT_THAT(generator.calls,
                ElementsAre("before", "connect", "set_load", "load", "stop_arrivals", "expire", "stop", "after"));
}

TEST(rehearse_loads, a_load_begins_with_a_platform_that_has_drained) {
    const auto scenario = scenario_of_sequence(
        scenario::read("name: t\nseed: 3\nfleet: {vehicles: 2000}\n"
                       "target: {embedded: {workers: 4, faults: [{delay: command, by: 40ms, every: 1}]}}\n"
                       "load: {phases: [{duration: 1s, arrivalRate: 1}]}\n",
                       "f")
            .value(),
        1h);
    const std::vector<load_step> steps{{rate{80}, 2s, 5s}, {rate{120}, 2s, 5s}, {rate{80}, 2s, 5s}};
    std::size_t given = 0;
    std::vector<measure::run_result> results;
    const auto done = rehearse_loads(scenario, {},
                                     {.on_notice = [](const std::string&) {},
                                      .on_progress = [](const measure::progress&) {},
                                      .on_finished = [](const measure::run_result& r) { EXPECT_EQ(r.left_open, 0U); }},
                                     {.next = [&]() -> std::optional<load_step> {
                                          if (given == steps.size()) return std::nullopt;
                                          return steps[given++];
                                      },
                                      .on_load = [&](const measure::run_result& r) { results.push_back(r); }});
    ASSERT_TRUE(done);
    ASSERT_THAT(results, SizeIs(3));
    const auto dispatch = [&](std::size_t i) { return results[i].sum.latencies.select(measure::hop::dispatch); };
    EXPECT_EQ(dispatch(0).count(), 400U);
    EXPECT_EQ(dispatch(1).count(), 600U);
    EXPECT_NEAR(milliseconds(dispatch(0).max()), 40, 1) << "below the capacity of 4 / 40 ms no request waits";
    EXPECT_GT(milliseconds(dispatch(1).max()), 1'000) << "20 too many in each of 7 s, and 100 a second are processed";
    EXPECT_NEAR(milliseconds(dispatch(2).max()), 40, 1) << "the queue is empty again";
    for (const auto& r : results) EXPECT_EQ(r.sum.requests.unexpected, 0U);
}
