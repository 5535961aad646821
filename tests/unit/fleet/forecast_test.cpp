// Who is struck, and when: in order of time, and the same however the fleet is divided.
#include "forecast.hpp"

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
using fleet::forecast;
using fleet::turn;
using vehicle::condition;

namespace {

constexpr std::uint64_t seed = 11;
constexpr std::uint32_t cars = 500;
const std::vector<vehicle::segment> parts{{"city", {0.6}, "success"}, {"land", {0.4}, "success"}};
const std::vector<std::string> names{"city", "land"};

condition befalls(condition::kind what, nanoseconds at, nanoseconds lasts) {
    condition c;
    c.name = std::string(to_string(what));
    c.what = what;
    c.at = at;
    c.lasts.a = lasts;
    return c;
}

std::vector<turn> all_turns(const std::vector<condition>& conditions, shard_share share = {}, nanoseconds load = 100s,
                            nanoseconds step = 1h, std::uint64_t looked_at_once = cars) {
    const vehicle::segmentation segments(seed, cars, parts);
    forecast coming(conditions, segments, names, seed, cars, share, load);
    std::vector<turn> all;
    const auto take = [&](nanoseconds now) {
        while (const auto t = coming.take(now)) {
            EXPECT_LE(t->at, now);
            all.push_back(*t);
        }
    };
    for (auto now = 0ns; coming.next(); now += step) {
        while (!coming.lay_out(now, looked_at_once)) take(now);
        take(now);
    }
    return all;
}

auto instant_and_vehicle(const turn& t) { return std::tuple(t.at, index(t.vehicle), t.condition, t.begins); }

TEST(forecast, of_nothing_is_empty) {
    EXPECT_TRUE(all_turns({}).empty());
    const vehicle::segmentation segments(seed, cars, parts);
    const std::vector<condition> of_all{befalls(condition::kind::outage, 1s, 1s),
                                        befalls(condition::kind::spike, 2s, 1s)};
    EXPECT_EQ(forecast(of_all, segments, names, seed, cars, {}, 100s).next(), std::nullopt) << "they befall no vehicle";
}

TEST(forecast, strikes_everybody_who_is_meant_and_passes) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 2s);
    tunnel.segments = {"land"};
    const auto turns = all_turns({tunnel});
    const vehicle::segmentation segments(seed, cars, parts);
    ASSERT_EQ(turns.size(), 2 * segments.size(1));
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const auto& t = turns[i];
        EXPECT_EQ(segments.segment_of(t.vehicle), 1U);
        EXPECT_EQ(t.begins, i < turns.size() / 2) << "all begin before the first ends";
        EXPECT_EQ(t.at, t.begins ? nanoseconds{5s} : nanoseconds{7s});
        EXPECT_EQ(t.until, nanoseconds{7s});
    }
}

TEST(forecast, what_lasts_no_time_does_not_pass) {
    const auto turns = all_turns({befalls(condition::kind::reconnect_storm, 5s, 0s)});
    EXPECT_EQ(turns.size(), cars);
    EXPECT_TRUE(std::ranges::all_of(turns, [](const turn& t) { return t.begins && t.until == t.at; }));
}

TEST(forecast, comes_again_to_the_loads_end) {
    auto garage = befalls(condition::kind::garage, 10s, 1s);
    garage.every = 30s;
    garage.part = {0.5};
    std::vector<std::size_t> struck(4);
    for (const auto& t : all_turns({garage}, {}, 101s)) { // at 10, 40, 70 and 100 s
        ASSERT_LT(t.occurrence, 4U);
        EXPECT_EQ(t.at, (t.begins ? 10s : 11s) + t.occurrence * 30s);
        if (t.begins) ++struck[t.occurrence];
    }
    for (const auto n : struck) EXPECT_NEAR(static_cast<double>(n), cars / 2.0, 50);
    EXPECT_NE(struck[0], struck[1]) << "drawn anew each time";
    for (const auto& t : all_turns({garage}, {}, 100s)) EXPECT_LT(t.occurrence, 3U) << "nothing begins after the load";
}

TEST(forecast, is_in_order_of_time_with_jitter_and_lengths_of_their_own) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 0s);
    tunnel.jitter = 4s;
    tunnel.lasts = {vehicle::delay::kind::uniform, 1s, 9s, {}};
    tunnel.every = 20s;
    auto storm = befalls(condition::kind::reconnect_storm, 8s, 0s);
    storm.within = 3s;
    const std::vector<condition> both{tunnel, storm};
    const auto turns = all_turns(both);
    EXPECT_TRUE(std::ranges::is_sorted(turns, {}, &turn::at));
    std::size_t checked = 0;
    for (const auto& t : turns) {
        const auto expected = strike_of(both[t.condition], t.condition, t.occurrence, seed, t.vehicle);
        ASSERT_TRUE(expected);
        EXPECT_EQ(t.at, t.begins ? expected->from : expected->until);
        EXPECT_EQ(t.until, expected->until);
        ++checked;
    }
    EXPECT_EQ(checked, 2U * 5 * cars + cars); // five tunnels, in and out, and one storm
}

/// However seldom it is looked at.
TEST(forecast, tells_the_same_in_small_steps) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 3s);
    tunnel.jitter = 4s;
    tunnel.every = 20s;
    EXPECT_EQ(all_turns({tunnel}, {}, 100s, 7ms), all_turns({tunnel}));
}

TEST(forecast, is_the_same_whatever_the_number_of_shards) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 3s);
    tunnel.jitter = 4s;
    tunnel.part = {0.4};
    auto slow = befalls(condition::kind::slow, 6s, 10s);
    slow.segments = {"city"};
    slow.every = 40s;
    const std::vector<condition> both{tunnel, slow};
    auto whole = all_turns(both);
    std::ranges::sort(whole, {}, instant_and_vehicle);
    for (const std::uint32_t count : {2U, 3U, 7U, 500U}) {
        std::vector<turn> dealt;
        for (std::uint32_t i = 0; i < count; ++i) {
            const shard_share share{i, count};
            for (const auto& t : all_turns(both, share)) {
                EXPECT_TRUE(share.owns(t.vehicle));
                dealt.push_back(t);
            }
        }
        std::ranges::sort(dealt, {}, instant_and_vehicle);
        EXPECT_EQ(dealt, whole) << count << " shards";
    }
}

TEST(forecast, says_when_to_look_again) {
    const vehicle::segmentation segments(seed, cars, parts);
    const std::vector<condition> one{befalls(condition::kind::tunnel, 5s, 2s)};
    forecast coming(one, segments, names, seed, cars, {}, 100s);
    EXPECT_EQ(coming.next(), nanoseconds{5s});
    EXPECT_TRUE(coming.lay_out(5s - 1ns));
    EXPECT_FALSE(coming.take(5s - 1ns));
    EXPECT_EQ(coming.next_to_lay_out(), nanoseconds{5s});
    EXPECT_TRUE(coming.lay_out(5s));
    EXPECT_EQ(coming.next_to_lay_out(), std::nullopt);
    for (std::uint32_t i = 0; i < cars; ++i) ASSERT_TRUE(coming.take(5s));
    EXPECT_FALSE(coming.take(6s));
    EXPECT_EQ(coming.next(), nanoseconds{7s});
    while (coming.take(7s)) {}
    EXPECT_EQ(coming.next(), std::nullopt);
}

TEST(forecast, may_be_laid_out_bit_by_bit_and_ahead) {
    auto tunnel = befalls(condition::kind::tunnel, 5s, 2s);
    tunnel.every = 10s;
    tunnel.jitter = 3s;
    const std::vector<condition> all{tunnel, befalls(condition::kind::garage, 5s, 60s)};
    const auto turns = all_turns(all);
    for (const std::uint64_t most : {1U, 7U, 499U})
        for (const shard_share share : {shard_share{}, shard_share{1, 3}})
            EXPECT_EQ(all_turns(all, share, 100s, 1s, most), all_turns(all, share)) << most << " at once";

    const vehicle::segmentation segments(seed, cars, parts);
    forecast coming(all, segments, names, seed, cars, {}, 100s);
    EXPECT_FALSE(coming.lay_out(5s, cars / 2));
    EXPECT_FALSE(coming.take(10s)) << "another may come first";
    EXPECT_TRUE(coming.lay_out(20s)) << "ahead";
    EXPECT_FALSE(coming.take(5s - 1ns));
    for (std::size_t i = 0; coming.next() < 10s; ++i) ASSERT_EQ(coming.take(10s), turns[i]);
}

TEST(forecast, of_a_load_that_is_cut_short_lets_pass_what_has_begun) {
    const vehicle::segmentation segments(seed, cars, parts);
    const std::vector<condition> all{befalls(condition::kind::tunnel, 1s, 4s),
                                     befalls(condition::kind::garage, 2s, 1s)};
    forecast coming(all, segments, names, seed, cars, {}, 100s);
    coming.lay_out(1s);
    while (coming.take(1s)) {}
    EXPECT_FALSE(coming.lay_out(2s, cars / 2)) << "cut short while this is looked for";
    coming.cut();
    std::size_t passed = 0;
    while (const auto t = coming.take(100s)) {
        EXPECT_FALSE(t->begins);
        EXPECT_EQ(t->condition, 0U);
        ++passed;
    }
    EXPECT_EQ(passed, cars);
    EXPECT_FALSE(coming.next());
}

TEST(forecast, of_some_of_a_load_leaves_out_what_was_over_before) {
    const vehicle::segmentation segments(seed, cars, parts);
    auto storm = befalls(condition::kind::reconnect_storm, 1s, 0s);
    auto morning = befalls(condition::kind::power_on, 1s, 0s);
    const std::vector<condition> all{befalls(condition::kind::tunnel, 1s, 1s), storm, morning,
                                     befalls(condition::kind::garage, 1s, 9s)};
    forecast coming(all, segments, names, seed, cars, {}, 100s);
    coming.begin_at(5s);
    std::set<std::uint32_t> begun;
    coming.lay_out(5s);
    while (const auto t = coming.take(5s)) begun.insert(t->condition);
    EXPECT_EQ(begun, (std::set<std::uint32_t>{2, 3}))
        << "who was powered on has been on since, and who is parked still is";
}

} // namespace
