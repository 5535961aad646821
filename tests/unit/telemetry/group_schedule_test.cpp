// Due times of groups: their number, spread and order, changes of state and factor, shards.
#include "drive_states.hpp"

#include <loadsim/telemetry/group_schedule.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace telemetry_test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t group_seed = 7;
constexpr std::uint32_t fleet_size = 200;
const rate_factors no_factors;
const common_states always_parked;

struct group_plan {
    state_periods every = period_always(1s);
    double jitter = 0;
    std::uint32_t group = 0;
    simulated_day day{};
    nanoseconds end = 1h;
    const rate_factors* factors = &no_factors;

    group_schedule schedule() const {
        group_options o;
        o.every = every;
        o.jitter = {jitter};
        return {o, group, group_seed, fleet_size, *factors, day, end};
    }
};

template <class States>
std::vector<nanoseconds> dues(const group_plan& plan, const States& states, vehicle_id v) {
    const auto schedule = plan.schedule();
    std::vector<nanoseconds> all;
    for (auto m = schedule.first(states, v); m.due() != nanoseconds::max(); m = schedule.next(m, states, v)) {
        all.push_back(m.due());
        EXPECT_EQ(m.sequence(), all.size());
    }
    return all;
}

/// Messages by the integral of factor * speed / period over the load, from change to change.
template <class States>
double integral(const group_plan& plan, const States& states, vehicle_id v) {
    double messages = 0;
    for (double t = 0; t < seconds(plan.end);) {
        const nanoseconds now{std::llround(t * 1e9) + 1}; // behind the change
        const auto day_time = plan.day.day_time(now);
        const auto [factor, factor_until] = plan.factors->at(now);
        const double change = seconds(states.next_state_change(v, day_time) - plan.day.start) / plan.day.speed;
        const double until = std::min({seconds(plan.end), seconds(factor_until), change});
        const auto state = states.state_at(v, day_time);
        const auto& period = state == drive::parked    ? plan.every.parked
                             : state == drive::driving ? plan.every.driving
                                                       : plan.every.charging;
        if (period) messages += factor * plan.day.speed * (until - t) / seconds(*period);
        t = until;
    }
    return messages;
}

vehicle_id numbered_vehicle(std::uint32_t i) { return vehicle_id{i}; }

} // namespace

TEST(group_schedule, the_number_of_messages_is_the_integral_of_the_rate) {
    rate_factors factors;
    factors.set(0s, 1);
    factors.set(10min, 2.5);
    factors.set(20min, 0.3);
    factors.multiply(15min, 25min, 3);
    const group_plan plans[] = {
        {.every = period_always(1s)},
        {.every = period_always(7s), .day = {8h, 3}},
        {.every = {.parked = 10s, .driving = 1s}, .factors = &factors},
        {.every = {.driving = 333ms}, .day = {5s, 2}, .factors = &factors},
        {.every = {.parked = 3min, .driving = 50ms}},
    };
    const alternating_states states;
    for (const auto& plan : plans)
        for (const std::uint32_t v : {0U, 1U, 77U, 199U}) {
            const double wanted = integral(plan, states, numbered_vehicle(v));
            EXPECT_NEAR(static_cast<double>(dues(plan, states, numbered_vehicle(v)).size()), wanted, 1.001);
            auto jittered = plan;
            jittered.jitter = 0.5;
            EXPECT_NEAR(static_cast<double>(dues(jittered, states, numbered_vehicle(v)).size()), wanted, 1.501);
        }
}

TEST(group_schedule, does_not_drift) {
    rate_factors three;
    three.set(0s, 3); // a period of 333333.33 ns
    const auto all =
        dues({.every = period_always(1ms), .end = 10min, .factors = &three}, always_parked, numbered_vehicle(0));
    ASSERT_EQ(all.size(), 1'800'000U);
    for (const std::int64_t n : {3'000, 300'000, 1'799'997}) {
        const auto error = all[static_cast<std::size_t>(n)] - all[0] - n / 3 * 1ms;
        EXPECT_LT(std::abs(error.count()), n / 400 + 1) << "1/512 ns a message at most";
    }
}

TEST(group_schedule, messages_keep_their_period_and_their_order) {
    const auto exact = dues({.every = period_always(2s)}, always_parked, numbered_vehicle(3));
    for (std::size_t i = 1; i < exact.size(); ++i) EXPECT_EQ(exact[i] - exact[i - 1], 2s);
    for (const double jitter : {0.1, 0.5, 1.0}) {
        const auto all = dues({.every = period_always(2s), .jitter = jitter}, always_parked, numbered_vehicle(3));
        bool varies = false;
        for (std::size_t i = 1; i < all.size(); ++i) {
            EXPECT_LT(std::abs(seconds(all[i] - all[i - 1]) - 2), 2 * jitter + 1e-9);
            EXPECT_GE(all[i], all[i - 1]);
            varies |= std::abs(seconds(all[i] - all[i - 1]) - 2) > jitter / 2;
        }
        EXPECT_TRUE(varies);
        for (std::size_t i = 0; i < std::min(all.size(), exact.size()); ++i) {
            EXPECT_GE(all[i], exact[i]);
            EXPECT_LE(seconds(all[i] - exact[i]), 2 * jitter) << "jitter does not add up";
        }
    }
}

TEST(group_schedule, the_fleet_is_spread_evenly) {
    // Each of 100 parts of the period has two vehicles of 200.
    for (const std::uint32_t group : {0U, 1U, 2U}) {
        const auto schedule = group_plan{.every = period_always(10s), .group = group}.schedule();
        std::vector<int> parts(100);
        for (std::uint32_t v = 0; v < fleet_size; ++v) {
            const auto due = schedule.first(always_parked, numbered_vehicle(v)).due();
            ASSERT_LT(due, 10s);
            ++parts[static_cast<std::size_t>(due / 100ms)];
        }
        for (const int n : parts) EXPECT_NEAR(n, 2, 1);
    }
}

TEST(group_schedule, groups_of_a_vehicle_are_not_due_at_once) {
    const auto first = group_plan{.every = period_always(10s), .group = 0}.schedule();
    const auto second = group_plan{.every = period_always(10s), .group = 1}.schedule();
    EXPECT_GT(std::abs((first.first(always_parked, numbered_vehicle(0)).due() -
                        second.first(always_parked, numbered_vehicle(0)).due())
                           .count()),
              1'000'000);
}

TEST(group_schedule, a_change_that_all_vehicles_share_causes_no_burst) {
    // 200 vehicles drive off at once, then their rate doubles at once: 200, then 400 messages a second, each second.
    const common_states departure{{{1min, drive::driving}}};
    rate_factors factors;
    factors.set(0s, 1);
    factors.set(2min, 2);
    const group_plan plan{.every = {.parked = 10min, .driving = 1s}, .end = 3min, .factors = &factors};
    std::vector<int> per_tenth(1'800);
    for (std::uint32_t v = 0; v < fleet_size; ++v)
        for (const auto due : dues(plan, departure, numbered_vehicle(v)))
            ++per_tenth[static_cast<std::size_t>(due / 100ms)];
    for (std::size_t i = 600; i < 1'200; ++i) EXPECT_NEAR(per_tenth[i], 20, 2) << i;
    for (std::size_t i = 1'200; i < 1'800; ++i) EXPECT_NEAR(per_tenth[i], 40, 2) << i;
}

TEST(group_schedule, the_progress_before_a_change_counts) {
    // Sends every 10 s from 3 s on; at 20 s three tenths of a period are left.
    const common_states departure{{{20s, drive::driving}, {30s, drive::charging}, {50s, drive::driving}}};
    group_plan plan{.every = {.parked = 10s, .driving = 4s}, .end = 1min};
    const auto schedule = plan.schedule();
    vehicle_id v{0};
    while (schedule.first(always_parked, v).due() < 3s || schedule.first(always_parked, v).due() > 3050ms)
        v = vehicle_id{index(v) + 1};
    const auto all = dues(plan, departure, v);
    ASSERT_GE(all.size(), 6U);
    const auto start = all[0];
    EXPECT_EQ(all[1], start + 10s);
    const double left = 1 - seconds(20s - all[1]) / 10;
    EXPECT_NEAR(seconds(all[2]), 20 + 4 * left, 1e-8);
    EXPECT_EQ(all[3], all[2] + 4s);
    EXPECT_EQ(all[4], all[3] + 4s);
    EXPECT_EQ(all[5], all[4] + 4s + 20s) << "nothing is sent while charging, and the progress is kept";
}

TEST(group_schedule, is_the_same_on_any_shards) {
    const alternating_states states;
    const group_plan plan{.every = {.parked = 5s, .driving = 300ms}, .jitter = 0.4, .group = 3, .end = 1min};
    const auto of_shards = [&](std::uint32_t count) {
        std::vector<std::vector<nanoseconds>> all(fleet_size);
        for (std::uint32_t shard = 0; shard < count; ++shard)
            for (std::uint32_t v = shard; v < fleet_size; v += count) all[v] = dues(plan, states, numbered_vehicle(v));
        return all;
    };
    EXPECT_EQ(of_shards(1), of_shards(7));
}

TEST(group_schedule, a_factor_of_two_halves_the_periods) {
    rate_factors two;
    two.set(0s, 2);
    const auto all = dues({.every = period_always(3s), .factors = &two}, always_parked, numbered_vehicle(9));
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i] - all[i - 1], 1500ms);
}

TEST(group_schedule, periods_are_of_simulated_time) {
    const auto all = dues({.every = period_always(1min), .day = {7h, 60}}, always_parked, numbered_vehicle(9));
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i] - all[i - 1], 1s);
    // A departure at 07:30 of a day that begins at 07:00 is half a minute after the start.
    const common_states departure{{{7h + 30min, drive::driving}}};
    const auto driving =
        dues({.every = {.driving = 1min}, .day = {7h, 60}, .end = 31s}, departure, numbered_vehicle(9));
    ASSERT_EQ(driving.size(), 1U);
    EXPECT_GE(driving[0], 30s);
}

TEST(group_schedule, a_factor_of_zero_sends_nothing_and_keeps_the_progress) {
    rate_factors pause;
    pause.set(0s, 1);
    pause.multiply(10s, 20s, 0);
    const auto all =
        dues({.every = period_always(1s), .end = 30s, .factors = &pause}, always_parked, numbered_vehicle(50));
    EXPECT_EQ(all.size(), 20U);
    for (const auto due : all) EXPECT_TRUE(due < 10s || due >= 20s);
    rate_factors none;
    none.set(0s, 0);
    EXPECT_TRUE(dues({.factors = &none}, always_parked, numbered_vehicle(0)).empty());
}

TEST(group_schedule, nothing_is_sent_in_a_state_without_a_period) {
    EXPECT_TRUE(dues({.every = {.driving = 1s}}, always_parked, numbered_vehicle(0)).empty());
}

TEST(group_schedule, of_a_period_longer_than_the_load_a_part_of_the_fleet_sends_once) {
    std::size_t sent = 0;
    for (std::uint32_t v = 0; v < fleet_size; ++v) {
        const auto n = dues({.every = period_always(10h)}, always_parked, numbered_vehicle(v)).size();
        EXPECT_LE(n, 1U);
        sent += n;
    }
    EXPECT_NEAR(static_cast<double>(sent), fleet_size / 10.0, 1);
}

TEST(group_schedule, ends_with_the_load) {
    for (const auto due : dues({.every = period_always(100ms), .end = 1s}, always_parked, numbered_vehicle(0)))
        EXPECT_LT(due, 1s);
    EXPECT_TRUE(dues({.end = 0s}, always_parked, numbered_vehicle(0)).empty());
}

TEST(rate_factors, is_one_before_the_first_step) {
    rate_factors f;
    EXPECT_EQ(f.at(5s).factor, 1);
    EXPECT_EQ(f.at(5s).until, nanoseconds::max());
    f.set(10s, 3);
    EXPECT_EQ(f.at(9s).factor, 1);
    EXPECT_EQ(f.at(9s).until, 10s);
    EXPECT_EQ(f.at(10s).factor, 3);
}

TEST(rate_factors, spikes_multiply_what_phases_set) {
    rate_factors f;
    f.set(0s, 2);
    f.set(20s, 0.5);
    f.multiply(10s, 30s, 4);
    f.multiply(15s, 20s, 10);
    f.multiply(5s, 5s, 7); // no time
    std::vector<std::tuple<int, double>> pieces;
    for (nanoseconds t{0}; t != nanoseconds::max(); t = f.at(t).until) pieces.emplace_back(t / 1s, f.at(t).factor);
    const std::vector<std::tuple<int, double>> wanted{{0, 2.0}, {10, 8.0}, {15, 80.0}, {20, 2.0}, {30, 0.5}};
    EXPECT_EQ(pieces, wanted);
}
