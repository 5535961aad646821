// Arrival times on a shaped link, with a simulated clock.
#include "link_impairment.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using net::delay_queue;
using net::link_shaper;

namespace {

constexpr monotonic_time link_start{100s};

mqtt::bytes some(std::size_t n, std::uint8_t first = 0) {
    mqtt::bytes all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = static_cast<std::uint8_t>(first + i);
    return all;
}

TEST(link_shaper, serializes_bytes) {
    struct transmission {
        nanoseconds at;
        std::size_t bytes;
        link_shaper::limits limits;
        nanoseconds arrives;
    };
    struct row {
        const char* what;
        std::vector<transmission> all;
    };
    const std::vector<row> table{
        {"no limit at all", {{0s, 1'000'000, {}, 0s}, {5s, 1, {}, 5s}}},
        {"a thousand a second", {{0s, 500, {1000, 0s}, 500ms}, {100ms, 500, {1000, 0s}, 1s}}},
        {"nothing is saved up while it is idle", {{0s, 100, {1000, 0s}, 100ms}, {60s, 100, {1000, 0s}, 60100ms}}},
        {"a delay does not block later bytes", {{0s, 100, {0, 300ms}, 300ms}, {10ms, 100, {0, 300ms}, 310ms}}},
        {"both", {{0s, 100, {1000, 300ms}, 400ms}, {0s, 100, {1000, 300ms}, 500ms}}},
        {"bytes sent later and faster do not overtake",
         {{0s, 100, {1000, 300ms}, 400ms}, {50ms, 1, {}, 400ms}, {1s, 1, {}, 1s}}},
        {"half as fast from now on", {{0s, 100, {1000, 0s}, 100ms}, {0s, 100, {500, 0s}, 300ms}}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        link_shaper p;
        for (const auto& step : r.all)
            EXPECT_EQ(p.arrival_time(link_start + step.at, step.bytes, step.limits) - link_start, step.arrives)
                << step.bytes << " bytes";
    }
}

TEST(delay_queue, returns_bytes_in_order_of_arrival) {
    delay_queue queue;
    const auto sent = some(1000);
    queue.push(sent, link_start, {1000, 0s}); // 50 bytes every 50 ms
    EXPECT_EQ(queue.size(), 1000U);
    EXPECT_EQ(queue.next_arrival(), link_start + 50ms);
    EXPECT_TRUE(queue.pop_arrived(link_start + 49ms).empty());
    mqtt::bytes got;
    for (auto t = link_start; t < link_start + 500ms; t += 10ms) {
        const auto part = queue.pop_arrived(t);
        got.insert(got.end(), part.begin(), part.end());
        EXPECT_LE(got.size(), static_cast<std::size_t>((t - link_start) / 1ms)) << "no faster than it may";
        EXPECT_GE(got.size() + 50, static_cast<std::size_t>((t - link_start) / 1ms)) << "and no slower";
    }
    EXPECT_EQ(queue.size(), 1000 - got.size());
    const auto rest = queue.pop_arrived(never);
    got.insert(got.end(), rest.begin(), rest.end());
    EXPECT_EQ(got, sent);
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_EQ(queue.next_arrival(), never);
    EXPECT_TRUE(queue.pop_arrived(never).empty());
}

TEST(delay_queue, chunks_have_at_least_sixteen_bytes_and_unlimited_data_is_not_split) {
    delay_queue slow;
    slow.push(some(40), link_start, {10, 0s});
    EXPECT_EQ(slow.next_arrival(), link_start + 1600ms);
    EXPECT_EQ(slow.pop_arrived(link_start + 1600ms).size(), 16U);
    delay_queue delayed;
    delayed.push(some(100'000), link_start, {0, 200ms});
    EXPECT_TRUE(delayed.pop_arrived(link_start + 199ms).empty());
    EXPECT_EQ(delayed.pop_arrived(link_start + 200ms).size(), 100'000U);
}

TEST(delay_queue, order_is_kept_when_the_limit_is_removed) {
    delay_queue queue;
    queue.push(some(10, 0), link_start, {0, 1s});
    queue.push(some(10, 10), link_start + 100ms, {});
    EXPECT_TRUE(queue.pop_arrived(link_start + 999ms).empty());
    EXPECT_EQ(queue.pop_arrived(link_start + 1s), some(20));
}

} // namespace
