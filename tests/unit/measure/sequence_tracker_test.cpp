#include "sequence_tracker.hpp"
#include "single_vehicle_ledger.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time some_time{5s};
using sequence_verdict = sequence_tracker::sequence_verdict;
using numbers = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

numbers missing(sequence_tracker& tracker) {
    numbers all;
    for (const auto& g : tracker.take_gaps()) all.emplace_back(g.first, g.last);
    return all;
}

} // namespace

TEST(sequence_tracker, classifies_each_response) {
    struct {
        std::vector<std::pair<std::uint64_t, sequence_verdict>> heard;
        numbers missing;
        const char* reason;
    } const rows[] = {
        {{{1, sequence_verdict::next}, {2, sequence_verdict::next}}, {}, "in order"},
        {{{3, sequence_verdict::next}}, {{1, 2}}, "the first are missing too"},
        {{{1, sequence_verdict::next}, {1, sequence_verdict::duplicate}}, {}, "twice"},
        {{{4, sequence_verdict::next}, {1, sequence_verdict::out_of_order}}, {{2, 3}}, "the beginning of a gap"},
        {{{4, sequence_verdict::next}, {3, sequence_verdict::out_of_order}}, {{1, 2}}, "the end of a gap"},
        {{{4, sequence_verdict::next}, {2, sequence_verdict::out_of_order}}, {{1, 1}, {3, 3}}, "the middle of a gap"},
        {{{4, sequence_verdict::next},
          {2, sequence_verdict::out_of_order},
          {3, sequence_verdict::out_of_order},
          {1, sequence_verdict::out_of_order}},
         {},
         "all of a gap"},
        {{{2, sequence_verdict::next}, {1, sequence_verdict::out_of_order}, {1, sequence_verdict::duplicate}},
         {},
         "late, and then again"},
        {{{2, sequence_verdict::next}, {9, sequence_verdict::next}, {5, sequence_verdict::out_of_order}},
         {{1, 1}, {3, 4}, {6, 8}},
         "several gaps"},
    };
    for (const auto& r : rows) {
        sequence_tracker tracker;
        for (const auto& [n, where] : r.heard)
            EXPECT_EQ(tracker.record(car, n, {}, some_time).verdict, where) << r.reason << ' ' << n;
        EXPECT_EQ(missing(tracker), r.missing) << r.reason;
        EXPECT_EQ(missing(tracker), numbers{}) << "told once";
    }
}

TEST(sequence_tracker, tracks_each_vehicle_separately) {
    sequence_tracker tracker;
    tracker.record(vehicle_id{9}, 2, {}, some_time);
    tracker.record(vehicle_id{8}, 1, {}, some_time);
    tracker.record(vehicle_id{7}, 3, {}, some_time);
    EXPECT_TRUE(tracker.has_responses(vehicle_id{8}));
    EXPECT_FALSE(tracker.has_responses(vehicle_id{6}));
    const auto gaps = tracker.take_gaps();
    ASSERT_EQ(gaps.size(), 2U);
    EXPECT_EQ(gaps[0].vehicle, vehicle_id{7}) << "by vehicle";
    EXPECT_EQ(gaps[1].vehicle, vehicle_id{9});
}

TEST(sequence_tracker, skips_forgiven_gaps) {
    sequence_tracker tracker;
    tracker.forgive_gap(car);
    tracker.record(car, 3, {}, some_time);
    tracker.record(car, 5, {}, some_time);
    EXPECT_EQ(missing(tracker), (numbers{{2, 2}, {4, 4}}));
}

TEST(sequence_tracker, keeps_expected_anomalies_since_the_previous_response) {
    anomaly_set lossy;
    lossy.add(anomaly::response_lost);
    sequence_tracker tracker;
    tracker.record(car, 1, {}, some_time);
    tracker.condition_ended(car, lossy);
    tracker.record(car, 3, {}, some_time); // lost while the condition was active, or soon after
    tracker.record(car, 5, {}, some_time); // lost later
    tracker.record(car, 7, lossy, some_time);
    const auto gaps = tracker.take_gaps();
    ASSERT_EQ(gaps.size(), 3U);
    EXPECT_EQ(gaps[0].expected_anomalies, lossy);
    EXPECT_TRUE(gaps[1].expected_anomalies.empty());
    EXPECT_EQ(gaps[2].expected_anomalies, lossy);
}
