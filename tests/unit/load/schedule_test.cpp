#include "plans.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;
using testing::ElementsAre;

namespace {

std::vector<nanoseconds> dues(const schedule& plan) {
    std::vector<nanoseconds> all;
    for (const auto& a : walk(plan)) all.push_back(a.due);
    return all;
}

schedule uniform(std::vector<phase> phases) { return {std::move(phases), spacing::uniform, 1}; }
schedule poisson(std::vector<phase> phases) { return {std::move(phases), spacing::poisson, 1}; }

const std::vector<phase> pilot{ramping(120s, 1, 5), ramping(300s, 5, 100), constant(3h, 100)};

} // namespace

TEST(schedule, of_the_pilot_has_its_published_counts) {
    for (const auto& plan : {uniform(pilot), poisson(pilot)}) {
        EXPECT_EQ(plan.size(0), 360U);
        EXPECT_EQ(plan.size(1), 15'750U);
        EXPECT_EQ(plan.size(2), 1'080'000U);
        EXPECT_EQ(plan.size(), 1'096'110U);
        EXPECT_EQ(plan.duration(), 3h + 7min);
        EXPECT_EQ(plan.phase_start(2), 7min);
    }
}

TEST(schedule, counts_and_places_what_each_kind_of_phase_asks_for) {
    struct {
        std::vector<phase> phases;
        std::vector<nanoseconds> due;
        const char* reason;
    } const cases[] = {
        {{}, {}, "no phase"},
        {{constant(1s, 4)}, {250ms, 500ms, 750ms, 1s}, "constant: where the integral reaches 1, 2, 3, 4"},
        {{constant(1s, 0)}, {}, "rate 0"},
        {{ramping(4s, 0, 2)}, {2s, nanoseconds{2'828'427'125}, nanoseconds{3'464'101'615}, 4s}, "t^2 / 4 = n"},
        {{ramping(4s, 2, 0)},
         {nanoseconds{535'898'385}, nanoseconds{1'171'572'875}, 2s, 4s},
         "down to 0: (4 - t)^2 / 4 = 4 - n"},
        {{paused(10s), constant(1s, 2)}, {10'500ms, 11s}, "a pause only shifts"},
        {{constant(1s, 2), paused(10s), constant(1s, 2)}, {500ms, 1s, 11'500ms, 12s}, "a pause in between"},
        {{counted(1s, 4)}, {250ms, 500ms, 750ms, 1s}, "a count is a constant rate"},
        {{counted(0s, 3)}, {0s, 0s, 0s}, "a count without duration: all at once"},
        {{constant(1s, 1), counted(0s, 2), constant(1s, 1)}, {1s, 1s, 1s, 2s}, "all at once in between"},
        {{constant(1s, 0.5), constant(1s, 0.5), constant(1s, 0.5)}, {2s}, "halves: carried from phase to phase"},
        {{constant(1s, 1.5), constant(1s, 2)},
         {nanoseconds{666'666'667}, 1250ms, 1750ms},
         "half an arrival is carried: the next is due half a gap early"},
        {{constant(1s, 1.5), counted(1s, 2)},
         {nanoseconds{666'666'667}, 1250ms, 1750ms},
         "a count after a half: exact all the same, and even"},
        {{constant(1s, 1.5), counted(1s, 2), constant(1s, 0.5)},
         {nanoseconds{666'666'667}, 1250ms, 1750ms, 3s},
         "the half survives the count"},
        {{constant(1s, 0.5), paused(1s), constant(1s, 0.5)}, {3s}, "and a pause"},
    };
    for (const auto& c : cases) {
        const auto plan = uniform(c.phases);
        EXPECT_EQ(plan.size(), c.due.size()) << c.reason;
        EXPECT_EQ(dues(plan), c.due) << c.reason;
    }
}

TEST(schedule, takes_an_area_within_a_millionth_of_a_whole_number_for_that_number) {
    struct {
        std::vector<phase> phases;
        std::uint64_t first;
        const char* reason;
    } const cases[] = {
        {{constant(10s, 0.1)}, 1, "0.1 is not a binary fraction"},
        {{constant(3s, 1.0 / 3)}, 1, "a third, three times"},
        {{constant(1s, 5 - 0.9e-6)}, 5, "just below, near enough"},
        {{constant(1s, 5 - 1.1e-6)}, 4, "just below, not near enough"},
        {{constant(1s, 5 + 0.9e-6)}, 5, "just above"},
        {{constant(nanoseconds{119'999'999'999}, 100)}, 12'000, "a nanosecond short of two minutes"},
    };
    for (const auto& c : cases) {
        const auto plan = uniform(c.phases);
        EXPECT_EQ(plan.size(0), c.first) << c.reason;
        const auto due = dues(plan);
        ASSERT_EQ(due.size(), c.first) << c.reason;
        EXPECT_LE(due.back(), plan.duration()) << c.reason;
    }
    // What was taken for whole leaves nothing to carry: else a thousand such phases would miss one.
    EXPECT_EQ(uniform(std::vector<phase>(1000, constant(1s, 5 - 0.9e-6))).size(), 5000U);
    EXPECT_EQ(uniform(std::vector<phase>(1000, constant(1s, 0.1))).size(), 100U);
}

TEST(schedule, numbers_arrivals_in_order_of_due_time_within_their_phases) {
    const std::vector<phase> mixed{ramping(3s, 0, 700),  constant(2s, 123.4), paused(500ms),      counted(0s, 50),
                                   counted(1700ms, 777), ramping(2s, 900, 0), constant(10ms, 10), ramping(1s, 1, 1)};
    for (const auto& plan : {uniform(mixed), poisson(mixed)}) {
        const auto all = walk(plan);
        ASSERT_EQ(all.size(), plan.size());
        std::vector<std::uint64_t> seen(mixed.size());
        nanoseconds before{0};
        for (std::size_t i = 0; i < all.size(); ++i) {
            ASSERT_EQ(number(all[i].id), i);
            ASSERT_GE(all[i].due, before) << i;
            ASSERT_GE(all[i].due, plan.phase_start(all[i].phase)) << i;
            ASSERT_LE(all[i].due, plan.phase_start(all[i].phase) + mixed[all[i].phase].duration) << i;
            before = all[i].due;
            ++seen[all[i].phase];
        }
        for (std::size_t p = 0; p < mixed.size(); ++p) EXPECT_EQ(seen[p], plan.size(p)) << "phase " << p;
        EXPECT_EQ(seen[3], 50U);
        EXPECT_EQ(seen[4], 777U);
    }
}

TEST(schedule, spreads_a_count_evenly_after_a_fraction) {
    const auto all = walk(uniform({constant(1s, 0.3), counted(7s, 700)}));
    ASSERT_EQ(all.size(), 700U);
    EXPECT_EQ(all.front().due, 1s + 7ms); // 0.7 of a gap of 10 ms
    for (std::size_t i = 1; i < all.size(); ++i)
        ASSERT_NEAR(static_cast<double>((all[i].due - all[i - 1].due).count()), 1e7, 1) << i;
}

TEST(schedule, of_108_million_arrivals_is_counted_without_walking_it) {
    const auto plan = uniform({ramping(1s, 0, 1), constant(3h, 10'000)}); // the ramp leaves half an arrival
    EXPECT_EQ(plan.size(), 108'000'000U);
    schedule::cursor cursor{plan};
    EXPECT_EQ(cursor.next(), (arrival{arrival_id{0}, 1s + 50us, 1}));
    EXPECT_EQ(cursor.next(), (arrival{arrival_id{1}, 1s + 150us, 1}));
}

TEST(schedule, keeps_order_at_a_billion_a_second) {
    nanoseconds before{0};
    for (const auto& a : walk(poisson({constant(10us, 1e9), ramping(10us, 1e9, 3e9)}))) {
        ASSERT_GE(a.due, before);
        before = a.due;
    }
}

TEST(schedule, knows_the_phase_and_the_rate_in_force) {
    const auto plan = uniform({ramping(10s, 0, 20), paused(5s), counted(0s, 9), counted(4s, 10)});
    struct {
        nanoseconds at;
        std::size_t phase;
        double asked;
    } const cases[] = {
        {-1s, 0, 0}, {0s, 0, 0},    {5s, 0, 10},         {10s - 1ns, 0, 20}, {10s, 1, 0},
        {14s, 1, 0}, {15s, 3, 2.5}, {19s - 1ns, 3, 2.5}, {19s, 3, 0},        {1h, 3, 0},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(plan.phase_at(c.at), c.phase) << c.at.count();
        EXPECT_NEAR(plan.asked(c.at).per_second, c.asked, 1e-6) << c.at.count();
    }
    EXPECT_EQ(uniform({}).phase_at(1s), 0U);
    EXPECT_EQ(uniform({}).asked(0s).per_second, 0);
}
