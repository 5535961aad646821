// Condition schedule: ordered by time and independent of the number of shards.
#include "conditions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using fleet::condition_event;
using fleet::condition_schedule;
using vehicle::condition;

namespace {

constexpr std::uint64_t schedule_seed = 11;
constexpr std::uint32_t cars = 500;
const std::vector<vehicle::segment> parts{{"city", {0.6}, "success"}, {"land", {0.4}, "success"}};
const std::vector<std::string> part_names{"city", "land"};

condition befalls(condition::kind what, nanoseconds at, nanoseconds lasts) {
    condition c;
    c.name = std::string(to_string(what));
    c.type = what;
    c.start = at;
    c.duration.a = lasts;
    return c;
}

std::vector<condition_event> all_events(const std::vector<condition>& conditions, fleet_partition share = {},
                                        nanoseconds load = 100s, nanoseconds step = 1h,
                                        std::uint64_t vehicles_per_step = cars) {
    const vehicle::segmentation segments(schedule_seed, cars, parts);
    condition_schedule schedule(conditions, segments, part_names, schedule_seed, cars, share, load);
    std::vector<condition_event> all;
    const auto take = [&](nanoseconds now) {
        while (const auto t = schedule.pop_due(now)) {
            EXPECT_LE(t->at, now);
            all.push_back(*t);
        }
    };
    for (auto now = 0ns; schedule.next(); now += step) {
        while (!schedule.expand(now, vehicles_per_step)) take(now);
        take(now);
    }
    return all;
}

auto instant_and_vehicle(const condition_event& t) { return std::tuple(t.at, index(t.vehicle), t.condition, t.begins); }

TEST(condition_schedule, is_empty_without_vehicle_conditions) {
    EXPECT_TRUE(all_events({}).empty());
    const vehicle::segmentation segments(schedule_seed, cars, parts);
    const std::vector<condition> of_all{befalls(condition::kind::outage, 1s, 1s),
                                        befalls(condition::kind::spike, 2s, 1s)};
    EXPECT_EQ(condition_schedule(of_all, segments, part_names, schedule_seed, cars, {}, 100s).next(), std::nullopt)
        << "they befall no vehicle";
}

TEST(condition_schedule, affects_every_vehicle_of_the_segment_and_ends) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 2s);
    tunnel.segments = {"land"};
    const auto events = all_events({tunnel});
    const vehicle::segmentation segments(schedule_seed, cars, parts);
    ASSERT_EQ(events.size(), 2 * segments.size(1));
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& t = events[i];
        EXPECT_EQ(segments.segment_of(t.vehicle), 1U);
        EXPECT_EQ(t.begins, i < events.size() / 2) << "all begin before the first ends";
        EXPECT_EQ(t.at, t.begins ? nanoseconds{5s} : nanoseconds{7s});
        EXPECT_EQ(t.until, nanoseconds{7s});
    }
}

TEST(condition_schedule, instantaneous_condition_has_no_end_event) {
    const auto events = all_events({befalls(condition::kind::reconnect_storm, 5s, 0s)});
    EXPECT_EQ(events.size(), cars);
    EXPECT_TRUE(std::ranges::all_of(events, [](const condition_event& t) { return t.begins && t.until == t.at; }));
}

TEST(condition_schedule, repeats_until_the_loads_end) {
    auto garage = befalls(condition::kind::garage, 10s, 1s);
    garage.interval = 30s;
    garage.affected_fraction = {0.5};
    std::vector<std::size_t> affected(4);
    for (const auto& t : all_events({garage}, {}, 101s)) { // at 10, 40, 70 and 100 s
        ASSERT_LT(t.occurrence, 4U);
        EXPECT_EQ(t.at, (t.begins ? 10s : 11s) + t.occurrence * 30s);
        if (t.begins) ++affected[t.occurrence];
    }
    for (const auto n : affected) EXPECT_NEAR(static_cast<double>(n), cars / 2.0, 50);
    EXPECT_NE(affected[0], affected[1]) << "drawn anew each time";
    for (const auto& t : all_events({garage}, {}, 100s)) EXPECT_LT(t.occurrence, 3U) << "nothing begins after the load";
}

TEST(condition_schedule, is_ordered_by_time_with_jitter_and_random_durations) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 0s);
    tunnel.jitter = 4s;
    tunnel.duration = {vehicle::delay::kind::uniform, 1s, 9s, {}};
    tunnel.interval = 20s;
    auto storm = befalls(condition::kind::reconnect_storm, 8s, 0s);
    storm.spread = 3s;
    const std::vector<condition> both{tunnel, storm};
    const auto events = all_events(both);
    EXPECT_TRUE(std::ranges::is_sorted(events, {}, &condition_event::at));
    std::size_t checked = 0;
    for (const auto& t : events) {
        const auto expected = window_of(both[t.condition], t.condition, t.occurrence, schedule_seed, t.vehicle);
        ASSERT_TRUE(expected);
        EXPECT_EQ(t.at, t.begins ? expected->from : expected->until);
        EXPECT_EQ(t.until, expected->until);
        ++checked;
    }
    EXPECT_EQ(checked, 2U * 5 * cars + cars); // five tunnels, in and out, and one storm
}

/// Independent of the polling interval.
TEST(condition_schedule, is_the_same_in_small_steps) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 3s);
    tunnel.jitter = 4s;
    tunnel.interval = 20s;
    EXPECT_EQ(all_events({tunnel}, {}, 100s, 7ms), all_events({tunnel}));
}

TEST(condition_schedule, is_the_same_whatever_the_number_of_shards) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 3s);
    tunnel.jitter = 4s;
    tunnel.affected_fraction = {0.4};
    auto slow = befalls(condition::kind::slow, 6s, 10s);
    slow.segments = {"city"};
    slow.interval = 40s;
    const std::vector<condition> both{tunnel, slow};
    auto whole = all_events(both);
    std::ranges::sort(whole, {}, instant_and_vehicle);
    for (const std::uint32_t count : {2U, 3U, 7U, 500U}) {
        std::vector<condition_event> dealt;
        for (std::uint32_t i = 0; i < count; ++i) {
            const fleet_partition share{i, count};
            for (const auto& t : all_events(both, share)) {
                EXPECT_TRUE(share.owns(t.vehicle));
                dealt.push_back(t);
            }
        }
        std::ranges::sort(dealt, {}, instant_and_vehicle);
        EXPECT_EQ(dealt, whole) << count << " shards";
    }
}

TEST(condition_schedule, reports_the_time_of_the_next_event) {
    const vehicle::segmentation segments(schedule_seed, cars, parts);
    const std::vector<condition> one{befalls(condition::kind::tunnel, 5s, 2s)};
    condition_schedule schedule(one, segments, part_names, schedule_seed, cars, {}, 100s);
    EXPECT_EQ(schedule.next(), nanoseconds{5s});
    EXPECT_TRUE(schedule.expand(5s - 1ns));
    EXPECT_FALSE(schedule.pop_due(5s - 1ns));
    EXPECT_EQ(schedule.next_expansion(), nanoseconds{5s});
    EXPECT_TRUE(schedule.expand(5s));
    EXPECT_EQ(schedule.next_expansion(), std::nullopt);
    for (std::uint32_t i = 0; i < cars; ++i) ASSERT_TRUE(schedule.pop_due(5s));
    EXPECT_FALSE(schedule.pop_due(6s));
    EXPECT_EQ(schedule.next(), nanoseconds{7s});
    while (schedule.pop_due(7s)) {}
    EXPECT_EQ(schedule.next(), std::nullopt);
}

TEST(condition_schedule, can_be_expanded_partially_and_ahead) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 2s);
    tunnel.interval = 10s;
    tunnel.jitter = 3s;
    const std::vector<condition> all{tunnel, befalls(condition::kind::garage, 5s, 60s)};
    const auto events = all_events(all);
    for (const std::uint64_t most : {1U, 7U, 499U})
        for (const fleet_partition share : {fleet_partition{}, fleet_partition{1, 3}})
            EXPECT_EQ(all_events(all, share, 100s, 1s, most), all_events(all, share)) << most << " at once";

    const vehicle::segmentation segments(schedule_seed, cars, parts);
    condition_schedule schedule(all, segments, part_names, schedule_seed, cars, {}, 100s);
    EXPECT_FALSE(schedule.expand(5s, cars / 2));
    EXPECT_FALSE(schedule.pop_due(10s)) << "another may come first";
    EXPECT_TRUE(schedule.expand(20s)) << "ahead";
    EXPECT_FALSE(schedule.pop_due(5s - 1ns));
    for (std::size_t i = 0; schedule.next() < 10s; ++i) ASSERT_EQ(schedule.pop_due(10s), events[i]);
}

TEST(condition_schedule, keeps_the_ends_of_begun_conditions_when_cancelled) {
    const vehicle::segmentation segments(schedule_seed, cars, parts);
    const std::vector<condition> all{befalls(condition::kind::tunnel, 1s, 4s),
                                     befalls(condition::kind::garage, 2s, 1s)};
    condition_schedule schedule(all, segments, part_names, schedule_seed, cars, {}, 100s);
    schedule.expand(1s);
    while (schedule.pop_due(1s)) {}
    EXPECT_FALSE(schedule.expand(2s, cars / 2)) << "cut short while this is looked for";
    schedule.cancel_pending();
    std::size_t passed = 0;
    while (const auto t = schedule.pop_due(100s)) {
        EXPECT_FALSE(t->begins);
        EXPECT_EQ(t->condition, 0U);
        ++passed;
    }
    EXPECT_EQ(passed, cars);
    EXPECT_FALSE(schedule.next());
}

TEST(condition_schedule, skips_conditions_that_ended_before_the_replayed_part) {
    const vehicle::segmentation segments(schedule_seed, cars, parts);
    auto storm = befalls(condition::kind::reconnect_storm, 1s, 0s);
    auto morning = befalls(condition::kind::power_on, 1s, 0s);
    const std::vector<condition> all{befalls(condition::kind::tunnel, 1s, 1s), storm, morning,
                                     befalls(condition::kind::garage, 1s, 9s)};
    condition_schedule schedule(all, segments, part_names, schedule_seed, cars, {}, 100s);
    schedule.skip_before(5s);
    std::set<std::uint32_t> begun;
    schedule.expand(5s);
    while (const auto t = schedule.pop_due(5s)) begun.insert(t->condition);
    EXPECT_EQ(begun, (std::set<std::uint32_t>{2, 3}))
        << "who was powered on has been on since, and who is parked still is";
}

} // namespace
