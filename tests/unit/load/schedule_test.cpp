#include "phase_builders.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;
using testing::ElementsAre;

namespace {

std::vector<nanoseconds> due_times(const schedule& arrivals) {
    std::vector<nanoseconds> all;
    for (const auto& a : all_arrivals(arrivals)) all.push_back(a.due);
    return all;
}

schedule uniform(std::vector<phase> phases) { return {std::move(phases), spacing::uniform, 1}; }
schedule poisson(std::vector<phase> phases) { return {std::move(phases), spacing::poisson, 1}; }

const std::vector<phase> pilot{linear_rate(120s, 1, 5), linear_rate(300s, 5, 100), constant_rate(3h, 100)};

} // namespace

TEST(schedule, of_the_pilot_has_its_published_counts) {
    for (const auto& arrivals : {uniform(pilot), poisson(pilot)}) {
        EXPECT_EQ(arrivals.size(0), 360U);
        EXPECT_EQ(arrivals.size(1), 15'750U);
        EXPECT_EQ(arrivals.size(2), 1'080'000U);
        EXPECT_EQ(arrivals.size(), 1'096'110U);
        EXPECT_EQ(arrivals.duration(), 3h + 7min);
        EXPECT_EQ(arrivals.phase_start(2), 7min);
    }
}

TEST(schedule, has_the_count_and_due_times_of_each_kind_of_phase) {
    struct {
        std::vector<phase> phases;
        std::vector<nanoseconds> due;
        const char* reason;
    } const cases[] = {
        {{}, {}, "no phase"},
        {{constant_rate(1s, 4)}, {250ms, 500ms, 750ms, 1s}, "constant: where the integral reaches 1, 2, 3, 4"},
        {{constant_rate(1s, 0)}, {}, "rate 0"},
        {{linear_rate(4s, 0, 2)}, {2s, nanoseconds{2'828'427'125}, nanoseconds{3'464'101'615}, 4s}, "t^2 / 4 = n"},
        {{linear_rate(4s, 2, 0)},
         {nanoseconds{535'898'385}, nanoseconds{1'171'572'875}, 2s, 4s},
         "down to 0: (4 - t)^2 / 4 = 4 - n"},
        {{paused(10s), constant_rate(1s, 2)}, {10'500ms, 11s}, "a pause only shifts"},
        {{constant_rate(1s, 2), paused(10s), constant_rate(1s, 2)}, {500ms, 1s, 11'500ms, 12s}, "a pause in between"},
        {{fixed_count(1s, 4)}, {250ms, 500ms, 750ms, 1s}, "a count is a constant rate"},
        {{fixed_count(0s, 3)}, {0s, 0s, 0s}, "a count without duration: all at once"},
        {{constant_rate(1s, 1), fixed_count(0s, 2), constant_rate(1s, 1)}, {1s, 1s, 1s, 2s}, "all at once in between"},
        {{constant_rate(1s, 0.5), constant_rate(1s, 0.5), constant_rate(1s, 0.5)},
         {2s},
         "halves: carried from phase to phase"},
        {{constant_rate(1s, 1.5), constant_rate(1s, 2)},
         {nanoseconds{666'666'667}, 1250ms, 1750ms},
         "half an arrival is carried: the next is due half a gap early"},
        {{constant_rate(1s, 1.5), fixed_count(1s, 2)},
         {nanoseconds{666'666'667}, 1250ms, 1750ms},
         "a count after a half: exact all the same, and even"},
        {{constant_rate(1s, 1.5), fixed_count(1s, 2), constant_rate(1s, 0.5)},
         {nanoseconds{666'666'667}, 1250ms, 1750ms, 3s},
         "the half survives the count"},
        {{constant_rate(1s, 0.5), paused(1s), constant_rate(1s, 0.5)}, {3s}, "and a pause"},
    };
    for (const auto& c : cases) {
        const auto arrivals = uniform(c.phases);
        EXPECT_EQ(arrivals.size(), c.due.size()) << c.reason;
        EXPECT_EQ(due_times(arrivals), c.due) << c.reason;
    }
}

TEST(schedule, rounds_an_area_within_a_millionth_of_a_whole_number) {
    struct {
        std::vector<phase> phases;
        std::uint64_t first;
        const char* reason;
    } const cases[] = {
        {{constant_rate(10s, 0.1)}, 1, "0.1 is not a binary fraction"},
        {{constant_rate(3s, 1.0 / 3)}, 1, "a third, three times"},
        {{constant_rate(1s, 5 - 0.9e-6)}, 5, "just below, near enough"},
        {{constant_rate(1s, 5 - 1.1e-6)}, 4, "just below, not near enough"},
        {{constant_rate(1s, 5 + 0.9e-6)}, 5, "just above"},
        {{constant_rate(nanoseconds{119'999'999'999}, 100)}, 12'000, "a nanosecond short of two minutes"},
    };
    for (const auto& c : cases) {
        const auto arrivals = uniform(c.phases);
        EXPECT_EQ(arrivals.size(0), c.first) << c.reason;
        const auto due = due_times(arrivals);
        ASSERT_EQ(due.size(), c.first) << c.reason;
        EXPECT_LE(due.back(), arrivals.duration()) << c.reason;
    }
    // A rounded area carries nothing: otherwise a thousand such phases would lose one arrival.
    EXPECT_EQ(uniform(std::vector<phase>(1000, constant_rate(1s, 5 - 0.9e-6))).size(), 5000U);
    EXPECT_EQ(uniform(std::vector<phase>(1000, constant_rate(1s, 0.1))).size(), 100U);
}

TEST(schedule, numbers_arrivals_in_order_of_due_time_within_their_phases) {
    const std::vector<phase> mixed{linear_rate(3s, 0, 700), constant_rate(2s, 123.4), paused(500ms),
                                   fixed_count(0s, 50),     fixed_count(1700ms, 777), linear_rate(2s, 900, 0),
                                   constant_rate(10ms, 10), linear_rate(1s, 1, 1)};
    for (const auto& arrivals : {uniform(mixed), poisson(mixed)}) {
        const auto all = all_arrivals(arrivals);
        ASSERT_EQ(all.size(), arrivals.size());
        std::vector<std::uint64_t> seen(mixed.size());
        nanoseconds before{0};
        for (std::size_t i = 0; i < all.size(); ++i) {
            ASSERT_EQ(number(all[i].id), i);
            ASSERT_GE(all[i].due, before) << i;
            ASSERT_GE(all[i].due, arrivals.phase_start(all[i].phase)) << i;
            ASSERT_LE(all[i].due, arrivals.phase_start(all[i].phase) + mixed[all[i].phase].duration) << i;
            before = all[i].due;
            ++seen[all[i].phase];
        }
        for (std::size_t p = 0; p < mixed.size(); ++p) EXPECT_EQ(seen[p], arrivals.size(p)) << "phase " << p;
        EXPECT_EQ(seen[3], 50U);
        EXPECT_EQ(seen[4], 777U);
    }
}

TEST(schedule, spreads_a_count_evenly_after_a_fraction) {
    const auto all = all_arrivals(uniform({constant_rate(1s, 0.3), fixed_count(7s, 700)}));
    ASSERT_EQ(all.size(), 700U);
    EXPECT_EQ(all.front().due, 1s + 7ms); // 0.7 of a gap of 10 ms
    for (std::size_t i = 1; i < all.size(); ++i)
        ASSERT_NEAR(static_cast<double>((all[i].due - all[i - 1].due).count()), 1e7, 1) << i;
}

TEST(schedule, of_108_million_arrivals_is_counted_without_iteration) {
    const auto arrivals =
        uniform({linear_rate(1s, 0, 1), constant_rate(3h, 10'000)}); // the ramp leaves half an arrival
    EXPECT_EQ(arrivals.size(), 108'000'000U);
    schedule::cursor cursor{arrivals};
    EXPECT_EQ(cursor.next(), (arrival{arrival_id{0}, 1s + 50us, 1}));
    EXPECT_EQ(cursor.next(), (arrival{arrival_id{1}, 1s + 150us, 1}));
}

TEST(schedule, keeps_order_at_a_billion_a_second) {
    nanoseconds before{0};
    for (const auto& a : all_arrivals(poisson({constant_rate(10us, 1e9), linear_rate(10us, 1e9, 3e9)}))) {
        ASSERT_GE(a.due, before);
        before = a.due;
    }
}

TEST(schedule, returns_the_active_phase) {
    const auto arrivals = uniform({linear_rate(10s, 0, 20), paused(5s), fixed_count(0s, 9), fixed_count(4s, 10)});
    struct {
        nanoseconds at;
        std::size_t phase;
    } const cases[] = {
        {-1s, 0}, {0s, 0}, {5s, 0}, {10s - 1ns, 0}, {10s, 1}, {14s, 1}, {15s, 3}, {19s - 1ns, 3}, {19s, 3}, {1h, 3},
    };
    for (const auto& c : cases) EXPECT_EQ(arrivals.phase_at(c.at), c.phase) << c.at.count();
    EXPECT_EQ(uniform({}).phase_at(1s), 0U);
}

TEST(schedule, averages_the_rate_of_an_interval_by_its_area) {
    const auto arrivals = uniform({linear_rate(5s, 0, 100), paused(5s), fixed_count(0s, 9), fixed_count(4s, 10)});
    struct {
        nanoseconds from, until;
        double average;
        const char* reason;
    } const cases[] = {
        {0s, 1s, 10, "a ramp: its middle"},
        {1s, 2s, 30, "not 20 or 40, the rates at its ends"},
        {4s, 5s, 90, "the last second of the ramp"},
        {4500ms, 5500ms, 47.5, "half a second of the ramp, half of the pause"},
        {6s, 9s, 0, "a pause"},
        {9s, 10s, 0, "nine at once are due at 10 s"},
        {10s, 11s, 11.5, "nine at once, and a rate of 2.5"},
        {13s, 15s, 1.25, "half of it after the end"},
        {14s, 15s, 0, "after the end"},
        {-1s, 0s, 0, "before the start"},
        {-1s, 1s, 5, "half of it before the start"},
        {2s, 2s, 0, "nothing"},
    };
    for (const auto& c : cases)
        EXPECT_NEAR(arrivals.average_rate(c.from, c.until).per_second, c.average, 1e-6) << c.reason;
    EXPECT_EQ(uniform({}).average_rate(0s, 1s).per_second, 0);
    EXPECT_EQ(uniform({constant_rate(1s, 4), fixed_count(0s, 5)}).average_rate(0s, 1s).per_second, 9)
        << "at once, at the end of the load: in its last second";
}
