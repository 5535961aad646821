// CPU counters, parsed from text in the format of Linux and read from folders that imitate /proc and the cgroup file system.
#include <loadsim/target/cpu_counters.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <stdlib.h>
#include <unistd.h>

using namespace loadsim::target;
namespace fs = std::filesystem;

namespace {

cpu_counters read_below(const std::map<std::string, std::string>& files) {
    auto name = (fs::temp_directory_path() / "loadsim-cpu-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    const fs::path root = name;
    for (const auto& [file, text] : files) {
        fs::create_directories((root / file).parent_path());
        std::ofstream(root / file) << text;
    }
    const auto counters = read_cpu_counters(root);
    fs::remove_all(root);
    return counters;
}

} // namespace

TEST(cpu_counters, of_proc_stat_are_those_of_all_cores) {
    const auto ticks = parse_proc_stat("cpu  100 20 30 400 50 6 7 8 90 9\ncpu0 50 10 15 200 25 3 3 4 45 4\n"
                                       "cpu1 50 10 15 200 25 3 4 4 45 5\nintr 1 2 3\n");
    ASSERT_TRUE(ticks);
    EXPECT_EQ(ticks->cores, 2U);
    EXPECT_EQ(ticks->busy, 163) << "neither idle nor waiting for a disk nor stolen; guests are part of user and nice";
    EXPECT_EQ(ticks->steal, 8);
    for (const auto* text : {"", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8\n", "cpu a b c d e f g h\ncpu0 1\n",
                             "cpu 1 2 3 4 5 6 7 8 9 10\n"})
        EXPECT_FALSE(parse_proc_stat(text)) << text;
}

TEST(cpu_counters, of_pressure_are_the_time_in_which_some_task_waited) {
    EXPECT_EQ(parse_cpu_pressure("some avg10=16.06 avg60=63.07 avg300=75.51 total=2500000\n"
                                 "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"),
              2.5);
    EXPECT_FALSE(parse_cpu_pressure("full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"));
    EXPECT_FALSE(parse_cpu_pressure("some avg10=0.00\n"));
    EXPECT_FALSE(parse_cpu_pressure(""));
}

TEST(cpu_counters, of_a_cgroup_are_its_limit_and_what_it_withheld) {
    EXPECT_EQ(parse_throttled_time("usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 3200000\n"), 3.2);
    EXPECT_EQ(parse_throttled_time("nr_periods 4\nnr_throttled 2\nthrottled_time 3200000000\n"), 3.2) << "version 1";
    EXPECT_FALSE(parse_throttled_time("usage_usec 9\n")) << "of a cgroup without the controller";
    EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
    EXPECT_FALSE(parse_cpu_max("max 100000\n"));
    EXPECT_FALSE(parse_cpu_max("150000\n"));
}

TEST(cpu_counters, are_read_where_linux_has_them) {
    const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto read = read_below({{"proc/stat", "cpu  100 20 30 400 50 6 7 8 90 9\ncpu0 1\ncpu1 1\nintr 5\n"},
                                  {"proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n"},
                                  {"proc/self/cgroup", "0::/jobs/mine\n"},
                                  {"sys/fs/cgroup/jobs/cpu.max", "50000 100000\n"},
                                  {"sys/fs/cgroup/jobs/cpu.stat", "throttled_usec 700000\n"},
                                  {"sys/fs/cgroup/jobs/mine/cpu.max", "max 100000\n"},
                                  {"sys/fs/cgroup/jobs/mine/cpu.stat", "throttled_usec 0\n"}});
    EXPECT_EQ(read.cores, 2);
    EXPECT_EQ(read.busy_s, 163 / ticks_per_s);
    EXPECT_EQ(read.steal_s, 8 / ticks_per_s);
    EXPECT_EQ(read.stalled_s, 1.5);
    EXPECT_EQ(read.cores_usable, 0.5) << "the limit of a parent";
    EXPECT_EQ(read.throttled_s, 0.7);
    EXPECT_GT(read.own_s, 0);
}

TEST(cpu_counters, of_a_cgroup_of_version_1_are_read) {
    const auto read = read_below({{"proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/job\n1:cpuset:/\n"},
                                  {"sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "25000\n"},
                                  {"sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n"},
                                  {"sys/fs/cgroup/cpu/job/cpu.stat", "nr_throttled 1\nthrottled_time 500000000\n"},
                                  {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
                                  {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}});
    EXPECT_EQ(read.cores_usable, 0.25);
    EXPECT_EQ(read.throttled_s, 0.5);
}

TEST(cpu_counters, that_the_kernel_does_not_tell_are_unknown) {
    const auto read = read_below({});
    for (const auto value : {read.cores, read.busy_s, read.steal_s, read.stalled_s, read.throttled_s})
        EXPECT_TRUE(std::isnan(value));
    EXPECT_GE(read.cores_usable, 1) << "the affinity of the process";
}
