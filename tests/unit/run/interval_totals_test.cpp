// Totals of several ranks by interval of the timeline.
#include "ranks/interval_totals.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

measure::totals due(std::uint64_t count) {
    measure::totals t;
    t.requests.due = count;
    t.request_records.resize(count);
    return t;
}

} // namespace

TEST(interval_totals, intervals_are_the_time_before_the_load_and_its_seconds) {
    constexpr monotonic_time start{1h};
    EXPECT_EQ(complete_intervals(never, start), 0U) << "the start is not known";
    EXPECT_EQ(complete_intervals(start, start - 1ns), 0U);
    EXPECT_EQ(complete_intervals(start, start), 1U);
    EXPECT_EQ(complete_intervals(start, start + 1s - 1ns), 1U);
    EXPECT_EQ(complete_intervals(start, start + 1s), 2U);
    EXPECT_EQ(complete_intervals(start, start + 1h), 3601U);
}

TEST(interval_totals, counts_belong_to_the_interval_in_which_they_were_counted) {
    interval_totals all(2);
    all.add(0, 1, due(1));
    all.add(1, 1, due(10));
    all.add(0, 2, due(2));
    all.add(0, 2, due(100)); // between two whole seconds: of the second that has begun
    all.add(0, 3, due(3));
    EXPECT_EQ(all.late_ranks(2), 1U) << "rank 1 has not reported it";
    all.add(1, 2, due(20)); // arrives when rank 0 has reported two more
    all.add(1, 3, due(30));
    EXPECT_EQ(all.late_ranks(2), 0U);
    EXPECT_EQ(all.take(1).requests.due, 11U);
    const auto second = all.take(2);
    EXPECT_EQ(second.requests.due, 22U);
    EXPECT_EQ(second.request_records.size(), 22U);
    EXPECT_EQ(all.take(2).requests.due, 0U) << "once";
    EXPECT_EQ(all.take(3).requests.due, 133U);
}

TEST(interval_totals, a_report_that_came_too_late_is_in_the_next_interval) {
    interval_totals all(2);
    all.add(0, 1, due(1));
    EXPECT_EQ(all.late_ranks(1), 1U);
    EXPECT_EQ(all.take(1).requests.due, 1U) << "the other one was waited for long enough";
    all.add(1, 1, due(10));
    all.add(0, 2, due(2));
    all.add(1, 2, due(20));
    EXPECT_EQ(all.late_ranks(2), 0U);
    EXPECT_EQ(all.take(2).requests.due, 32U) << "nothing is lost";
}

TEST(interval_totals, a_rank_with_one_report_for_several_intervals_is_late_in_the_first_ones) {
    interval_totals all(2);
    for (std::uint32_t complete = 1; complete <= 3; ++complete) all.add(0, complete, due(1));
    all.add(1, 3, due(30)); // stalled for two seconds
    EXPECT_EQ(all.late_ranks(1), 1U);
    EXPECT_EQ(all.late_ranks(2), 1U);
    EXPECT_EQ(all.late_ranks(3), 0U);
    EXPECT_EQ(all.take(1).requests.due, 1U);
    EXPECT_EQ(all.late_ranks(2), 1U) << "also after the first was taken";
    EXPECT_EQ(all.take(2).requests.due, 1U);
    EXPECT_EQ(all.take(3).requests.due, 31U);
}

TEST(interval_totals, all_that_is_left_is_taken_at_the_end) {
    interval_totals all(2);
    all.add(0, 0, due(1));
    EXPECT_EQ(all.take_all().requests.due, 1U) << "while connecting";
    all.add(0, 1, due(2));
    all.add(0, 4, due(3));
    all.add(1, 0, due(4));
    EXPECT_EQ(all.take_all().requests.due, 9U);
    EXPECT_EQ(all.take_all().requests.due, 0U);
}

// 22 ranks whose reports take up to 700 ms to rank 0: each row has the counts of its own second.
TEST(interval_totals, rows_of_22_ranks_are_whole_whenever_their_reports_arrive) {
    constexpr std::uint32_t ranks = 22;
    interval_totals all(ranks);
    std::uint32_t reported = 0;
    for (std::uint32_t tick = 10; tick < 300; ++tick) { // tenths of a second
        for (std::uint32_t rank = 0; rank < ranks; ++rank) {
            const auto delay = rank * 7 % 8;
            const auto second = (tick - delay) / 10;
            if (tick % 10 == delay) all.add(rank, second, due(second));
        }
        if (all.late_ranks(reported + 1) != 0) continue;
        ++reported;
        EXPECT_EQ(all.take(reported).requests.due, ranks * reported);
    }
    EXPECT_EQ(reported, 29U);
}
