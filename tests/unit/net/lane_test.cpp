// A slow link: when bytes arrive, under a clock that moves when told.
#include "lane.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using net::lane;
using net::pace;

namespace {

constexpr monotonic_time start{100s};

mqtt::bytes some(std::size_t n, std::uint8_t first = 0) {
    mqtt::bytes all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = static_cast<std::uint8_t>(first + i);
    return all;
}

TEST(pace, carries_one_after_the_other) {
    struct hand_over {
        nanoseconds at;
        std::size_t bytes;
        pace::limits limits;
        nanoseconds arrives;
    };
    struct row {
        const char* what;
        std::vector<hand_over> all;
    };
    const std::vector<row> table{
        {"no limit at all", {{0s, 1'000'000, {}, 0s}, {5s, 1, {}, 5s}}},
        {"a thousand a second", {{0s, 500, {1000, 0s}, 500ms}, {100ms, 500, {1000, 0s}, 1s}}},
        {"nothing is saved up while it is idle", {{0s, 100, {1000, 0s}, 100ms}, {60s, 100, {1000, 0s}, 60100ms}}},
        {"a delay holds nobody up", {{0s, 100, {0, 300ms}, 300ms}, {10ms, 100, {0, 300ms}, 310ms}}},
        {"both", {{0s, 100, {1000, 300ms}, 400ms}, {0s, 100, {1000, 300ms}, 500ms}}},
        {"never overtaken by what is faster", {{0s, 100, {1000, 300ms}, 400ms}, {50ms, 1, {}, 400ms}, {1s, 1, {}, 1s}}},
        {"half as fast from now on", {{0s, 100, {1000, 0s}, 100ms}, {0s, 100, {500, 0s}, 300ms}}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        pace p;
        for (const auto& h : r.all)
            EXPECT_EQ(p.carried(start + h.at, h.bytes, h.limits) - start, h.arrives) << h.bytes << " bytes";
    }
}

TEST(lane, gives_bytes_back_in_order_as_they_arrive) {
    lane way;
    const auto sent = some(1000);
    way.put(sent, start, {1000, 0s}); // 50 bytes every 50 ms
    EXPECT_EQ(way.size(), 1000U);
    EXPECT_EQ(way.next(), start + 50ms);
    EXPECT_TRUE(way.take(start + 49ms).empty());
    mqtt::bytes got;
    for (auto t = start; t < start + 500ms; t += 10ms) {
        const auto part = way.take(t);
        got.insert(got.end(), part.begin(), part.end());
        EXPECT_LE(got.size(), static_cast<std::size_t>((t - start) / 1ms)) << "no faster than it may";
        EXPECT_GE(got.size() + 50, static_cast<std::size_t>((t - start) / 1ms)) << "and no slower";
    }
    EXPECT_EQ(way.size(), 1000 - got.size());
    const auto rest = way.take(never);
    got.insert(got.end(), rest.begin(), rest.end());
    EXPECT_EQ(got, sent);
    EXPECT_EQ(way.size(), 0U);
    EXPECT_EQ(way.next(), never);
    EXPECT_TRUE(way.take(never).empty());
}

TEST(lane, cuts_no_finer_than_sixteen_bytes_and_nothing_that_is_not_limited) {
    lane slow;
    slow.put(some(40), start, {10, 0s});
    EXPECT_EQ(slow.next(), start + 1600ms);
    EXPECT_EQ(slow.take(start + 1600ms).size(), 16U);
    lane delayed;
    delayed.put(some(100'000), start, {0, 200ms});
    EXPECT_TRUE(delayed.take(start + 199ms).empty());
    EXPECT_EQ(delayed.take(start + 200ms).size(), 100'000U);
}

TEST(lane, what_was_put_earlier_goes_first_when_the_link_is_fast_again) {
    lane way;
    way.put(some(10, 0), start, {0, 1s});
    way.put(some(10, 10), start + 100ms, {});
    EXPECT_TRUE(way.take(start + 999ms).empty());
    EXPECT_EQ(way.take(start + 1s), some(20));
}

} // namespace
