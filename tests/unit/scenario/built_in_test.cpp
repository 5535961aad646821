// The behaviours that ship: what each does with given draws, what it promises, what it brings about.
#include "given.hpp"

#include <loadsim/scenario/show.hpp>
#include <loadsim/vehicle/script.hpp>

#include <gmock/gmock.h>

#include <fmt/format.h>

#include <set>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

using vehicle::step;
using vehicle::word;

const vehicle::behaviour& built_in(std::string_view name) {
    for (const auto& b : built_in_behaviours())
        if (b.name == name) return b;
    throw std::out_of_range(std::string(name));
}

std::string said(const word& w) {
    constexpr std::string_view words[] = {"ack", "running", "executed", "failed"};
    constexpr std::string_view about[] = {"", " (previous)", " (other)", " (unknown)"};
    constexpr std::string_view form[] = {"", " (malformed)", " (empty)", " (oversized)"};
    return fmt::format("{}{}{}{}", words[static_cast<std::size_t>(w.what)], about[static_cast<std::size_t>(w.request)],
                       w.foreign_vin ? " (foreign vin)" : "", form[static_cast<std::size_t>(w.payload)]);
}

/// The actions in short: a wait that is drawn is "..", others are told.
std::string actions(const vehicle::behaviour& b) {
    auto random = vehicle::draws_of(1, arrival_id{1});
    std::string text;
    const auto add = [&](std::string what) { text += (text.empty() ? "" : ", ") + what; };
    for (const auto& a : vehicle::resolve(b, "horn", random).actions) switch (a.what) {
        case step::kind::wait: add(a.lasts % 1ms == 0ns ? format_duration(a.lasts) : ".."); break;
        case step::kind::say: add(said(*a.said)); break;
        case step::kind::execute: add("execute"); break;
        case step::kind::drop: add("drop"); break;
        case step::kind::disconnect: add(fmt::format("disconnect {}", static_cast<int>(a.way))); break;
        case step::kind::reconnect: add("reconnect"); break;
        case step::kind::takeover: add("takeover " + format_duration(a.lasts)); break;
        case step::kind::stall: add("stall " + format_duration(a.lasts)); break;
        case step::kind::choose: add("a choice"); break;
        }
    return text;
}

} // namespace

TEST(built_in_behaviours, do_what_their_names_say) {
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
    ASSERT_EQ(built_in_behaviours().size(), std::size(rows));
    for (const auto& row : rows) {
        const auto& b = built_in(row.name);
        EXPECT_EQ(actions(b), row.actions) << row.name;
        EXPECT_EQ(b.expected, row.expected) << row.name;
        EXPECT_EQ(vehicle::expected_of(b, "horn", vehicle::draws_of(1, arrival_id{2})), row.expected) << row.name;
        EXPECT_TRUE(vehicle::check(b).empty()) << row.name;
    }
}

TEST(built_in_behaviours, have_what_else_is_strange_about_them) {
    EXPECT_FALSE(built_in("offline").online);
    EXPECT_TRUE(built_in("timeout").online) << "gets the command and says nothing";
    EXPECT_EQ(built_in("failure").steps.back().said.code, "door_open");
    EXPECT_EQ(built_in("wrong-clock").clock, 5min);
    EXPECT_TRUE(built_in("wrong-credentials").credentials.has_value());
    EXPECT_EQ(built_in("sleeper-udp").asleep->woken_by, vehicle::sleep::bearer::udp);
    EXPECT_EQ(built_in("sleeper-sms").asleep->woken_by, vehicle::sleep::bearer::sms);
    std::set<std::string_view> provoking;
    for (const auto& b : built_in_behaviours())
        if (!b.provokes.empty()) provoking.insert(b.name);
    EXPECT_THAT(provoking, testing::ElementsAre("executes-twice", "malformed-payload", "oversized-payload"));
    EXPECT_TRUE(built_in("executes-twice").provokes.contains(anomaly::executed_twice));
}

TEST(built_in_behaviours, take_as_long_as_ever) {
    using kind = vehicle::delay::kind;
    const auto& steps = built_in("success").steps;
    EXPECT_EQ(steps[0].lasts, (vehicle::delay{kind::lognormal, 20ms, 80ms, {}}));
    EXPECT_EQ(steps[2].lasts, (vehicle::delay{kind::lognormal, 100ms, 300ms, {}}));
}

TEST(show_behaviours, prints_what_can_be_pasted_into_a_scenario) {
    const auto all = show_behaviours({});
    ASSERT_TRUE(all);
    EXPECT_EQ(good(least_with(*all)).behaviours, built_in_behaviours());
    for (const auto& b : built_in_behaviours()) {
        EXPECT_THAT(*all, testing::HasSubstr("\n  " + b.name + ":\n"));
        const auto one = show_behaviours({b.name});
        ASSERT_TRUE(one);
        EXPECT_THAT(*one, testing::MatchesRegex("behaviours:\n  # (.|\n)*Expects (executed|failed|timed_out)(.|\n)*"))
            << b.name;
        EXPECT_EQ(good(least_with(*one)).behaviours, built_in_behaviours());
    }
    EXPECT_THAT(*show_behaviours({"offline", "success"}), testing::Not(testing::HasSubstr("failure:")));
}

TEST(show_behaviours, says_what_nothing_is_called) {
    const auto wrong = show_behaviours({"sucess", "offline"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(to_string(wrong.error()), "unknown behaviour 'sucess'; did you mean 'success'?");
}
