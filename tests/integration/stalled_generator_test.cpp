// Stalled generator: late requests are reported as generator lag, and the run is invalid. So is one whose memory ran out.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

using namespace std::chrono_literals;
using harness::number;

namespace {

harness::program start_run(const char* phases, const harness::broker& broker) {
    harness::scenario_builder w;
    w.load_keys = "driver: mqtt,";
    w.phases = phases;
    return harness::program::run(w.yaml(), {"--broker", broker.url(), "--set", "load.lagLimit=250ms"});
}

/// Stops the run for 1.5 s, a second after its load has begun.
void stall(harness::program& run) {
    const auto under_load = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("stage":"load")") != std::string::npos;
    };
    EXPECT_TRUE(harness::wait_until(under_load)) << run.err();
    run.signal(SIGSTOP);
    std::this_thread::sleep_for(1500ms);
    run.signal(SIGCONT);
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
}

/// No request is due meanwhile, so there is no lag; what arrives waits all the same.
TEST(stalled_generator, shows_as_loop_delay_between_two_requests) {
    harness::broker broker;
    auto run =
        start_run("[{duration: 500ms, arrivalCount: 5}, {pause: 4s}, {duration: 500ms, arrivalCount: 5}]", broker);
    stall(run);
    const auto summary = run.summary();
    EXPECT_LT(summary.at_pointer("/latency/lag/max_ms").to_number<double>(), 250);
    EXPECT_GE(summary.at_pointer("/generator/loop_delay/max_ms").to_number<double>(), 1000);
    EXPECT_THAT(run.out(), testing::HasSubstr("its loop delay p99 was"));
}

TEST(stalled_generator, shows_as_lag_and_makes_the_run_invalid) {
    harness::broker broker;
    auto run = start_run("[{duration: 4s, arrivalRate: 50}]", broker);
    stall(run);
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_THAT(run.out(), testing::HasSubstr("CPU during the load: generator"));
    EXPECT_GE(summary.at_pointer("/generator/machines/0/measured_ms").to_number<double>(), 3000);
    EXPECT_GT(summary.at_pointer("/generator/machines/0/generator_share").to_number<double>(), 0);
    EXPECT_EQ(number(summary, "/requests/due"), 200) << "none was left out";
    EXPECT_EQ(number(summary, "/latency/lag/samples"), 200);
    EXPECT_GE(summary.at_pointer("/latency/lag/max_ms").to_number<double>(), 1000);
    EXPECT_GE(summary.at_pointer("/latency/e2e/max_ms").to_number<double>(), 1000) << "the requests waited for it";
}

TEST(stalled_generator, without_memory_reports_what_it_has_seen) {
    harness::scenario_builder w;
    w.vehicles = 5'000;
    w.load_keys = "driver: mqtt,";
    w.phases = "[{duration: 20s, arrivalRate: 500}]";
    harness::broker broker;
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url(), "--set", "record=all"});
    ASSERT_TRUE(harness::wait_until([&] { return !harness::read_file(run.report() / "requests.jsonl").empty(); }))
        << run.err();
    std::uint64_t pages = 0;
    std::ifstream("/proc/" + std::to_string(run.pid()) + "/statm") >> pages;
    const rlimit nothing_more{pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)), RLIM_INFINITY};
    ASSERT_EQ(::prlimit(run.pid(), RLIMIT_AS, &nothing_more, nullptr), 0);
    EXPECT_EQ(run.wait(), 4) << run.out() << run.err();
    EXPECT_THAT(run.out(), testing::HasSubstr("The run was cut off: memory ran out"));
    const auto summary = run.summary();
    EXPECT_EQ(harness::text(summary, "/verdict"), "invalid");
    EXPECT_GT(number(summary, "/requests/due"), 0);
}

} // namespace
