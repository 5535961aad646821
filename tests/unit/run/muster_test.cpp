#include "muster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using testing::HasSubstr;

namespace {

constexpr std::int64_t noon = 1'795'170'000'000'000;

cluster::hello own() {
    cluster::hello said;
    said.version = "1.2.3";
    said.scenario = "name: x\nseed: 1\n";
    said.wall_us = noon;
    return said;
}

greeting from_rank_3(cluster::hello said, std::int64_t arrived_us = noon + 5'000) {
    return {"rank 3 on b", std::move(said), arrived_us};
}

std::string only_problem(const greeting& other) {
    const auto wrong = disagreements(own(), {other});
    if (wrong.list.size() != 1) return "problems: " + std::to_string(wrong.list.size());
    return to_string(wrong);
}

} // namespace

TEST(muster, ranks_that_mean_the_same_run_may_go_on) {
    EXPECT_TRUE(disagreements(own(), {}).empty());
    EXPECT_TRUE(disagreements(own(), {from_rank_3(own()), from_rank_3(own(), noon - 1'900'000)}).empty());
}

TEST(muster, tells_which_line_of_the_scenario_differs_and_where) {
    auto other = own();
    other.scenario = "name: x\nseed: 2\n";
    EXPECT_EQ(
        only_problem(from_rank_3(other)),
        "rank 3 on b: it has another scenario than rank 0, line 2: 'seed: 1' here and 'seed: 2' there; give all hosts "
        "the same file and the same environment");
}

TEST(muster, tells_what_a_rank_could_not_do) {
    auto other = own();
    other.trouble = "x.yaml: cannot be read (No such file or directory)";
    other.scenario.clear(); // which is not told as well
    EXPECT_EQ(only_problem(from_rank_3(other)), "rank 3 on b: x.yaml: cannot be read (No such file or directory)");
}

TEST(muster, wants_one_version) {
    auto other = own();
    other.version = "1.2.4";
    EXPECT_EQ(only_problem(from_rank_3(other)),
              "rank 3 on b: it is loadsim 1.2.4, and rank 0 is 1.2.3; install the same on all hosts");
}

TEST(muster, wants_clocks_that_agree) {
    EXPECT_THAT(only_problem(from_rank_3(own(), noon - 2'100'000)), HasSubstr("its clock is 2.1 s ahead of ours"));
    EXPECT_THAT(only_problem(from_rank_3(own(), noon + 31'000'000)), HasSubstr("its clock is 31.0 s behind ours"));
    EXPECT_TRUE(disagreements(own(), {from_rank_3(own(), noon + 29'000'000)}).empty()) << "its letter may have waited";
}

TEST(muster, tells_of_every_rank_that_is_wrong) {
    auto other = own();
    other.version = "0";
    EXPECT_EQ(disagreements(own(), {from_rank_3(other), from_rank_3(own()), from_rank_3(other)}).list.size(), 2U);
}

TEST(first_difference, finds_the_line) {
    EXPECT_EQ(first_difference("a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(first_difference("a\nb\n", "a\nc\n"), "line 2: 'b' here and 'c' there");
    EXPECT_EQ(first_difference("a\n", "a\nc\n"), "line 2: 'nothing more' here and 'c' there");
    EXPECT_EQ(first_difference("a\nc\n", "a\n"), "line 2: 'c' here and 'nothing more' there");
}
