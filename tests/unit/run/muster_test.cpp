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

greeting from_rank_3(cluster::hello said) { return {"rank 3 on b", std::move(said)}; }

cluster::hello with_clock(std::int64_t wall_us) {
    auto said = own();
    said.wall_us = wall_us;
    return said;
}

std::string only_problem(const greeting& other) {
    const auto wrong = disagreements(own(), {other});
    if (wrong.list.size() != 1) return "problems: " + std::to_string(wrong.list.size());
    return to_string(wrong);
}

} // namespace

TEST(muster, ranks_that_mean_the_same_run_may_go_on) {
    EXPECT_TRUE(disagreements(own(), {}).empty());
    EXPECT_TRUE(disagreements(own(), {from_rank_3(own()), from_rank_3(with_clock(noon - 900'000))}).empty());
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

TEST(muster, tells_all_that_is_wrong_at_a_rank) {
    auto other = own();
    other.trouble = "x.yaml:1:1: one\nx.yaml:2:1: two";
    EXPECT_EQ(to_string(disagreements(own(), {from_rank_3(other)})),
              "rank 3 on b: x.yaml:1:1: one\nrank 3 on b: x.yaml:2:1: two");
}

TEST(muster, wants_one_version) {
    auto other = own();
    other.version = "1.2.4";
    EXPECT_EQ(only_problem(from_rank_3(other)),
              "rank 3 on b: it is loadsim 1.2.4, and rank 0 is 1.2.3; install the same on all hosts");
}

TEST(muster, wants_clocks_that_agree) {
    EXPECT_THAT(only_problem(from_rank_3(with_clock(noon + 1'100'000))),
                HasSubstr("its clock is 1.1 s ahead of rank 0's"));
    EXPECT_THAT(only_problem(from_rank_3(with_clock(noon - 1'100'000))),
                HasSubstr("its clock is 1.1 s behind rank 0's"));
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
