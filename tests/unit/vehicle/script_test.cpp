// Behaviours with their choices made, by given draws.
#include "steps.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/vehicle/script.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

draws given(std::uint64_t arrival = 1) { return draws_of(7, arrival_id{arrival}); }

script made(const behaviour& b, std::uint64_t arrival = 1, std::string_view service = "horn") {
    auto random = given(arrival);
    return resolve(b, service, random);
}

std::vector<step::kind> kinds_of(const script& s) {
    std::vector<step::kind> all;
    for (const auto& a : s.actions) all.push_back(a.what);
    return all;
}

behaviour with_delays() {
    auto b = doing({wait_for("work"), executed});
    b.delays["work"].a = 1s;
    b.services["climate"]["work"].a = 5s;
    return b;
}

} // namespace

TEST(script, has_the_steps_in_their_order_with_their_delays) {
    const auto b = doing({wait_for(20ms), ack, execute, part(parting::half_open), reconnect,
                          plain(step::kind::takeover, 3s), plain(step::kind::stall, 4s), executed});
    const auto s = made(b);
    using enum step::kind;
    EXPECT_THAT(kinds_of(s), testing::ElementsAre(wait, say, step::kind::execute, disconnect, step::kind::reconnect,
                                                  takeover, stall, say));
    EXPECT_EQ(s.actions[0].lasts, 20ms);
    EXPECT_EQ(s.actions[1].said, &b.steps[1].said) << "lives as long as the behaviour";
    EXPECT_EQ(s.actions[3].way, parting::half_open);
    EXPECT_EQ(s.actions[5].lasts, 3s);
    EXPECT_EQ(s.actions[6].lasts, 4s);
    EXPECT_EQ(s.actions[7].said->what, word::kind::executed);
}

TEST(script, ends_at_a_drop_wherever_it_is) {
    EXPECT_EQ(made(doing({ack, drop})).actions.size(), 2U);
    EXPECT_EQ(made(doing({choose({one(1, {ack, drop})})})).actions.size(), 2U);
    EXPECT_EQ(made(doing({choose({one(1, {choose({one(1, {drop})})})}), ack})).actions.size(), 1U);
}

TEST(script, takes_named_delays_by_service) {
    const auto b = with_delays();
    EXPECT_EQ(made(b, 1, "horn").actions[0].lasts, 1s);
    EXPECT_EQ(made(b, 1, "climate").actions[0].lasts, 5s);
}

TEST(script, is_the_same_for_the_same_draws) {
    const auto b =
        doing({wait_for({delay::kind::lognormal, 20ms, 80ms, {}}),
               choose({one(1, {ack, wait_for({delay::kind::uniform, 0ms, 1s, {}}), executed}), one(1, {failed})})});
    bool differs = false;
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival) {
        const auto first = made(b, arrival);
        const auto again = made(b, arrival);
        ASSERT_EQ(kinds_of(first), kinds_of(again));
        for (std::size_t i = 0; i < first.actions.size(); ++i)
            EXPECT_EQ(first.actions[i].lasts, again.actions[i].lasts);
        EXPECT_EQ(first.expected, again.expected);
        EXPECT_EQ(first.expected, expected_of(b, "horn", given(arrival))) << "known before it is carried out";
        differs = differs || kinds_of(first) != kinds_of(made(b, arrival + 1));
    }
    EXPECT_TRUE(differs) << "and another for others";
}

TEST(script, chooses_branches_by_weight) {
    const auto b = doing({choose({one(3, {executed}), one(0, {ack}), one(1, {failed})})});
    int executions = 0;
    constexpr int times = 20'000;
    for (int i = 0; i < times; ++i) {
        const auto s = made(b, static_cast<std::uint64_t>(i));
        ASSERT_EQ(s.actions.size(), 1U);
        ASSERT_NE(s.actions[0].said->what, word::kind::ack) << "a weight of 0";
        executions += s.actions[0].said->what == word::kind::executed ? 1 : 0;
    }
    EXPECT_NEAR(executions, times * 3 / 4, 300); // five standard deviations
}

TEST(script, promises_what_is_chosen) {
    const auto b =
        doing({choose({one(1, {executed}), one(1, {failed}), one(1, {}, {outcome::rejected, outcome::errored})})});
    std::set<std::uint8_t> seen;
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival) {
        const auto s = made(b, arrival);
        seen.insert(s.expected.bits());
        if (s.actions.empty())
            EXPECT_EQ(s.expected, (outcome_set{outcome::rejected, outcome::errored}));
        else
            EXPECT_EQ(s.expected, outcome_set(s.actions[0].said->what == word::kind::executed ? outcome::executed
                                                                                              : outcome::failed));
    }
    EXPECT_EQ(seen.size(), 3U);
}

TEST(script, promises_what_the_scenario_says_of_all_of_it) {
    auto b = doing({choose({one(1, {executed}), one(1, {failed})})});
    b.expected = {outcome::executed, outcome::failed, outcome::timed_out};
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) EXPECT_EQ(made(b, arrival).expected, b.expected);
    b.steps[0].branches[0].expected = outcome::rejected;
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
        const auto s = made(b, arrival);
        const bool first = s.actions[0].said->what == word::kind::executed;
        EXPECT_EQ(s.expected, first ? outcome_set(outcome::rejected) : b.expected) << "a branch's own word is nearer";
    }
    auto late = doing({ack, wait_for(1h), executed});
    late.expected = outcome::timed_out;
    EXPECT_EQ(made(late).expected, outcome_set(outcome::timed_out));
}

TEST(script, of_a_vehicle_that_is_not_there_is_empty) {
    auto b = doing({});
    b.online = false;
    b.expected = expected_of(b);
    EXPECT_TRUE(made(b).actions.empty());
    EXPECT_EQ(made(b).expected, outcome_set(outcome::timed_out));
}
