// Full disk: the error is reported, and the verdict is still printed.
#include "program.hpp"
#include "scenario_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

using harness::program;
using testing::AllOf;
using testing::HasSubstr;

namespace {

std::string three_second_scenario() {
    harness::scenario_builder w;
    w.phases = "[{name: steady, duration: 3s, arrivalRate: 40}]";
    return w.yaml();
}

/// Mounts a tmpfs on ./report, the report folder; visible to the child only.
template <const char* Size>
bool mount_small_disk() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mkdir("report", 0755) == 0 && ::mount("none", "report", "tmpfs", 0, Size) == 0;
}
constexpr char room_for_a_while[] = "size=28k";
constexpr char room_for_nothing[] = "size=4k";

TEST(full_disk, during_the_run_is_reported_and_the_verdict_is_still_printed) {
    auto run = program::run(three_second_scenario(), {}, mount_small_disk<room_for_a_while>);
    const auto code = run.wait();
    if (code == program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 0) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("summary.json could not be written"), HasSubstr("No space left on device")));
    EXPECT_THAT(run.out(), AllOf(HasSubstr("verdict   PASS"), HasSubstr("unexpected == 0")));
}

TEST(full_disk, from_the_start_is_a_startup_failure) {
    auto run = program::run(three_second_scenario(), {}, mount_small_disk<room_for_nothing>);
    const auto code = run.wait();
    if (code == program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("mosquitto.conf"), HasSubstr("disk")));
}

TEST(full_disk, as_a_file_size_limit_is_reported) {
    // Needs no privileges: files are limited to a few kilobytes, and a longer write gets an error instead of a signal.
    const auto limit_files = [] {
        const rlimit limit{3000, 3000};
        return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    };
    auto run = program::run(three_second_scenario(), {}, limit_files);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("summary.json could not be written"), HasSubstr("File too large")));
    EXPECT_THAT(run.out(), HasSubstr("verdict   PASS"));
}

} // namespace
