#include "process/machine_sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

/// All counters grow by one core second for each reading.
class counting_reader {
public:
    target::cpu_counters operator()() {
        const double n = ++*readings;
        return {.own_s = n, .cores_usable = 2, .cores = 4, .busy_s = 3 * n, .steal_s = n / 2, .stalled_s = n / 4};
    }
    std::shared_ptr<int> readings = std::make_shared<int>(0);
};

const monotonic_time start{100s};

} // namespace

TEST(machine_sampler, measures_from_the_start_of_the_load_to_its_end) {
    const counting_reader reader;
    machine_sampler sampler(reader);
    sampler.sample(start - 2s);
    sampler.begin_load(start);
    sampler.sample(start - 1s);
    EXPECT_EQ(*reader.readings, 0) << "connecting is no load";
    sampler.sample(start + 10ms);
    EXPECT_FALSE(sampler.usage()) << "one reading has no difference";
    sampler.sample(start + 500ms);
    EXPECT_EQ(*reader.readings, 1) << "once a second";
    sampler.sample(start + 1010ms);
    ASSERT_TRUE(sampler.usage());
    EXPECT_EQ(sampler.usage()->elapsed_s, 1);
    EXPECT_EQ(sampler.usage()->own_cpu_s, 1);
    sampler.end_load(start + 1510ms);
    EXPECT_EQ(sampler.usage()->elapsed_s, 1.5);
    EXPECT_EQ(sampler.usage()->own_cpu_s, 2);
    sampler.sample(start + 9s);
    EXPECT_EQ(sampler.usage()->elapsed_s, 1.5) << "the drain is no load";
}

TEST(machine_sampler, measures_nothing_without_a_load) {
    machine_sampler sampler(counting_reader{});
    sampler.sample(start);
    sampler.end_load(start);
    EXPECT_FALSE(sampler.usage());
}

TEST(machine_sampler, has_the_differences_of_the_counters) {
    const target::cpu_counters begin{
        .own_s = 1, .cores_usable = 2, .cores = 4, .busy_s = 10, .steal_s = 1, .stalled_s = 3, .throttled_s = 5};
    const target::cpu_counters end{
        .own_s = 4, .cores_usable = 1.5, .cores = 4, .busy_s = 30, .steal_s = 2, .stalled_s = 7, .throttled_s = 5.5};
    EXPECT_EQ(usage_between(begin, end, 10), (measure::machine_usage{.ranks = 1,
                                                                     .elapsed_s = 10,
                                                                     .allowed_core_s = 15,
                                                                     .own_cpu_s = 3,
                                                                     .core_s = 40,
                                                                     .busy_s = 20,
                                                                     .steal_s = 1,
                                                                     .stalled_s = 4,
                                                                     .throttled_s = 0.5}));
    EXPECT_TRUE(std::isnan(usage_between({}, end, 10).steal_s)) << "unknown at one end";
    EXPECT_TRUE(std::isnan(usage_between(begin, end, 0.1).busy_s)) << "ten ticks";
    EXPECT_EQ(usage_between(begin, end, 0.1).own_cpu_s, 3);
}
