#include "launch_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim::cluster;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Le;
using testing::StartsWith;

namespace {

struct sorted {
    std::string passed;
    launch_words words{[this](std::string_view line) { passed += line; }};
};

} // namespace

TEST(launch_words, pass_on_our_own_sentences_and_keep_the_rest) {
    sorted s;
    s.words.take("noise\nloadsim: the broker is gone\nmore loadsim: noise\n");
    s.words.end();
    EXPECT_EQ(s.passed, "loadsim: the broker is gone\n");
    EXPECT_EQ(s.words.kept(), "noise\nmore loadsim: noise\n");
    EXPECT_TRUE(s.words.ranks_spoke());
}

TEST(launch_words, do_not_mind_where_a_piece_ends) {
    for (const std::size_t size : {1U, 2U, 7U, 100U}) {
        sorted s;
        const std::string_view text = "a\nloadsim: b\n\nc\nloadsim: d";
        for (std::size_t at = 0; at < text.size(); at += size) s.words.take(text.substr(at, size));
        s.words.end();
        EXPECT_EQ(s.passed, "loadsim: b\nloadsim: d\n") << size;
        EXPECT_EQ(s.words.kept(), "a\n\nc\n") << size;
    }
}

TEST(launch_words, leave_out_what_comes_of_our_own_signals) {
    sorted s;
    s.words.take("mpirun: Forwarding signal 10 to job\nnoise\n");
    EXPECT_EQ(s.words.kept(), "noise\n");
}

TEST(launch_words, of_nobody_leave_nothing) {
    sorted s;
    s.words.take("");
    s.words.end();
    EXPECT_EQ(s.words.kept(), "");
    EXPECT_FALSE(s.words.ranks_spoke());
}

TEST(launch_words, keep_the_beginning_and_the_end_of_too_many) {
    sorted s;
    for (int i = 0; i < 100'000; ++i) s.words.take("line " + std::to_string(i) + "\n");
    EXPECT_THAT(s.words.kept(), StartsWith("line 0\nline 1\n"));
    EXPECT_THAT(s.words.kept(), EndsWith("line 99998\nline 99999\n"));
    EXPECT_THAT(s.words.kept(), HasSubstr("\n[...]\nline "));
    EXPECT_THAT(s.words.kept().size(), Le(launch_words::kept_at_most));
}

TEST(launch_words, without_any_newline_stay_bounded) {
    sorted s;
    const std::string piece(10'000, 'x');
    for (int i = 0; i < 100; ++i) s.words.take(piece);
    s.words.end();
    EXPECT_THAT(s.words.kept().size(), Le(launch_words::kept_at_most));
}

TEST(launch_words, show_whether_a_rank_had_begun) {
    EXPECT_FALSE(tells_of_ranks("There are not enough slots available in the system\n"));
    EXPECT_TRUE(
        tells_of_ranks("mpirun noticed that process rank 1 with PID 0 on node vm exited on signal 9 (Killed).\n"));
    EXPECT_TRUE(
        tells_of_signal("process rank 0 with PID 5 on node a exited on signal 10 (User defined signal 1).\n", 10));
    EXPECT_FALSE(
        tells_of_signal("process rank 0 with PID 5 on node a exited on signal 10 (User defined signal 1).\n", 1));
}
