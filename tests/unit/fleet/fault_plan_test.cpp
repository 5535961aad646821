// Fault plan of the broker API.
#include "broker_api/fault_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;

namespace {

fault bad(fault::kind what) {
    fault b;
    b.what = what;
    return b;
}
fault every(std::uint32_t n, fault::kind what = fault::kind::reset) {
    auto b = bad(what);
    b.every = n;
    return b;
}
fault by_chance(double of_one, fault::kind what = fault::kind::reset) {
    auto b = bad(what);
    b.probability = fraction{of_one};
    return b;
}

/// One letter per command: the first of the fault's kind, '.' for none.
std::string applied_faults(const std::vector<fault>& all, int commands, std::uint64_t seed = 1, nanoseconds step = 1s) {
    fault_plan plan(all, seed, 0);
    std::string text;
    for (int i = 0; i < commands; ++i) {
        const auto* b = plan.next_command(i * step);
        text += b == nullptr ? '.' : to_string(b->what)[0];
    }
    return text;
}

TEST(broker_api_faults, apply_to_each_nth) { EXPECT_EQ(applied_faults({every(3)}, 9), "..r..r..r"); }
TEST(broker_api_faults, apply_to_all_without_a_rule) { EXPECT_EQ(applied_faults({bad(fault::kind::slow)}, 3), "sss"); }
TEST(broker_api_faults, first_match_wins) {
    auto slow = every(2, fault::kind::slow);
    EXPECT_EQ(applied_faults({every(4), slow}, 8), ".s.r.s.r");
}

TEST(broker_api_faults, apply_within_bursts) {
    auto burst = bad(fault::kind::status);
    burst.window = fault::burst{3s, 2s};
    EXPECT_EQ(applied_faults({burst}, 8), "...ss...");
    burst.every = 2;
    EXPECT_EQ(applied_faults({burst}, 8), "...s....")
        << "the fourth is the second of the fourth and fifth that are both in it";
    fault_plan plan({burst}, 1, 0);
    EXPECT_EQ(plan.next_command(nanoseconds{-1}), nullptr) << "before the load";
}

TEST(broker_api_faults, random_ones_are_a_function_of_the_seed) {
    const auto first = applied_faults({by_chance(0.3)}, 1000, 7);
    EXPECT_EQ(first, applied_faults({by_chance(0.3)}, 1000, 7));
    EXPECT_NE(first, applied_faults({by_chance(0.3)}, 1000, 8));
    const auto hit = std::ranges::count(first, 'r');
    EXPECT_GT(hit, 250);
    EXPECT_LT(hit, 350);
}

TEST(broker_api_faults, responses_and_commands_are_counted_separately) {
    fault_plan plan({every(2), every(3, fault::kind::duplicate)}, 1, 1);
    std::string text;
    for (int i = 0; i < 6; ++i) {
        text += plan.next_response(0s) != nullptr ? 'd' : '.';
        text += plan.next_command(0s) != nullptr ? 'r' : '.';
    }
    EXPECT_EQ(text, "...rd..r..dr") << "word and command in turn";
}

} // namespace
