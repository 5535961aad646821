#include "shard/loop_delay.hpp"

#include <loadsim/base/units.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

TEST(loop_delay, of_a_loop_in_time_is_one_sample_for_each_instant) {
    loop_delay delay;
    const monotonic_time start{5s};
    delay.start(start, [](monotonic_time) { return 0; });
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(delay.next(), start + i * 10ms);
        delay.record(delay.next() + 1ms);
    }
    const auto samples = delay.take_samples().at(0);
    EXPECT_EQ(samples.count(), 100U);
    EXPECT_NEAR(milliseconds(samples.max()), 1, 0.01);
    EXPECT_TRUE(delay.take_samples().empty()) << "each is taken once";
    delay.record(start);
    EXPECT_TRUE(delay.take_samples().empty()) << "before the next instant";
}

/// A message that arrives at any time of the standstill waits for its end: 300 ms at most, 150 ms on average.
TEST(loop_delay, of_a_standstill_has_a_sample_for_each_instant_of_it) {
    loop_delay delay;
    delay.start(monotonic_time{0s}, [](monotonic_time) { return 0; });
    delay.record(monotonic_time{300ms});
    const auto samples = delay.take_samples().at(0);
    EXPECT_EQ(samples.count(), 31U);
    EXPECT_NEAR(milliseconds(samples.max()), 300, 1);
    EXPECT_NEAR(milliseconds(samples.mean()), 150, 1);
    EXPECT_EQ(delay.next(), monotonic_time{310ms});
}

/// The loop stands still from one phase into the next: each has the samples of its own instants.
TEST(loop_delay, belongs_to_the_phase_of_its_instant) {
    loop_delay delay;
    delay.start(monotonic_time{0s}, [](monotonic_time at) { return at < monotonic_time{100ms} ? 0 : 2; });
    delay.record(monotonic_time{120ms});
    const auto samples = delay.take_samples();
    ASSERT_EQ(samples.size(), 3U);
    EXPECT_EQ(samples[0].count(), 10U);
    EXPECT_TRUE(samples[1].empty());
    EXPECT_EQ(samples[2].count(), 3U);
    EXPECT_NEAR(milliseconds(samples[2].max()), 20, 0.1);
}
