// Full disk, and standard streams that are full, closed or gone: the error is reported, and the verdict is still printed.
#include "program.hpp"
#include "scenario_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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
constexpr char room_for_a_while[] = "size=40k";
constexpr char room_for_nothing[] = "size=4k";

TEST(full_disk, during_the_run_is_reported_and_the_verdict_is_still_printed) {
    auto run = program::run(three_second_scenario(), {}, mount_small_disk<room_for_a_while>);
    const auto code = run.wait();
    if (code == program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("summary.json could not be written"), HasSubstr("No space left on device"),
                                 HasSubstr("without summary.json the exit code is 3")));
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
        return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    };
    auto run = program::run(three_second_scenario(), {}, limit_files);
    EXPECT_EQ(run.wait(), 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("summary.json could not be written"), HasSubstr("File too large")));
    EXPECT_THAT(run.out(), HasSubstr("verdict   PASS"));
    EXPECT_THAT(harness::read_file(run.report() / "junit.xml"), HasSubstr("name=\"unexpected == 0\""))
        << "a smaller file is written all the same";
}

bool close_output() { return ::close(STDOUT_FILENO) == 0; }
bool close_errors() { return ::close(STDERR_FILENO) == 0; }
template <int Stream>
bool fill_stream() {
    const int full = ::open("/dev/full", O_WRONLY);
    return full >= 0 && ::dup2(full, Stream) == Stream;
}
/// A pipe whose reader has gone.
template <int Stream>
bool break_pipe() {
    int ends[2];
    return ::pipe(ends) == 0 && ::dup2(ends[1], Stream) == Stream && ::close(ends[0]) == 0;
}

TEST(standard_streams, that_cannot_be_written_do_not_end_a_run) {
    const std::pair<const char*, bool (*)()> rows[] = {{"no output", close_output},
                                                       {"no errors", close_errors},
                                                       {"full output", fill_stream<STDOUT_FILENO>},
                                                       {"full errors", fill_stream<STDERR_FILENO>},
                                                       {"output nobody reads", break_pipe<STDOUT_FILENO>},
                                                       {"errors nobody reads", break_pipe<STDERR_FILENO>}};
    for (const auto& [why, spoil] : rows) {
        SCOPED_TRACE(why);
        auto run = program::run(harness::scenario_builder{}.yaml(), {}, spoil);
        const bool is_lost = spoil == fill_stream<STDOUT_FILENO>; // unlike output that nobody wants
        EXPECT_EQ(run.wait(), is_lost ? 3 : 0) << run.out() << run.err();
        EXPECT_EQ(harness::text(run.summary(), "/verdict"), "pass");
        EXPECT_THAT(harness::read_file(run.report() / "loadsim.log"), testing::Not(HasSubstr("verdict   ")))
            << "a file of the run had the number of a closed stream";
    }
}

TEST(standard_streams, that_cannot_be_written_do_not_abort_an_error) {
    for (const auto spoil : {close_errors, fill_stream<STDERR_FILENO>, break_pipe<STDERR_FILENO>})
        EXPECT_EQ(program({"validate", "nowhere.yaml"}, spoil).wait(), 2);
}

TEST(standard_streams, lose_the_result_of_a_command_with_a_sentence) {
    program schema({"schema"}, fill_stream<STDOUT_FILENO>);
    EXPECT_EQ(schema.wait(), 3);
    EXPECT_THAT(schema.err(), HasSubstr("standard output could not be written: No space left on device"));
    program cut({"schema"}, break_pipe<STDOUT_FILENO>);
    EXPECT_EQ(cut.wait(), 0) << "as with `| head`";
    EXPECT_EQ(cut.err(), "");
}

} // namespace
