// Resolved behaviours for given random streams.
#include "step_builders.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

random_stream random_for(std::uint64_t arrival = 1) { return random_stream_of(7, arrival_id{arrival}); }

resolved_behaviour made(const behaviour& b, std::uint64_t arrival = 1, std::string_view service = "horn") {
    auto random = random_for(arrival);
    return resolve(b, service, random);
}

std::vector<step::kind> kinds_of(const resolved_behaviour& s) {
    std::vector<step::kind> all;
    for (const auto& a : s.steps) all.push_back(a.type);
    return all;
}

behaviour with_delays() {
    auto b = with_steps({wait_for("work"), executed});
    b.delays["work"].a = 1s;
    b.services["climate"]["work"].a = 5s;
    return b;
}

} // namespace

TEST(resolved_behaviour, has_the_steps_in_order_with_their_delays) {
    const auto b = with_steps({wait_for(20ms), ack, execute, disconnect_with(disconnect_kind::half_open), reconnect,
                               simple_step(step::kind::takeover, 3s), simple_step(step::kind::stall, 4s), executed});
    const auto s = made(b);
    using enum step::kind;
    EXPECT_THAT(kinds_of(s), testing::ElementsAre(wait, respond, step::kind::execute, disconnect, step::kind::reconnect,
                                                  takeover, stall, respond));
    EXPECT_EQ(s.steps[0].duration, 20ms);
    EXPECT_EQ(s.steps[1].response, &b.steps[1].response) << "lives as long as the behaviour";
    EXPECT_EQ(s.steps[3].disconnect, disconnect_kind::half_open);
    EXPECT_EQ(s.steps[5].duration, 3s);
    EXPECT_EQ(s.steps[6].duration, 4s);
    EXPECT_EQ(s.steps[7].response->type, response_step::kind::executed);
}

TEST(resolved_behaviour, ends_at_a_drop_in_any_branch) {
    EXPECT_EQ(made(with_steps({ack, drop})).steps.size(), 2U);
    EXPECT_EQ(made(with_steps({choose({weighted(1, {ack, drop})})})).steps.size(), 2U);
    EXPECT_EQ(made(with_steps({choose({weighted(1, {choose({weighted(1, {drop})})})}), ack})).steps.size(), 1U);
}

TEST(resolved_behaviour, uses_named_delays_of_the_service) {
    const auto b = with_delays();
    EXPECT_EQ(made(b, 1, "horn").steps[0].duration, 1s);
    EXPECT_EQ(made(b, 1, "climate").steps[0].duration, 5s);
}

TEST(resolved_behaviour, is_deterministic_for_a_random_stream) {
    const auto b = with_steps(
        {wait_for({delay::kind::lognormal, 20ms, 80ms, {}}),
         choose({weighted(1, {ack, wait_for({delay::kind::uniform, 0ms, 1s, {}}), executed}), weighted(1, {failed})})});
    bool differs = false;
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival) {
        const auto first = made(b, arrival);
        const auto again = made(b, arrival);
        ASSERT_EQ(kinds_of(first), kinds_of(again));
        for (std::size_t i = 0; i < first.steps.size(); ++i)
            EXPECT_EQ(first.steps[i].duration, again.steps[i].duration);
        EXPECT_EQ(first.expected, again.expected);
        EXPECT_EQ(first.expected, expected_of(b, "horn", random_for(arrival))) << "known before it is carried out";
        differs = differs || kinds_of(first) != kinds_of(made(b, arrival + 1));
    }
    EXPECT_TRUE(differs) << "and another for others";
}

TEST(resolved_behaviour, chooses_branches_by_weight) {
    const auto b = with_steps({choose({weighted(3, {executed}), weighted(0, {ack}), weighted(1, {failed})})});
    int executions = 0;
    constexpr int times = 20'000;
    for (int i = 0; i < times; ++i) {
        const auto s = made(b, static_cast<std::uint64_t>(i));
        ASSERT_EQ(s.steps.size(), 1U);
        ASSERT_NE(s.steps[0].response->type, response_step::kind::ack) << "a weight of 0";
        executions += s.steps[0].response->type == response_step::kind::executed ? 1 : 0;
    }
    EXPECT_NEAR(executions, times * 3 / 4, 300); // five standard deviations
}

TEST(resolved_behaviour, expects_the_outcomes_of_the_chosen_branch) {
    const auto b = with_steps({choose(
        {weighted(1, {executed}), weighted(1, {failed}), weighted(1, {}, {outcome::rejected, outcome::errored})})});
    std::set<std::uint8_t> seen;
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival) {
        const auto s = made(b, arrival);
        seen.insert(s.expected.bits());
        if (s.steps.empty())
            EXPECT_EQ(s.expected, (outcome_set{outcome::rejected, outcome::errored}));
        else
            EXPECT_EQ(s.expected,
                      outcome_set(s.steps[0].response->type == response_step::kind::executed ? outcome::executed
                                                                                             : outcome::failed));
    }
    EXPECT_EQ(seen.size(), 3U);
}

TEST(resolved_behaviour, expects_the_configured_outcomes) {
    auto b = with_steps({choose({weighted(1, {executed}), weighted(1, {failed})})});
    b.expected = {outcome::executed, outcome::failed, outcome::timed_out};
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) EXPECT_EQ(made(b, arrival).expected, b.expected);
    b.steps[0].branches[0].expected = outcome::rejected;
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
        const auto s = made(b, arrival);
        const bool first = s.steps[0].response->type == response_step::kind::executed;
        EXPECT_EQ(s.expected, first ? outcome_set(outcome::rejected) : b.expected)
            << "a branch's own outcomes take precedence";
    }
    auto late = with_steps({ack, wait_for(1h), executed});
    late.expected = outcome::timed_out;
    EXPECT_EQ(made(late).expected, outcome_set(outcome::timed_out));
}

TEST(resolved_behaviour, is_empty_for_an_offline_vehicle) {
    auto b = with_steps({});
    b.online = false;
    b.expected = expected_of(b);
    EXPECT_TRUE(made(b).steps.empty());
    EXPECT_EQ(made(b).expected, outcome_set(outcome::timed_out));
}
