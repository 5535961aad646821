#include "mqtt_fleet/connect_pacer.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using fleet::connect_pacer;

namespace {

constexpr fleet_partition alone{0, 1};
constexpr monotonic_time pacing_start{5s};

/// Takes all due connects and completes them at once.
std::uint32_t take_all(connect_pacer& q, monotonic_time now) {
    std::uint32_t taken = 0;
    while (q.pop_due(now)) {
        ++taken;
        q.done();
    }
    return taken;
}

TEST(connect_pacer, keeps_the_rate_at_any_polling_interval) {
    for (const auto every : {nanoseconds{1ms}, nanoseconds{7ms}, nanoseconds{130ms}}) {
        connect_pacer q(10'000, rate{1000}, alone, 100);
        q.start(pacing_start);
        std::uint32_t taken = 0;
        for (auto now = pacing_start; now < pacing_start + 5s; now += every) {
            taken += take_all(q, now);
            const auto asked = static_cast<std::uint32_t>((now - pacing_start) / 1ms) + 1; // the first is due at once
            ASSERT_EQ(taken, asked) << "after " << (now - pacing_start).count();
        }
    }
}

TEST(connect_pacer, late_polling_does_not_reduce_the_rate) {
    connect_pacer q(10'000, rate{1000}, alone, 100);
    q.start(pacing_start);
    EXPECT_EQ(take_all(q, pacing_start + 2s), 2001U);
    EXPECT_EQ(take_all(q, pacing_start + 3s), 1000U);
}

TEST(connect_pacer, shards_together_keep_the_rate) {
    constexpr std::uint32_t count = 7;
    std::vector<connect_pacer> shards;
    for (std::uint32_t i = 0; i < count; ++i) {
        shards.emplace_back(1000, rate{500}, fleet_partition{i, count}, 100);
        shards.back().start(pacing_start);
    }
    std::uint32_t taken = 0;
    for (int tick = 0; tick < 1000; ++tick) {
        const auto now = pacing_start + tick * 1ms;
        for (auto& q : shards) taken += take_all(q, now);
        ASSERT_NEAR(taken, 0.5 * tick + 1, 1) << tick;
    }
}

TEST(connect_pacer, tells_when_the_next_is_due) {
    connect_pacer q(3, rate{10}, alone, 100);
    EXPECT_EQ(q.next_due(), never) << "not started";
    q.start(pacing_start);
    EXPECT_EQ(q.next_due(), pacing_start);
    EXPECT_EQ(q.pop_due(pacing_start), 0U);
    EXPECT_EQ(q.pop_due(pacing_start), std::nullopt);
    EXPECT_EQ(q.next_due(), pacing_start + 100ms);
    EXPECT_EQ(q.pop_due(pacing_start + 100ms - 1ns), std::nullopt);
    EXPECT_EQ(q.pop_due(pacing_start + 100ms), 1U);
    EXPECT_EQ(q.pop_due(pacing_start + 1s), 2U);
    EXPECT_EQ(q.next_due(), never) << "all of them were taken";
}

TEST(connect_pacer, never_exceeds_the_limit_in_flight) {
    connect_pacer q(1000, rate{1e6}, alone, 3);
    q.start(pacing_start);
    for (std::uint32_t car = 0; car < 3; ++car) EXPECT_EQ(q.pop_due(pacing_start + 1s), car);
    EXPECT_EQ(q.pop_due(pacing_start + 1s), std::nullopt);
    EXPECT_EQ(q.next_due(), never) << "only done() can help: no timer";
    q.requeue(900, pacing_start + 1s); // counts towards the same limit
    EXPECT_EQ(q.pop_due(pacing_start + 1s), std::nullopt);
    q.done();
    EXPECT_TRUE(q.pop_due(pacing_start + 1s));
    EXPECT_EQ(q.pop_due(pacing_start + 1s), std::nullopt);
    EXPECT_EQ(q.in_flight(), 3U);
}

TEST(connect_pacer, limit_is_at_least_one) {
    connect_pacer q(10, rate{1e6}, alone, 0);
    q.start(pacing_start);
    EXPECT_TRUE(q.pop_due(pacing_start));
    EXPECT_FALSE(q.pop_due(pacing_start));
}

TEST(connect_pacer, serves_in_order_of_due_time) {
    connect_pacer q(10, rate{10}, alone, 1);
    q.start(pacing_start);
    EXPECT_EQ(q.pop_due(pacing_start), 0U); // the next first connects are due at 100 ms, 200 ms ...
    q.requeue(7, pacing_start + 50ms);
    q.requeue(8, pacing_start + 150ms);
    q.requeue(9, pacing_start + 160ms);
    const auto later = pacing_start + 250ms;
    std::vector<std::uint32_t> order;
    for (q.done(); const auto car = q.pop_due(later); q.done()) order.push_back(*car);
    EXPECT_EQ(order, (std::vector<std::uint32_t>{7, 1, 8, 9, 2}));
}

} // namespace
