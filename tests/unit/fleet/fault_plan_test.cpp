// Fault plan of the broker API.
#include "broker_api/fault_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;

namespace {

fault without_rule(fault::kind what) {
    fault b;
    b.what = what;
    return b;
}
fault every(std::uint32_t n, fault::kind what = fault::kind::reset) {
    auto b = without_rule(what);
    b.rule.every = n;
    return b;
}
fault by_chance(double of_one, fault::kind what = fault::kind::reset) {
    auto b = without_rule(what);
    b.rule.probability = fraction{of_one};
    return b;
}

/// One letter per command: the first of the fault's kind, '.' for none.
std::string applied_faults(const std::vector<fault>& all, int commands, std::uint64_t seed = 1, nanoseconds step = 1s) {
    auto plan = make_fault_plan(all, fault_target::commands, seed, 0);
    constexpr std::string_view letters = "ssrd"; // slow, status, reset, duplicate
    std::string text;
    for (int i = 0; i < commands; ++i) {
        const auto* b = plan.next(i * step);
        text += b == nullptr ? '.' : letters[static_cast<std::size_t>(b->what)];
    }
    return text;
}

TEST(broker_api_faults, apply_to_each_nth) { EXPECT_EQ(applied_faults({every(3)}, 9), "..r..r..r"); }
TEST(broker_api_faults, apply_to_all_without_a_rule) {
    EXPECT_EQ(applied_faults({without_rule(fault::kind::slow)}, 3), "sss");
}
TEST(broker_api_faults, first_match_wins) {
    auto slow = every(2, fault::kind::slow);
    EXPECT_EQ(applied_faults({every(4), slow}, 8), ".s.r.s.r");
}

TEST(broker_api_faults, apply_within_bursts) {
    auto burst = without_rule(fault::kind::status);
    burst.rule.window = fault_rule::burst{3s, 2s};
    EXPECT_EQ(applied_faults({burst}, 8), "...ss...");
    burst.rule.every = 2;
    EXPECT_EQ(applied_faults({burst}, 8), "...s....")
        << "the fourth is the second of the fourth and fifth that are both in it";
    auto plan = make_fault_plan({burst}, fault_target::commands, 1, 0);
    EXPECT_EQ(plan.next(nanoseconds{-1}), nullptr) << "before the load";
}

TEST(broker_api_faults, random_ones_are_a_function_of_the_seed) {
    const auto first = applied_faults({by_chance(0.3)}, 1000, 7);
    EXPECT_EQ(first, applied_faults({by_chance(0.3)}, 1000, 7));
    EXPECT_NE(first, applied_faults({by_chance(0.3)}, 1000, 8));
    const auto hit = std::ranges::count(first, 'r');
    EXPECT_GT(hit, 250);
    EXPECT_LT(hit, 350);
}

TEST(broker_api_faults, apply_to_commands_or_responses) {
    const std::vector<fault> all{every(2), every(3, fault::kind::duplicate)};
    auto commands = make_fault_plan(all, fault_target::commands, 1, 0);
    auto responses = make_fault_plan(all, fault_target::responses, 1, 1);
    std::string text;
    for (int i = 0; i < 6; ++i) {
        text += responses.next() != nullptr ? 'd' : '.';
        text += commands.next() != nullptr ? 'r' : '.';
    }
    EXPECT_EQ(text, "...rd..r..dr") << "response and command in turn";
}

TEST(broker_api_faults, random_ones_do_not_change_between_versions) {
    const std::vector<fault> all{by_chance(0.1, fault::kind::slow), by_chance(0.2, fault::kind::duplicate),
                                 by_chance(0.1, fault::kind::reset)};
    EXPECT_EQ(applied_faults(all, 40, 7), ".s...........................s.......r..");
    auto responses = make_fault_plan(all, fault_target::responses, 7, 2);
    std::string text;
    for (int i = 0; i < 40; ++i) text += responses.next() != nullptr ? 'd' : '.';
    EXPECT_EQ(text, "..........d..d...d........d..d...dd.dd..");
}

} // namespace
