// A disk that is full: it is said, and the verdict is still printed.
#include "program.hpp"
#include "wanted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

using stage::program;
using testing::AllOf;
using testing::HasSubstr;

namespace {

std::string long_enough() {
    stage::wanted w;
    w.phases = "[{name: steady, duration: 3s, arrivalRate: 40}]";
    return w.yaml();
}

/// A disk of its own for ./report, which is the report's place; only the child sees it.
template <const char* Size>
bool tiny_disk() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mkdir("report", 0755) == 0 && ::mount("none", "report", "tmpfs", 0, Size) == 0;
}
constexpr char room_for_a_while[] = "size=28k";
constexpr char room_for_nothing[] = "size=4k";

TEST(full_disk, while_reporting_is_said_and_the_verdict_is_still_printed) {
    auto run = program::run(long_enough(), {}, tiny_disk<room_for_a_while>);
    const auto code = run.wait();
    if (code == program::not_staged) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 0) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("summary.json could not be written"), HasSubstr("No space left on device")));
    EXPECT_THAT(run.out(), AllOf(HasSubstr("verdict   PASS"), HasSubstr("unexpected == 0")));
}

TEST(full_disk, from_the_start_is_a_set_up_that_failed) {
    auto run = program::run(long_enough(), {}, tiny_disk<room_for_nothing>);
    const auto code = run.wait();
    if (code == program::not_staged) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("mosquitto.conf"), HasSubstr("disk")));
}

TEST(full_disk, as_a_limit_on_files_is_said_too) {
    // Needs no rights: no file may grow beyond a few kilobytes, and who tries gets an error in place of a signal.
    const auto limit_files = [] {
        const rlimit limit{3000, 3000};
        return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    };
    auto run = program::run(long_enough(), {}, limit_files);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("summary.json could not be written"), HasSubstr("File too large")));
    EXPECT_THAT(run.out(), HasSubstr("verdict   PASS"));
}

} // namespace
