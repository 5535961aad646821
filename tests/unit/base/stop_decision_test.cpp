#include <loadsim/base/stop_decision.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using testing::ElementsAreArray;

namespace {

constexpr auto ctrl_c = stop_signal::interrupt;
constexpr auto sigterm = stop_signal::terminate;
using enum stop_effect;

} // namespace

// The table of docs/ci.md.
TEST(stop_decision, is_made_by_the_signals_before) {
    const struct {
        std::vector<stop_signal> signals;
        std::vector<stop_effect> effects;
        int exit_code;
    } rows[] = {
        {{ctrl_c}, {drain}, 130},
        {{sigterm}, {drain}, 4},
        {{ctrl_c, ctrl_c}, {drain, end_process}, 130},
        {{ctrl_c, sigterm}, {drain, end_drain}, 130},
        {{sigterm, ctrl_c}, {drain, end_drain}, 4},
        {{sigterm, sigterm}, {drain, end_drain}, 4},
        // What follows the end of the drain: Ctrl-C ends a process that does not end.
        {{sigterm, sigterm, sigterm}, {drain, end_drain, none}, 4},
        {{sigterm, sigterm, ctrl_c}, {drain, end_drain, end_process}, 4},
        {{sigterm, ctrl_c, ctrl_c}, {drain, end_drain, end_process}, 4},
        {{ctrl_c, sigterm, ctrl_c}, {drain, end_drain, end_process}, 130},
        {{ctrl_c, sigterm, sigterm}, {drain, end_drain, none}, 130},
    };
    for (const auto& row : rows) {
        stop_decision decision;
        std::vector<stop_effect> effects;
        for (const auto s : row.signals) effects.push_back(decision.on(s));
        EXPECT_THAT(effects, ElementsAreArray(row.effects)) << testing::PrintToString(row.signals);
        EXPECT_EQ(stop_exit_code(decision.first()), row.exit_code) << testing::PrintToString(row.signals);
        EXPECT_EQ(decision.aborted(), row.effects.size() > 1 && row.effects[1] == end_drain);
    }
}

TEST(stop_decision, of_a_rank_ignores_the_launchers_repetitions) {
    for (const auto first : {ctrl_c, sigterm}) {
        const auto other = first == ctrl_c ? sigterm : ctrl_c;
        stop_decision decision;
        EXPECT_EQ(decision.on_forwarded(first), drain);
        for (int second = 0; second < 3; ++second) EXPECT_EQ(decision.on_forwarded(first), none);
        EXPECT_FALSE(decision.aborted());
        EXPECT_EQ(decision.on_forwarded(other), end_drain);
        for (const auto repeated : {first, other}) EXPECT_EQ(decision.on_forwarded(repeated), none);
        EXPECT_EQ(decision.first(), first) << "decides the exit code";
        EXPECT_TRUE(decision.aborted());
    }
}

TEST(stop_decision, nothing_has_happened_without_a_signal) {
    EXPECT_EQ(stop_decision{}.first(), stop_signal::none);
    EXPECT_FALSE(stop_decision{}.aborted());
}
