#include <loadsim/base/counters.hpp>
#include <loadsim/measure/machine_load.hpp>

#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <string>

using namespace loadsim::measure;
using testing::ElementsAre;

namespace {

/// Ten seconds of a rank that may use two of four cores.
machine_usage ten_seconds(double own_cpu_s) {
    return {.ranks = 1,
            .elapsed_s = 10,
            .allowed_core_s = 20,
            .own_cpu_s = own_cpu_s,
            .core_s = 40,
            .busy_s = 30,
            .steal_s = 4,
            .stalled_s = 5,
            .throttled_s = 0.5};
}

} // namespace

TEST(machine_load, is_a_share_of_the_cores) {
    EXPECT_THAT(machine_loads({{"a", ten_seconds(15)}}), ElementsAre(machine_load{.host = "a",
                                                                                  .measured_s = 10,
                                                                                  .cores = 4,
                                                                                  .cores_usable = 2,
                                                                                  .own_share = 0.75,
                                                                                  .other_share = 0.375,
                                                                                  .steal_share = 0.1,
                                                                                  .stalled_s = 5,
                                                                                  .throttled_s = 0.5}));
}

TEST(machine_load, of_two_ranks_on_one_host_counts_the_host_once) {
    std::map<std::string, machine_usage> all;
    for (const auto own_cpu_s : {5.0, 10.0})
        loadsim::add(all, std::map<std::string, machine_usage>{{"a", ten_seconds(own_cpu_s)}});
    loadsim::add(all, std::map<std::string, machine_usage>{{"b", ten_seconds(1)}});
    const auto loads = machine_loads(all);
    ASSERT_EQ(loads.size(), 2U);
    EXPECT_EQ(loads[0], machine_loads({{"a", ten_seconds(15)}}).front());
    EXPECT_EQ(loads[1].host, "b");
    EXPECT_EQ(loads[1].own_share, 0.05);
}

TEST(machine_load, has_no_share_of_what_the_kernel_does_not_tell) {
    auto usage = ten_seconds(15);
    usage.steal_s = usage.busy_s = usage.throttled_s = std::numeric_limits<double>::quiet_NaN();
    usage.core_s = 0;
    const auto load = machine_loads({{"a", usage}}).front();
    EXPECT_FALSE(load.other_share);
    EXPECT_FALSE(load.steal_share);
    EXPECT_FALSE(load.throttled_s);
    EXPECT_EQ(load.stalled_s, 5);
    EXPECT_TRUE(machine_loads({{"a", {}}}).empty()) << "nothing measured";
}

TEST(machine_load, of_other_processes_is_not_negative) {
    auto usage = ten_seconds(15);
    usage.busy_s = 14.99; // ticks are coarser
    EXPECT_EQ(machine_loads({{"a", usage}}).front().other_share, 0);
}
