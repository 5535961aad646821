#include <loadsim/measure/campaigns.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {

monotonic_time at(nanoseconds t) { return monotonic_time{} + 1h + t; }

} // namespace

TEST(campaigns, count_who_got_it_and_when) {
    measure::campaign_account account(2);
    account.away(vehicle_id{3});
    account.away(vehicle_id{4});
    account.expect(1, at(0ms));
    account.due(1, 4);
    account.published(1);
    EXPECT_EQ(account.awaited(), 2U) << "two are away";
    account.delivered(1, vehicle_id{1}, at(5ms));
    account.delivered(1, vehicle_id{2}, at(7ms));
    EXPECT_EQ(account.awaited(), 0U);
    account.back(vehicle_id{3});
    EXPECT_EQ(account.awaited(), 1U) << "one is back, and may get it yet";
    account.delivered(1, vehicle_id{3}, at(2s));
    account.delivered(1, vehicle_id{2}, at(3s));
    const auto seen = account.take();
    ASSERT_EQ(seen.size(), 1U);
    const auto& c = seen.at(1);
    EXPECT_EQ(c.published, 1U);
    EXPECT_EQ(c.addressed, 4U);
    EXPECT_EQ(c.delivered, 3U);
    EXPECT_EQ(c.returned, 1U) << "vehicle 4 is still away";
    EXPECT_EQ(c.repeated, 1U);
    EXPECT_EQ(c.latency.min(), 5ms);
    EXPECT_EQ(c.latency.count(), 3U);
    EXPECT_TRUE(account.take().empty()) << "what was told is told";
}

TEST(campaigns, leave_out_what_came_before_they_were_due) {
    measure::campaign_account account(1);
    account.delivered(0, vehicle_id{1}, at(0ms)); // before the load
    account.expect(0, at(1s));
    account.delivered(0, vehicle_id{1}, at(800ms));
    EXPECT_TRUE(account.take().empty());
}

TEST(campaigns, count_what_another_shard_has_sent_before_this_one_knows_that_it_is_due) {
    measure::campaign_account account(1);
    account.expect(0, at(1s));
    account.delivered(0, vehicle_id{1}, at(1s + 1ms));
    account.delivered(0, vehicle_id{2}, at(1s - 20ms)); // a clock that is ahead of ours
    EXPECT_EQ(account.awaited(), 0U);
    account.due(0, 3);
    EXPECT_EQ(account.awaited(), 1U);
    const auto c = account.take().at(0);
    EXPECT_EQ(c.addressed, 3U);
    EXPECT_EQ(c.delivered, 2U);
    EXPECT_EQ(c.returned, 0U);
    EXPECT_EQ(c.latency.max(), 1ms);
    EXPECT_EQ(c.latency.min(), 0ms);
}
