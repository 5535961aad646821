#include "mpirun_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim::cluster;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Le;
using testing::StartsWith;

namespace {

struct filter_fixture {
    std::string forwarded;
    mpirun_output output{[this](std::string_view line) { forwarded += line; }};
};

} // namespace

TEST(mpirun_output, forwards_lines_of_ranks_and_keeps_the_rest) {
    filter_fixture s;
    s.output.append("noise\nloadsim: the broker is gone\nmore loadsim: noise\n");
    s.output.finish();
    EXPECT_EQ(s.forwarded, "loadsim: the broker is gone\n");
    EXPECT_EQ(s.output.kept(), "noise\nmore loadsim: noise\n");
    EXPECT_TRUE(s.output.ranks_wrote());
}

TEST(mpirun_output, accepts_pieces_of_any_size) {
    for (const std::size_t size : {1U, 2U, 7U, 100U}) {
        filter_fixture s;
        const std::string_view text = "a\nloadsim: b\n\nc\nloadsim: d";
        for (std::size_t at = 0; at < text.size(); at += size) s.output.append(text.substr(at, size));
        s.output.finish();
        EXPECT_EQ(s.forwarded, "loadsim: b\nloadsim: d\n") << size;
        EXPECT_EQ(s.output.kept(), "a\n\nc\n") << size;
    }
}

TEST(mpirun_output, drops_signal_forwarding_notices) {
    filter_fixture s;
    s.output.append("mpirun: Forwarding signal 10 to job\nnoise\n");
    EXPECT_EQ(s.output.kept(), "noise\n");
}

TEST(mpirun_output, is_empty_without_input) {
    filter_fixture s;
    s.output.append("");
    s.output.finish();
    EXPECT_EQ(s.output.kept(), "");
    EXPECT_FALSE(s.output.ranks_wrote());
}

TEST(mpirun_output, drops_the_middle_above_the_limit) {
    filter_fixture s;
    for (int i = 0; i < 100'000; ++i) s.output.append("line " + std::to_string(i) + "\n");
    EXPECT_THAT(s.output.kept(), StartsWith("line 0\nline 1\n"));
    EXPECT_THAT(s.output.kept(), EndsWith("line 99998\nline 99999\n"));
    EXPECT_THAT(s.output.kept(), HasSubstr("\n[...]\nline "));
    EXPECT_THAT(s.output.kept().size(), Le(mpirun_output::max_kept));
}

TEST(mpirun_output, is_bounded_without_newlines) {
    filter_fixture s;
    const std::string piece(10'000, 'x');
    for (int i = 0; i < 100; ++i) s.output.append(piece);
    s.output.finish();
    EXPECT_THAT(s.output.kept().size(), Le(mpirun_output::max_kept));
}

TEST(mpirun_output, detects_started_ranks) {
    EXPECT_FALSE(mentions_ranks("There are not enough slots available in the system\n"));
    EXPECT_TRUE(
        mentions_ranks("mpirun noticed that process rank 1 with PID 0 on node vm exited on signal 9 (Killed).\n"));
    EXPECT_TRUE(
        mentions_signal("process rank 0 with PID 5 on node a exited on signal 10 (User defined signal 1).\n", 10));
    EXPECT_FALSE(
        mentions_signal("process rank 0 with PID 5 on node a exited on signal 10 (User defined signal 1).\n", 1));
    EXPECT_TRUE(
        mentions_ranks("prterun noticed that process rank 0 with PID 5 on node a exited on\nsignal 9 (Killed).\n"));
    EXPECT_TRUE(
        mentions_signal("process rank 0 with PID 5 on node a exited on\nsignal 10 (User defined signal 1).\n", 10))
        << "as Open MPI 5 breaks the line";
}
