#include "ranks/rank_handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using testing::HasSubstr;

namespace {

constexpr std::int64_t noon = 1'795'170'000'000'000;

cluster::join_request own() {
    cluster::join_request hello;
    hello.version = "1.2.3";
    hello.scenario = "name: x\nseed: 1\n";
    hello.wall_us = noon;
    return hello;
}

rank_hello hello_from_rank_3(cluster::join_request hello) { return {"rank 3 on b", std::move(hello)}; }

cluster::join_request with_clock(std::int64_t wall_us) {
    auto hello = own();
    hello.wall_us = wall_us;
    return hello;
}

std::string only_problem(const rank_hello& other) {
    const auto mismatches = rank_mismatches(own(), {other});
    if (mismatches.list.size() != 1) return "problems: " + std::to_string(mismatches.list.size());
    return to_string(mismatches);
}

} // namespace

TEST(rank_handshake, accepts_ranks_with_the_same_scenario_and_version) {
    EXPECT_TRUE(rank_mismatches(own(), {}).empty());
    EXPECT_TRUE(
        rank_mismatches(own(), {hello_from_rank_3(own()), hello_from_rank_3(with_clock(noon - 900'000))}).empty());
}

TEST(rank_handshake, reports_the_line_in_which_the_scenario_differs) {
    auto other = own();
    other.scenario = "name: x\nseed: 2\n";
    EXPECT_EQ(
        only_problem(hello_from_rank_3(other)),
        "rank 3 on b: it has another scenario than rank 0, line 2: 'seed: 1' here and 'seed: 2' there; give all hosts "
        "the same file and the same environment");
}

TEST(rank_handshake, reports_the_startup_error_of_a_rank) {
    auto other = own();
    other.trouble = "x.yaml: cannot be read (No such file or directory)";
    other.scenario.clear(); // not reported in addition
    EXPECT_EQ(only_problem(hello_from_rank_3(other)),
              "rank 3 on b: x.yaml: cannot be read (No such file or directory)");
}

TEST(rank_handshake, reports_all_errors_of_a_rank) {
    auto other = own();
    other.trouble = "x.yaml:1:1: one\nx.yaml:2:1: two";
    EXPECT_EQ(to_string(rank_mismatches(own(), {hello_from_rank_3(other)})),
              "rank 3 on b: x.yaml:1:1: one\nrank 3 on b: x.yaml:2:1: two");
}

TEST(rank_handshake, requires_the_same_version) {
    auto other = own();
    other.version = "1.2.4";
    EXPECT_EQ(only_problem(hello_from_rank_3(other)),
              "rank 3 on b: it is loadsim 1.2.4, and rank 0 is 1.2.3; install the same on all hosts");
}

TEST(rank_handshake, requires_synchronised_clocks) {
    EXPECT_THAT(only_problem(hello_from_rank_3(with_clock(noon + 1'100'000))),
                HasSubstr("its clock is 1.1 s ahead of rank 0's"));
    EXPECT_THAT(only_problem(hello_from_rank_3(with_clock(noon - 1'100'000))),
                HasSubstr("its clock is 1.1 s behind rank 0's"));
}

TEST(rank_handshake, reports_every_mismatching_rank) {
    auto other = own();
    other.version = "0";
    EXPECT_EQ(rank_mismatches(own(), {hello_from_rank_3(other), hello_from_rank_3(own()), hello_from_rank_3(other)})
                  .list.size(),
              2U);
}

TEST(first_difference, finds_the_line) {
    EXPECT_EQ(first_difference("a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(first_difference("a\nb\n", "a\nc\n"), "line 2: 'b' here and 'c' there");
    EXPECT_EQ(first_difference("a\n", "a\nc\n"), "line 2: 'nothing more' here and 'c' there");
    EXPECT_EQ(first_difference("a\nc\n", "a\n"), "line 2: 'c' here and 'nothing more' there");
}
