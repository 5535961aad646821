// Built-in behaviours: actions with given random numbers, expected outcomes, expected anomalies.
#include "scenario_text.hpp"

#include <loadsim/scenario/builtin_behaviours.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <gmock/gmock.h>

#include <fmt/format.h>

#include <set>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

using vehicle::response_step;
using vehicle::step;

const vehicle::behaviour& built_in(std::string_view name) {
    for (const auto& b : builtin_behaviours())
        if (b.name == name) return b;
    throw std::out_of_range(std::string(name));
}

std::string said(const response_step& response) {
    constexpr std::string_view responses[] = {"ack", "running", "executed", "failed"};
    constexpr std::string_view correlation[] = {"", " (previous)", " (other)", " (unknown)"};
    constexpr std::string_view corruption[] = {"", " (malformed)", " (empty)", " (oversized)"};
    return fmt::format("{}{}{}{}", responses[static_cast<std::size_t>(response.type)],
                       correlation[static_cast<std::size_t>(response.request)],
                       response.foreign_vin ? " (foreign vin)" : "",
                       corruption[static_cast<std::size_t>(response.payload)]);
}

/// Short form of the actions; random waits are "..".
std::string actions(const vehicle::behaviour& b) {
    auto random = vehicle::random_stream_of(1, arrival_id{1});
    std::string text;
    const auto add = [&](std::string what) { text += (text.empty() ? "" : ", ") + what; };
    for (const auto& a : vehicle::resolve(b, "horn", random).steps) switch (a.type) {
        case step::kind::wait: add(a.duration % 1ms == 0ns ? format_duration(a.duration) : ".."); break;
        case step::kind::respond: add(said(*a.response)); break;
        case step::kind::execute: add("execute"); break;
        case step::kind::drop: add("drop"); break;
        case step::kind::disconnect: add(fmt::format("disconnect {}", static_cast<int>(a.disconnect))); break;
        case step::kind::reconnect: add("reconnect"); break;
        case step::kind::takeover: add("takeover " + format_duration(a.duration)); break;
        case step::kind::stall: add("stall " + format_duration(a.duration)); break;
        case step::kind::choose: add("a choice"); break;
        case step::kind::ask: add("a question"); break;
        }
    return text;
}

} // namespace

TEST(builtin_behaviours, have_expected_actions_and_outcomes) {
    using enum outcome;
    const struct {
        const char* name;
        const char* actions;
        outcome_set expected;
    } rows[] = {
        {"success", ".., ack, .., executed", executed},
        {"failure", ".., ack, .., failed", failed},
        {"timeout", "", timed_out},
        {"offline", "", timed_out},
        {"duplicate-ack", ".., ack, 20ms, ack, .., executed", executed},
        {"result-before-ack", ".., executed, 20ms, ack", executed},
        {"late-result", "12s, executed", timed_out},
        {"two-results", ".., ack, .., executed, 20ms, failed", executed},
        {"foreign-request-id", ".., ack, failed (other), .., executed", executed},
        {"malformed-payload", ".., ack, failed (malformed), .., executed", executed},
        {"oversized-payload", ".., ack, failed (oversized), .., executed", executed},
        {"wrong-vin", ".., ack, failed (foreign vin), .., executed", executed},
        {"wrong-clock", ".., ack, .., executed", executed},
        {"disconnect-between", ".., ack, 100ms, disconnect 1, 500ms, reconnect, executed", executed},
        {"taken-over", ".., ack, 100ms, takeover 500ms, 600ms, reconnect, executed", executed},
        {"executes-twice", ".., ack, execute, .., execute, executed", executed},
        {"slow-consumer", ".., ack, stall 1s, .., executed", executed},
        {"flapping",
         ".., ack, 100ms, disconnect 1, 100ms, reconnect, 200ms, disconnect 0, 100ms, reconnect, 200ms, disconnect 1, "
         "100ms, reconnect, executed",
         executed},
        {"wrong-credentials", "", timed_out},
        {"sleeper-udp", ".., ack, .., executed", executed},
        {"sleeper-sms", ".., ack, .., executed", executed},
    };
    ASSERT_EQ(builtin_behaviours().size(), std::size(rows));
    for (const auto& row : rows) {
        const auto& b = built_in(row.name);
        EXPECT_EQ(actions(b), row.actions) << row.name;
        EXPECT_EQ(b.expected, row.expected) << row.name;
        EXPECT_EQ(vehicle::expected_of(b, "horn", vehicle::random_stream_of(1, arrival_id{2})), row.expected)
            << row.name;
        EXPECT_TRUE(vehicle::check(b).empty()) << row.name;
    }
}

TEST(builtin_behaviours, have_special_options) {
    EXPECT_FALSE(built_in("offline").online);
    EXPECT_TRUE(built_in("timeout").online) << "gets the command and says nothing";
    EXPECT_EQ(built_in("failure").steps.back().response.code, "door_open");
    EXPECT_EQ(built_in("wrong-clock").clock_offset, 5min);
    EXPECT_TRUE(built_in("wrong-credentials").credentials.has_value());
    EXPECT_EQ(built_in("sleeper-udp").asleep->bearer, vehicle::sleep::wakeup_bearer::udp);
    EXPECT_EQ(built_in("sleeper-sms").asleep->bearer, vehicle::sleep::wakeup_bearer::sms);
    std::set<std::string_view> with_anomalies;
    for (const auto& b : builtin_behaviours())
        if (!b.expected_anomalies.empty()) with_anomalies.insert(b.name);
    EXPECT_THAT(with_anomalies, testing::ElementsAre("executes-twice", "malformed-payload", "oversized-payload"));
    EXPECT_TRUE(built_in("executes-twice").expected_anomalies.contains(anomaly::executed_twice));
}

TEST(builtin_behaviours, keep_their_delays) {
    using kind = vehicle::delay::kind;
    const auto& steps = built_in("success").steps;
    EXPECT_EQ(steps[0].duration, (vehicle::delay{kind::lognormal, 20ms, 80ms, {}}));
    EXPECT_EQ(steps[2].duration, (vehicle::delay{kind::lognormal, 100ms, 300ms, {}}));
}

TEST(builtin_behaviours_yaml, is_valid_in_a_scenario) {
    const auto all = builtin_behaviours_yaml({});
    ASSERT_TRUE(all);
    EXPECT_EQ(read_valid(minimal_scenario(*all)).behaviours, builtin_behaviours());
    for (const auto& b : builtin_behaviours()) {
        EXPECT_THAT(*all, testing::HasSubstr("\n  " + b.name + ":\n"));
        const auto one = builtin_behaviours_yaml({b.name});
        ASSERT_TRUE(one);
        EXPECT_THAT(*one, testing::MatchesRegex("behaviours:\n  # (.|\n)*Expects (executed|failed|timed_out)(.|\n)*"))
            << b.name;
        EXPECT_EQ(read_valid(minimal_scenario(*one)).behaviours, builtin_behaviours());
    }
    EXPECT_THAT(*builtin_behaviours_yaml({"offline", "success"}), testing::Not(testing::HasSubstr("failure:")));
}

TEST(builtin_behaviours_yaml, refuses_unknown_names) {
    const auto wrong = builtin_behaviours_yaml({"sucess", "offline"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(to_string(wrong.error()), "unknown behaviour 'sucess'; did you mean 'success'?");
}
