#include "connect_queue.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using fleet::connect_queue;

namespace {

constexpr shard_share alone{0, 1};
constexpr monotonic_time start{5s};

/// Takes what there is, and has it done at once.
std::uint32_t take_all(connect_queue& q, monotonic_time now) {
    std::uint32_t taken = 0;
    while (q.take(now)) {
        ++taken;
        q.done();
    }
    return taken;
}

TEST(connect_queue, keeps_the_rate_however_often_it_is_asked) {
    for (const auto every : {nanoseconds{1ms}, nanoseconds{7ms}, nanoseconds{130ms}}) {
        connect_queue q(10'000, rate{1000}, alone, 100);
        q.start(start);
        std::uint32_t taken = 0;
        for (auto now = start; now < start + 5s; now += every) {
            taken += take_all(q, now);
            const auto asked = static_cast<std::uint32_t>((now - start) / 1ms) + 1; // the first is due at once
            ASSERT_EQ(taken, asked) << "after " << (now - start).count();
        }
    }
}

TEST(connect_queue, a_late_look_does_not_slow_the_rate_down) {
    connect_queue q(10'000, rate{1000}, alone, 100);
    q.start(start);
    EXPECT_EQ(take_all(q, start + 2s), 2001U);
    EXPECT_EQ(take_all(q, start + 3s), 1000U);
}

TEST(connect_queue, shards_together_keep_the_rate) {
    constexpr std::uint32_t count = 7;
    std::vector<connect_queue> shards;
    for (std::uint32_t i = 0; i < count; ++i) {
        shards.emplace_back(1000, rate{500}, shard_share{i, count}, 100);
        shards.back().start(start);
    }
    std::uint32_t taken = 0;
    for (int tick = 0; tick < 1000; ++tick) {
        const auto now = start + tick * 1ms;
        for (auto& q : shards) taken += take_all(q, now);
        ASSERT_NEAR(taken, 0.5 * tick + 1, 1) << tick;
    }
}

TEST(connect_queue, says_when_the_next_is_due) {
    connect_queue q(3, rate{10}, alone, 100);
    EXPECT_EQ(q.next(), never) << "not started";
    q.start(start);
    EXPECT_EQ(q.next(), start);
    EXPECT_EQ(q.take(start), 0U);
    EXPECT_EQ(q.take(start), std::nullopt);
    EXPECT_EQ(q.next(), start + 100ms);
    EXPECT_EQ(q.take(start + 100ms - 1ns), std::nullopt);
    EXPECT_EQ(q.take(start + 100ms), 1U);
    EXPECT_EQ(q.take(start + 1s), 2U);
    EXPECT_EQ(q.next(), never) << "all of them were taken";
}

TEST(connect_queue, never_has_more_under_way_than_it_may) {
    connect_queue q(1000, rate{1e6}, alone, 3);
    q.start(start);
    for (std::uint32_t car = 0; car < 3; ++car) EXPECT_EQ(q.take(start + 1s), car);
    EXPECT_EQ(q.take(start + 1s), std::nullopt);
    EXPECT_EQ(q.next(), never) << "only done() can help: no timer";
    q.again(900, start + 1s); // counted with the others
    EXPECT_EQ(q.take(start + 1s), std::nullopt);
    q.done();
    EXPECT_TRUE(q.take(start + 1s));
    EXPECT_EQ(q.take(start + 1s), std::nullopt);
    EXPECT_EQ(q.in_flight(), 3U);
}

TEST(connect_queue, a_shard_whose_part_is_none_has_one) {
    connect_queue q(10, rate{1e6}, alone, 0);
    q.start(start);
    EXPECT_TRUE(q.take(start));
    EXPECT_FALSE(q.take(start));
}

TEST(connect_queue, serves_in_the_order_they_were_due) {
    connect_queue q(10, rate{10}, alone, 1);
    q.start(start);
    EXPECT_EQ(q.take(start), 0U); // the next first connects are due at 100 ms, 200 ms ...
    q.again(7, start + 50ms);
    q.again(8, start + 150ms);
    q.again(9, start + 160ms);
    const auto later = start + 250ms;
    std::vector<std::uint32_t> order;
    for (q.done(); const auto car = q.take(later); q.done()) order.push_back(*car);
    EXPECT_EQ(order, (std::vector<std::uint32_t>{7, 1, 8, 9, 2}));
}

} // namespace
