#include "shard/loop_delay.hpp"

#include <loadsim/base/units.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

TEST(loop_delay, of_a_loop_in_time_is_one_sample_for_each_instant) {
    loop_delay delay;
    const monotonic_time start{5s};
    delay.start(start);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(delay.next(), start + i * 10ms);
        delay.record(delay.next() + 1ms);
    }
    const auto samples = delay.take_samples();
    EXPECT_EQ(samples.count(), 100U);
    EXPECT_NEAR(milliseconds(samples.max()), 1, 0.01);
    EXPECT_TRUE(delay.take_samples().empty()) << "each is taken once";
    delay.record(start);
    EXPECT_TRUE(delay.take_samples().empty()) << "before the next instant";
}

/// A message that arrives at any time of the standstill waits for its end: 300 ms at most, 150 ms on average.
TEST(loop_delay, of_a_standstill_has_a_sample_for_each_instant_of_it) {
    loop_delay delay;
    delay.start(monotonic_time{0s});
    delay.record(monotonic_time{300ms});
    const auto samples = delay.take_samples();
    EXPECT_EQ(samples.count(), 31U);
    EXPECT_NEAR(milliseconds(samples.max()), 300, 1);
    EXPECT_NEAR(milliseconds(samples.mean()), 150, 1);
    EXPECT_EQ(delay.next(), monotonic_time{310ms});
}
