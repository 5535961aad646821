#include "aggregator.hpp"

#include "plan_from_text.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

constexpr auto ten_seconds =
    "name: steady\nseed: 7\nload: {phases: [{duration: 10s, arrivalRate: 5}], lagLimit: 50ms}\n"
    "conditions: [{tunnel: {at: 1s, for: 1s}}]\n";

measure::snapshot of(std::uint32_t online, std::uint64_t due) {
    measure::snapshot s;
    s.sessions_planned = 10;
    s.sessions_online = online;
    s.vehicles = {.asleep = online, .connecting = 10 - online};
    s.cpu_s = 0.5;
    s.rss_bytes = 1000 * online;
    s.counts.requests.due = due;
    s.counts.request_records.resize(due);
    s.counts.anomaly_records.resize(2 * due);
    s.counts.session_records.resize(3 * due);
    return s;
}

const monotonic_time begun{1h};
const std::chrono::system_clock::time_point utc{std::chrono::seconds{1'800'000'000} + 1500us};

} // namespace

TEST(aggregator, progress_has_the_totals_since_the_last_call) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    all.add(of(3, 1));
    all.add(of(10, 2));
    auto p = all.progress(measure::stage::load, begun + 2s, begun + 3s);
    EXPECT_EQ(p.interval.requests.due, 3U);
    EXPECT_EQ(p.interval.request_records.size(), 3U);
    EXPECT_EQ(p.interval.anomaly_records.size(), 6U);
    EXPECT_EQ(p.interval.session_records.size(), 9U);
    EXPECT_EQ(p.interval_s, 3);
    EXPECT_EQ(p.elapsed, 3s);
    EXPECT_EQ(p.time, utc + 3s - 500us) << "whole milliseconds";
    EXPECT_EQ(p.load_elapsed, 1s);
    EXPECT_EQ(p.load_started, utc + 2s - 500us) << "whole milliseconds";
    EXPECT_NEAR(p.target_rate, 5.0 / 3, 1e-9) << "a third of the interval is load";
    EXPECT_EQ(p.sessions_online, 10U) << "a state is the latest value, not a sum";
    EXPECT_EQ(p.vehicles, measure::vehicle_states{.asleep = 10});
    EXPECT_EQ(p.generator.cpu_s, 0.5);

    all.add(of(4, 4));
    p = all.progress(measure::stage::draining, begun + 2s, begun + 4s);
    EXPECT_EQ(p.interval.requests.due, 4U);
    EXPECT_EQ(p.interval.request_records.size(), 4U) << "told once";
    EXPECT_EQ(p.interval_s, 1);
    EXPECT_EQ(p.cumulative->requests.due, 7U);
    EXPECT_TRUE(p.cumulative->request_records.empty()) << "only counts are kept for the whole run";
    EXPECT_EQ(all.result(begun).sessions_peak, 10U);
    EXPECT_EQ(all.result(begun).generator.rss_bytes, 10'000U);
}

TEST(aggregator, progress_has_the_telemetry_that_waits_since_the_start) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    measure::snapshot s;
    s.counts.telemetry[0].due = 10;
    s.counts.telemetry[0].acknowledged = 3;
    s.counts.telemetry[1].due = 2;
    all.add(s);
    EXPECT_EQ(all.progress(measure::stage::load, begun + 2s, begun + 3s).telemetry_waiting, 9U);
    s = {};
    s.counts.telemetry[0].acknowledged = 4;
    all.add(s);
    const auto p = all.progress(measure::stage::load, begun + 2s, begun + 4s);
    EXPECT_EQ(p.telemetry_waiting, 5U);
    EXPECT_EQ(p.interval.telemetry.at(0).due, 0U) << "counts are those of the interval";
}

TEST(aggregator, last_progress_has_the_slowest_requests) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    auto of_a_rank = of(3, 1);
    of_a_rank.counts.slowest_requests.resize(150);
    all.add(of_a_rank);
    EXPECT_EQ(all.progress(measure::stage::draining, begun, begun + 1s).interval.request_records.size(), 1U);
    all.add(of_a_rank);
    EXPECT_EQ(all.progress(measure::stage::done, begun, begun + 2s).interval.request_records.size(),
              1 + measure::max_slowest_requests)
        << "of all ranks";
}

// The tunnel acts from 1 s to 2 s of the load.
TEST(aggregator, progress_names_the_conditions_of_its_interval) {
    const plan_from_text text(ten_seconds);
    const auto start = begun + 1s;
    aggregator all(text.plan, {utc, begun});
    const auto conditions_until = [&](nanoseconds load_elapsed) {
        return all.progress(measure::stage::load, start, start + load_elapsed).conditions;
    };
    EXPECT_TRUE(all.progress(measure::stage::connecting, never, begun + 500ms).conditions.empty());
    EXPECT_TRUE(conditions_until(1s).empty());
    EXPECT_EQ(conditions_until(1500ms), std::vector{0U});
    EXPECT_EQ(conditions_until(2500ms), std::vector{0U});
    EXPECT_TRUE(conditions_until(3500ms).empty());
    aggregator early(text.plan, {utc, begun});
    early.end_load(start + 900ms);
    EXPECT_TRUE(early.progress(measure::stage::draining, start, start + 3s).conditions.empty()) << "it never began";
}

TEST(aggregator, result_has_the_load_of_each_machine) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    auto s = of(10, 1);
    s.machines["a"] = {.ranks = 1, .elapsed_s = 10, .allowed_core_s = 20, .own_cpu_s = 5};
    all.add(s);
    s.machines["a"].own_cpu_s = 10; // so far
    all.add(s);
    ASSERT_EQ(all.result(begun).generator.machines.size(), 1U);
    EXPECT_EQ(all.result(begun).generator.machines[0].own_share, 0.5);
}

TEST(aggregator, knows_no_start_of_the_load_while_connecting) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    EXPECT_EQ(all.progress(measure::stage::connecting, never, begun + 1s).load_started, std::nullopt);
}

TEST(aggregator, result_has_the_sum_and_the_recoveries) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    all.add(of(3, 1));
    all.add(of(10, 2));
    all.progress(measure::stage::load, begun + 2s, begun + 5s);
    const auto r = all.result(begun + 20s);
    EXPECT_EQ(r.mode, measure::run_mode::run);
    EXPECT_EQ(r.scenario, "steady");
    EXPECT_EQ(r.seed, 7U);
    EXPECT_EQ(r.started, utc);
    EXPECT_EQ(r.elapsed, 20s);
    EXPECT_EQ(r.lag_limit, 50ms);
    EXPECT_EQ(r.planned_arrivals, 50U);
    EXPECT_EQ(r.sum.requests.due, 3U);
    ASSERT_EQ(r.recoveries.size(), 1U) << "the condition began at 1 s of the load's 3 s so far";
    EXPECT_EQ(r.recoveries[0].condition, "tunnel");
}

// A ramp 0 to 100 in 5 s, then a phase of 1.4 s at 20/s and a pause.
TEST(aggregator, phase_and_rate_are_those_of_the_interval) {
    const plan_from_text text("name: t\nload: {phases: [{name: up, duration: 5s, arrivalRate: 0, rampTo: 100}, "
                              "{name: steady, duration: 1400ms, arrivalRate: 20}, {name: end, pause: 3s}]}\n");
    aggregator all(text.plan, {utc, begun});
    const auto start = begun + 2s;
    all.progress(measure::stage::connecting, start, start);
    const struct {
        std::uint32_t phase;
        double rate;
    } seconds[] = {{0, 10}, {0, 30}, {0, 50}, {0, 70}, {0, 90}, {1, 20}, {2, 8}, {2, 0}};
    for (std::size_t i = 0; i < std::size(seconds); ++i) {
        const auto p = all.progress(measure::stage::load, start, start + std::chrono::seconds{i + 1});
        EXPECT_EQ(p.phase, seconds[i].phase) << i;
        EXPECT_NEAR(p.target_rate, seconds[i].rate, 1e-9) << i;
    }
}

TEST(aggregator, plans_no_arrivals_after_the_end_of_the_load) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    all.end_load(begun + 1200ms); // Ctrl-C
    EXPECT_NEAR(all.progress(measure::stage::load, begun, begun + 1s).target_rate, 5, 1e-9);
    EXPECT_NEAR(all.progress(measure::stage::draining, begun, begun + 2s).target_rate, 1, 1e-9) << "a fifth of it";
    EXPECT_EQ(all.progress(measure::stage::draining, begun, begun + 3s).target_rate, 0);
}

TEST(aggregator, result_has_the_phases_as_planned_and_as_far_as_they_came) {
    const plan_from_text text("name: t\nload: {phases: [{duration: 5s, arrivalRate: 0, rampTo: 100}, "
                              "{duration: 10s, arrivalRate: 20}, {pause: 3s}]}\n");
    aggregator all(text.plan, {utc, begun});
    EXPECT_EQ(all.result(begun + 1s).load_started, std::nullopt);
    EXPECT_EQ(all.result(begun + 1s).load_phases[0].elapsed, 0s) << "the load has not started";
    all.progress(measure::stage::load, begun + 2s, begun + 3s);
    all.end_load(begun + 11s); // Ctrl-C
    const auto r = all.result(begun + 20s);
    EXPECT_EQ(r.load_started, utc + 2s - 500us) << "whole milliseconds";
    ASSERT_EQ(r.load_phases.size(), 3U);
    const struct {
        std::uint64_t planned;
        nanoseconds duration, elapsed;
    } phases[] = {{250, 5s, 5s}, {200, 10s, 4s}, {0, 3s, 0s}};
    for (std::size_t i = 0; i < std::size(phases); ++i) {
        EXPECT_EQ(r.load_phases[i].planned, phases[i].planned) << i;
        EXPECT_EQ(r.load_phases[i].duration, phases[i].duration) << i;
        EXPECT_EQ(r.load_phases[i].elapsed, phases[i].elapsed) << i;
    }
}

TEST(aggregator, progress_tells_how_long_the_drain_takes_and_may_take) {
    const plan_from_text text(ten_seconds);
    aggregator all(text.plan, {utc, begun});
    const auto loading = all.progress(measure::stage::load, begun, begun + 9s);
    EXPECT_EQ(loading.drain_limit, 30s) << "load.drain";
    EXPECT_EQ(loading.drain_elapsed, 0s);
    all.end_load(begun + 10s);
    EXPECT_EQ(all.progress(measure::stage::draining, begun, begun + 12s).drain_elapsed, 2s);
}

TEST(aggregator, result_of_a_replay_plans_the_selected_arrivals) {
    const plan_from_text text(ten_seconds, replay_selection{.arrivals = {arrival_id{3}, arrival_id{9}}});
    const auto r = aggregator(text.plan, {utc, begun}).result(begun);
    EXPECT_EQ(r.mode, measure::run_mode::replay);
    EXPECT_EQ(r.planned_arrivals, 2U);
    EXPECT_TRUE(r.load_phases.empty()) << "they are of the whole fleet";
}

TEST(aggregator, a_signal_ends_a_run_by_interrupt_or_termination) {
    using reason = measure::run_result::end_reason;
    EXPECT_EQ(end_reason_of(stop_signals::kind::none), reason::complete);
    EXPECT_EQ(end_reason_of(stop_signals::kind::interrupt), reason::interrupted);
    EXPECT_EQ(end_reason_of(stop_signals::kind::terminate), reason::terminated);
}

TEST(snapshot, sum_of_two_is_ready_when_both_are) {
    auto one = of(1, 1);
    one.all_due = one.driver_ready = true;
    auto two = of(2, 5);
    two.setup_error = "no broker";
    two.in_flight = 3;
    two.waiting = 2;
    two.over_limit = 1;
    one.add(two);
    EXPECT_FALSE(one.all_due);
    EXPECT_FALSE(one.driver_ready);
    EXPECT_EQ(one.setup_error, "no broker");
    EXPECT_EQ(one.sessions_planned, 20U);
    EXPECT_EQ(one.sessions_online, 3U);
    EXPECT_EQ(one.vehicles, (measure::vehicle_states{.asleep = 3, .connecting = 17}));
    EXPECT_EQ(one.in_flight, 3U);
    EXPECT_EQ(one.waiting, 2U);
    EXPECT_EQ(one.over_limit, 1U);
    EXPECT_EQ(one.counts.requests.due, 6U);
    EXPECT_EQ(one.counts.request_records.size(), 6U);
    EXPECT_EQ(one.counts.anomaly_records.size(), 12U);
    EXPECT_EQ(one.counts.session_records.size(), 18U);
    EXPECT_EQ(one.cpu_s, 1.0);
    EXPECT_EQ(one.rss_bytes, 3000U);
}

// 10 sessions after 2 s, half of them on average until then; 4 after one more second, 7 on average: 10 + 7 s.
TEST(aggregator, result_has_the_cost_of_a_scenario_with_prices) {
    constexpr auto prices =
        "cost: {currency: USD, prices: [{name: a, perRequest: 1}, {name: b, perMessageUp: 1}, {name: c, "
        "perMessageDown: 1}, "
        "{name: d, perConnectionMinute: 1}, {name: e, perGB: 1}, {name: f, perHour: 1}]}\nfleet: {vehicles: 20}\n";
    const plan_from_text text(std::string(ten_seconds) + prices);
    aggregator all(text.plan, {utc, begun});
    auto first = of(10, 1);
    first.counts.requests.sent = 5;
    first.counts.messages = {
        .bytes_sent = 1'000'000'000, .bytes_received = 500'000'000, .published_steps = 30, .received_steps = 20};
    all.add(first);
    all.progress(measure::stage::connecting, never, begun + 2s);
    all.add(of(4, 1));
    all.progress(measure::stage::load, begun + 2s, begun + 3s);
    const auto cost = all.result(begun + 36s).cost.value();
    ASSERT_EQ(cost.items.size(), 6U);
    const double expected[] = {5, 30, 20, 17.0 / 60, 1.5, 0.01};
    for (std::size_t i = 0; i < 6; ++i) EXPECT_DOUBLE_EQ(cost.items[i].quantity, expected[i]) << cost.items[i].name;
    EXPECT_DOUBLE_EQ(cost.vehicle_hours, 20 * 0.01);
    const plan_from_text without(ten_seconds);
    EXPECT_FALSE(aggregator(without.plan, {utc, begun}).result(begun + 1s).cost);
}
