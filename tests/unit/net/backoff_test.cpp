#include <loadsim/net/backoff.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::chrono_literals;

TEST(backoff, doubles_up_to_the_cap) {
    EXPECT_EQ(net::backoff(1s, 120s, 0, 0.5), 500ms);
    EXPECT_EQ(net::backoff(1s, 120s, 1, 0.5), 1s);
    EXPECT_EQ(net::backoff(1s, 120s, 6, 0.5), 32s);
    EXPECT_EQ(net::backoff(1s, 120s, 7, 0.5), 60s); // 128 s, capped
    EXPECT_EQ(net::backoff(1s, 120s, 4'000'000'000U, 0.5), 60s);
}

TEST(backoff, full_jitter_starts_at_zero) {
    EXPECT_EQ(net::backoff(1s, 120s, 3, 0.0), 0s);
    EXPECT_LT(net::backoff(1s, 120s, 3, 0.999999), 8s);
}
