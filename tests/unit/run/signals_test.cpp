// Stop requests that are no signals.
#include "signals.hpp"

#include <loadsim/base/signals.hpp>
#include <loadsim/run/run.hpp>

#include <gtest/gtest.h>

#include <csignal>

using namespace loadsim;
using namespace loadsim::run;

TEST(stop_request, drains_as_the_first_interrupt_and_never_ends_the_drain) {
    const steady_time time;
    const auto signals = handle_stop_signals(false);
    EXPECT_FALSE(signals->any());
    request_stop();
    EXPECT_TRUE(signals->wait_until(time.now())) << "it wakes the run";
    EXPECT_EQ(signals->requested(), stop_signal::interrupt);
    request_stop();
    EXPECT_FALSE(signals->wait_until(time.now()));
    EXPECT_FALSE(signals->aborted());
}

TEST(stop_request, without_a_run_is_kept_as_a_late_signal) {
    take_late_signal();
    request_stop();
    const auto signals = handle_stop_signals(false);
    EXPECT_EQ(signals->requested(), stop_signal::interrupt) << "of the run that begins";
    EXPECT_EQ(take_late_signal(), 0);
}
