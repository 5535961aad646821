// A generator that did not get to run: what it sent late is told as its own lateness, and the run is not worth a verdict.
#include "account.hpp"
#include "broker.hpp"
#include "program.hpp"
#include "wanted.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;
using stage::number;

namespace {

TEST(slept_in, shows_as_lag_and_makes_the_run_invalid) {
    stage::wanted w;
    w.load = "driver: mqtt,";
    w.phases = "[{duration: 4s, arrivalRate: 50}]";
    stage::broker broker;
    auto run = stage::program::run(w.yaml(), {"--broker", broker.url(), "--set", "load.lagLimit=250ms"});
    const auto under_load = [&] {
        return stage::contents(run.report() / "timeline.jsonl").find(R"("stage":"load")") != std::string::npos;
    };
    ASSERT_TRUE(stage::wait_until(under_load)) << run.err();
    run.signal(SIGSTOP);
    std::this_thread::sleep_for(1500ms);
    run.signal(SIGCONT);
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 200) << "none was left out";
    EXPECT_EQ(number(summary, "/latency/lag/count"), 200);
    EXPECT_GE(summary.at_pointer("/latency/lag/max").to_number<double>(), 1000);
    EXPECT_GE(summary.at_pointer("/latency/e2e/max").to_number<double>(), 1000) << "the requests waited for it";
}

} // namespace
