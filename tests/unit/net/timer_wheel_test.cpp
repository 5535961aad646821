#include <loadsim/net/timer_wheel.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace loadsim;
using namespace loadsim::net;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time origin{5s};

struct probe final : timer {
    std::function<void(monotonic_time)> then = [](monotonic_time) {};
    int fired = 0;
    monotonic_time at{};
    void on_timer(monotonic_time now) override {
        ++fired;
        at = now;
        then(now);
    }
};

} // namespace

TEST(timer_wheel, fires_at_the_first_advance_that_is_not_early) {
    timer_wheel wheel(origin);
    probe t;
    wheel.arm(t, origin + 10ms + 1ns);
    wheel.advance(origin + 10ms);
    EXPECT_EQ(t.fired, 0);
    wheel.advance(origin + 11ms);
    EXPECT_EQ(t.fired, 1);
    EXPECT_FALSE(t.armed());
    EXPECT_EQ(wheel.size(), 0U);
}

// Every level of the wheel, and the boundaries between levels. The last level begins at 2^24 ms: time is close to it when the timer
// is armed, as the wheel advances tick by tick.
TEST(timer_wheel, fires_any_distance_within_one_tick) {
    for (const nanoseconds distance :
         {nanoseconds{1ms}, nanoseconds{255ms}, nanoseconds{256ms}, nanoseconds{257ms}, nanoseconds{65535ms},
          nanoseconds{65536ms}, nanoseconds{65537ms}, nanoseconds{10min}}) {
        for (const nanoseconds already :
             {nanoseconds{0ms}, nanoseconds{255ms}, nanoseconds{70s}, nanoseconds{16'777'216ms - 100ms}}) {
            timer_wheel wheel(origin);
            wheel.advance(origin + already); // in one step: the wheel is empty
            probe keeps_size;
            wheel.arm(keeps_size, origin + 1000h);
            probe t;
            const auto due = origin + already + distance;
            wheel.arm(t, due);
            wheel.advance(due - 1ms);
            EXPECT_EQ(t.fired, 0) << distance.count() << " after " << already.count();
            wheel.advance(due);
            EXPECT_EQ(t.fired, 1) << distance.count() << " after " << already.count();
        }
    }
}

TEST(timer_wheel, overdue_timer_fires_at_the_next_tick) {
    timer_wheel wheel(origin);
    wheel.advance(origin + 100ms);
    probe t;
    wheel.arm(t, origin + 3ms);
    EXPECT_EQ(wheel.next(), origin + 101ms);
    wheel.advance(origin + 101ms);
    EXPECT_EQ(t.fired, 1);
}

TEST(timer_wheel, disarmed_and_destroyed_timers_do_not_fire) {
    timer_wheel wheel(origin);
    probe kept;
    probe disarmed;
    wheel.arm(disarmed, origin + 5ms);
    wheel.arm(kept, origin + 5ms);
    {
        probe destroyed;
        wheel.arm(destroyed, origin + 5ms);
    }
    disarmed.disarm();
    wheel.arm(kept, never);
    wheel.advance(origin + 10ms);
    EXPECT_EQ(disarmed.fired + kept.fired, 0);
    EXPECT_EQ(wheel.size(), 0U);
    EXPECT_EQ(wheel.next(), never);
}

TEST(timer_wheel, callbacks_may_arm_and_disarm_others_of_the_same_tick) {
    timer_wheel wheel(origin);
    probe a;
    probe b;
    int rounds = 0;
    a.then = [&](monotonic_time now) {
        b.disarm();
        if (++rounds < 3) wheel.arm(a, now + 2ms);
    };
    b.then = [&](monotonic_time) { a.disarm(); };
    wheel.arm(a, origin + 4ms);
    wheel.arm(b, origin + 4ms);
    for (auto t = origin; t <= origin + 20ms; t += 1ms) wheel.advance(t);
    // The first one to fire disarmed the other.
    EXPECT_EQ(a.fired + b.fired, a.fired > 0 ? 3 : 1);
    EXPECT_EQ(wheel.size(), 0U);
}

// next() may be early, never late: an event loop that sleeps until next() misses no timer.
TEST(timer_wheel, sleeping_until_next_misses_no_timer) {
    std::mt19937_64 random(7);
    timer_wheel wheel(origin);
    std::vector<std::unique_ptr<probe>> timers;
    std::vector<monotonic_time> due;
    for (int i = 0; i < 2000; ++i) {
        timers.push_back(std::make_unique<probe>());
        due.push_back(origin + std::chrono::milliseconds(random() % 200'000) + nanoseconds(random() % 1'000'000));
        wheel.arm(*timers.back(), due.back());
    }
    int wakes = 0;
    while (wheel.size() != 0) {
        const auto wake = wheel.next();
        wheel.advance(wake);
        ++wakes;
    }
    for (std::size_t i = 0; i < timers.size(); ++i) {
        ASSERT_EQ(timers[i]->fired, 1);
        EXPECT_GE(timers[i]->at, due[i]);
        EXPECT_LE(timers[i]->at, due[i] + timer_wheel::tick_length);
    }
    EXPECT_LT(wakes, 4000); // not once per tick
}
