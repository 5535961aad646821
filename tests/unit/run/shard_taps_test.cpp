// Taps of a shard: what its vehicles send and a tap consumes becomes counts and findings of the run.
#include "shard/shard_taps.hpp"

#include "plan_from_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

/// The second tap has the second group only.
constexpr const char* two_taps = R"(
name: t
fleet:
  vehicles: 6
  telemetry:
    - {name: position, every: 1s, topic: 'v1/{vin}/tlm/position', payload: '{"seq":{seq}}'}
    - {name: charge, every: 1s, topic: 'v1/{vin}/tlm/charge', payload: '{"seq":{seq}}'}
load: {phases: [{duration: 1s, arrivalCount: 1}]}
taps:
  - kafka: {name: all, brokers: ['kafka.test:9092'], topics: [telemetry], telemetryGroup: /topic, deadline: 10s}
  - kafka: {name: some, brokers: ['kafka.test:9092'], topics: [charge], telemetryGroups: [charge], deadline: 10s}
)";

class shard_taps_test : public testing::Test {
protected:
    shard_taps_test() {
        time.set(start);
        taps.begin_load(start);
    }

    void sent(std::uint32_t vehicle, std::uint32_t group, std::uint64_t sequence) {
        taps.telemetry_sent(vehicle_id{vehicle}, group, sequence, 77, time.now());
    }
    void consumed(std::uint32_t tap, std::uint32_t vehicle, std::uint32_t group, std::uint64_t sequence,
                  std::uint64_t hash = 77) {
        taps.consumed(tap, {{.vehicle = vehicle_id{vehicle},
                             .group = group,
                             .sequence = sequence,
                             .hash = hash,
                             .consumed = time.now(),
                             .appended = time.now() - 2ms}});
    }
    measure::totals take() {
        measure::totals t;
        taps.take_counts(t);
        return t;
    }

    static constexpr monotonic_time start{1'000s};
    const plan_from_text text{two_taps};
    manual_time time;
    shard_taps taps{text.plan, {.index = 1, .count = 2}, time}; ///< of the vehicles 1, 3 and 5
};

} // namespace

TEST_F(shard_taps_test, nothing_is_lost_for_a_tap_whose_cluster_does_not_answer) {
    sent(1, 1, 1);
    taps.set_connected(1, false);
    taps.finish();
    const auto t = take();
    EXPECT_EQ(t.taps.at(0).groups.at(1).lost, 1U);
    EXPECT_EQ(t.taps.at(1).groups.at(1).lost, 0U);
    EXPECT_EQ(t.taps.at(1).groups.at(1).sent_not_reconciled, 1U);
}

TEST_F(shard_taps_test, counts_each_tap_by_group_of_the_scenario) {
    sent(1, 0, 1);
    sent(3, 1, 1);
    time.advance(5ms);
    consumed(0, 1, 0, 1);
    consumed(0, 3, 1, 1);
    consumed(1, 3, 0, 1); // the first group of that tap
    const auto t = take();
    ASSERT_EQ(t.taps.size(), 2U);
    EXPECT_EQ(t.taps.at(0).groups.at(0).matched, 1U);
    EXPECT_EQ(t.taps.at(0).groups.at(1).matched, 1U);
    ASSERT_EQ(t.taps.at(1).groups.size(), 1U);
    EXPECT_EQ(t.taps.at(1).groups.at(1).sent, 1U) << "position is not sent there";
    EXPECT_EQ(t.taps.at(1).groups.at(1).matched, 1U);
    EXPECT_EQ(t.taps.at(0).deliver.count(), 2U);
    EXPECT_GE(t.taps.at(1).deliver.max(), 5ms);
    EXPECT_LT(t.taps.at(1).bridge.max(), 4ms);
}

TEST_F(shard_taps_test, counts_are_those_since_the_last_call) {
    sent(1, 0, 1);
    EXPECT_EQ(take().taps.at(0).groups.at(0).sent, 1U);
    consumed(0, 1, 0, 1);
    const auto second = take().taps.at(0).groups.at(0);
    EXPECT_EQ(second.sent, 0U);
    EXPECT_EQ(second.matched, 1U);
    EXPECT_EQ(take().taps.at(0).groups.at(0), measure::delivery_counts{});
}

TEST_F(shard_taps_test, awaits_what_was_sent_until_it_is_consumed_or_too_late) {
    EXPECT_EQ(taps.awaited(time.now()), 0U);
    sent(1, 0, 1);
    sent(3, 1, 1); // for both taps
    EXPECT_EQ(taps.awaited(time.now()), 3U);
    consumed(1, 3, 0, 1);
    EXPECT_EQ(taps.awaited(time.now()), 2U);
    time.advance(10s);
    EXPECT_EQ(taps.awaited(time.now()), 0U);
}

TEST_F(shard_taps_test, a_finding_names_vehicle_group_sequence_and_tap) {
    sent(3, 1, 5);
    sent(3, 1, 6);
    time.advance(250ms);
    consumed(0, 3, 1, 5, 78);
    EXPECT_TRUE(take().telemetry_findings.size() == 1) << "during the run";
    time.advance(1s);
    taps.finish();
    taps.finish();
    const auto t = take();
    EXPECT_EQ(t.taps.at(0).groups.at(1).lost, 1U);
    EXPECT_EQ(t.taps.at(1).groups.at(1).lost, 2U);
    ASSERT_EQ(t.telemetry_findings.size(), 3U);
    const auto& lost = t.telemetry_findings.front();
    EXPECT_EQ(lost.finding, measure::delivery_finding::kind::lost);
    EXPECT_EQ(lost.vin, text.plan.vin_of(vehicle_id{3}));
    EXPECT_EQ(lost.group, "charge");
    EXPECT_EQ(lost.sequence, 6U);
    EXPECT_EQ(lost.tap, "all");
    EXPECT_DOUBLE_EQ(lost.at_ms, 1'250);
    EXPECT_EQ(t.telemetry_findings.back().tap, "some");
}

TEST_F(shard_taps_test, findings_beyond_the_limit_are_counted) {
    constexpr std::uint64_t more = 3;
    for (std::uint64_t n = 0; n < shard_taps::max_findings + more; ++n) consumed(0, 1, 0, n); // never sent
    taps.finish();
    const auto t = take();
    EXPECT_EQ(t.telemetry_findings.size(), shard_taps::max_findings);
    EXPECT_EQ(t.omitted_records, t.taps.at(0).groups.at(0).foreign + t.taps.at(0).groups.at(0).consumed_not_reconciled -
                                     shard_taps::max_findings);
    EXPECT_EQ(t.omitted_records, more);
    EXPECT_EQ(take().omitted_records, 0U);
}

TEST(shard_taps, a_replay_has_none) {
    const plan_from_text text(two_taps, replay_selection{.vehicle = vehicle_id{1}, .arrivals = {arrival_id{0}}});
    const manual_time time;
    EXPECT_TRUE(shard_taps(text.plan, {}, time).empty());
}
