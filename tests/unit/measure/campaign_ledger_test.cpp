#include "single_vehicle_ledger.hpp"

#include <loadsim/measure/campaign_ledger.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using measure::at;
using namespace std::chrono_literals;

TEST(campaign_ledger, counts_deliveries_and_latencies) {
    measure::campaign_ledger ledger(2);
    ledger.vehicle_unreachable(vehicle_id{3});
    ledger.vehicle_unreachable(vehicle_id{4});
    ledger.set_due_time(1, at(0ms));
    ledger.start(1, 4);
    ledger.published(1);
    EXPECT_EQ(ledger.awaited(), 2U) << "two are unreachable";
    ledger.delivered(1, vehicle_id{1}, at(5ms));
    ledger.delivered(1, vehicle_id{2}, at(7ms));
    EXPECT_EQ(ledger.awaited(), 0U);
    ledger.vehicle_reachable(vehicle_id{3});
    EXPECT_EQ(ledger.awaited(), 1U) << "one is back, and may get it yet";
    ledger.delivered(1, vehicle_id{3}, at(2s));
    ledger.delivered(1, vehicle_id{2}, at(3s));
    const auto counts = ledger.take_counts();
    ASSERT_EQ(counts.size(), 1U);
    const auto& c = counts.at(1);
    EXPECT_EQ(c.published, 1U);
    EXPECT_EQ(c.addressed, 4U);
    EXPECT_EQ(c.delivered, 3U);
    EXPECT_EQ(c.delivered_after_reconnect, 1U) << "vehicle 4 is still unreachable";
    EXPECT_EQ(c.duplicate_deliveries, 1U);
    EXPECT_EQ(c.latency.min(), 5ms);
    EXPECT_EQ(c.latency.count(), 3U);
    EXPECT_TRUE(ledger.take_counts().empty()) << "what was told is told";
}

TEST(campaign_ledger, ignores_deliveries_before_the_due_time) {
    measure::campaign_ledger ledger(1);
    ledger.delivered(0, vehicle_id{1}, at(0ms)); // before the load
    ledger.set_due_time(0, at(1s));
    ledger.delivered(0, vehicle_id{1}, at(800ms));
    EXPECT_TRUE(ledger.take_counts().empty());
}

TEST(campaign_ledger, counts_deliveries_sent_early_by_another_shard) {
    measure::campaign_ledger ledger(1);
    ledger.set_due_time(0, at(1s));
    ledger.delivered(0, vehicle_id{1}, at(1s + 1ms));
    ledger.delivered(0, vehicle_id{2}, at(1s - 20ms)); // clock difference between hosts
    EXPECT_EQ(ledger.awaited(), 0U);
    ledger.start(0, 3);
    EXPECT_EQ(ledger.awaited(), 1U);
    const auto c = ledger.take_counts().at(0);
    EXPECT_EQ(c.addressed, 3U);
    EXPECT_EQ(c.delivered, 2U);
    EXPECT_EQ(c.delivered_after_reconnect, 0U);
    EXPECT_EQ(c.latency.max(), 1ms);
    EXPECT_EQ(c.latency.min(), 0ms);
}
