// What a broker's API gets wrong on purpose, and when.
#include "badness_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;

namespace {

badness bad(badness::kind what) {
    badness b;
    b.what = what;
    return b;
}
badness every(std::uint32_t n, badness::kind what = badness::kind::reset) {
    auto b = bad(what);
    b.every = n;
    return b;
}
badness by_chance(double of_one, badness::kind what = badness::kind::reset) {
    auto b = bad(what);
    b.probability = share{of_one};
    return b;
}

/// One letter a command: the kind's first, '.' for none.
std::string befallen(const std::vector<badness>& all, int commands, std::uint64_t seed = 1, nanoseconds step = 1s) {
    badness_plan plan(all, seed, 0);
    std::string text;
    for (int i = 0; i < commands; ++i) {
        const auto* b = plan.next_command(i * step);
        text += b == nullptr ? '.' : to_string(b->what)[0];
    }
    return text;
}

TEST(badness, befalls_each_nth) { EXPECT_EQ(befallen({every(3)}, 9), "..r..r..r"); }
TEST(badness, befalls_all_without_a_rule) { EXPECT_EQ(befallen({bad(badness::kind::slow)}, 3), "sss"); }
TEST(badness, first_that_fits_wins) {
    auto slow = every(2, badness::kind::slow);
    EXPECT_EQ(befallen({every(4), slow}, 8), ".s.r.s.r");
}

TEST(badness, comes_in_bursts) {
    auto burst = bad(badness::kind::status);
    burst.only = badness::burst{3s, 2s};
    EXPECT_EQ(befallen({burst}, 8), "...ss...");
    burst.every = 2;
    EXPECT_EQ(befallen({burst}, 8), "...s....")
        << "the fourth is the second of the fourth and fifth that are both in it";
    badness_plan plan({burst}, 1, 0);
    EXPECT_EQ(plan.next_command(nanoseconds{-1}), nullptr) << "before the load";
}

TEST(badness, of_chance_is_a_function_of_the_seed) {
    const auto first = befallen({by_chance(0.3)}, 1000, 7);
    EXPECT_EQ(first, befallen({by_chance(0.3)}, 1000, 7));
    EXPECT_NE(first, befallen({by_chance(0.3)}, 1000, 8));
    const auto hit = std::ranges::count(first, 'r');
    EXPECT_GT(hit, 250);
    EXPECT_LT(hit, 350);
}

TEST(badness, words_and_commands_are_counted_apart) {
    badness_plan plan({every(2), every(3, badness::kind::duplicate)}, 1, 1);
    std::string text;
    for (int i = 0; i < 6; ++i) {
        text += plan.next_word(0s) != nullptr ? 'd' : '.';
        text += plan.next_command(0s) != nullptr ? 'r' : '.';
    }
    EXPECT_EQ(text, "...rd..r..dr") << "word and command in turn";
}

} // namespace
