// Warnings of valid scenarios.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

#include <string>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::HasSubstr;

namespace {

std::string warnings_of(const std::string& yaml) {
    problems warnings;
    const auto made = read(yaml, "f", {}, &warnings);
    EXPECT_TRUE(made) << yaml << "\n" << to_string(made.error());
    return to_string(warnings);
}

/// A fleet of ten vehicles that are busy for the time given, and one phase.
std::string small_fleet(const std::string& steps, const std::string& phase, const std::string& more = "") {
    return "name: t\nfleet: {vehicles: 10, segments: [{name: a, share: 100%, behaviour: b}]}\nbehaviours: {b: "
           "{steps: " +
           steps + "}}\nload:\n  phases:\n    - {name: calm, duration: 60s, arrivalRate: 0.5}\n    - {name: peak, " +
           phase + "}\n" + more;
}

} // namespace

TEST(check, warns_of_keys_that_are_of_the_other_driver) {
    const std::string target = "\ntarget: {broker: mqtt://a, api: http://b}";
    EXPECT_THAT(warnings_of(scenario_with_load("  services: {horn: {topic: a/b}}" + target)),
                HasSubstr("topic and payload have an effect only with 'driver: mqtt'"));
    EXPECT_THAT(
        warnings_of(scenario_with_load("  driver: mqtt\n  services: {horn: {path: /a}}\ntarget: {broker: mqtt://a}")),
        HasSubstr("'driver: mqtt' sends no request to an API"));
    EXPECT_EQ(warnings_of(scenario_with_load("  services: {horn: {path: /a}}" + target)), "");
}

TEST(check, warns_of_responses_that_come_too_late) {
    const std::string late = "behaviours: {b: {steps: [ack, {wait: 20s}, executed]}}\n"
                             "fleet: {segments: [{name: a, share: 100%, behaviour: b}]}";
    EXPECT_EQ(
        warnings_of(scenario_with_load("  drain: 20s\n" + late)),
        "f:4:10: vehicles respond up to 20s after a request was sent; drain (20s) should be longer: requests that are "
        "open then count as unanswered");
    EXPECT_EQ(warnings_of(scenario_with_load("  drain: 21s\n" + late)), "");
    EXPECT_THAT(
        warnings_of(scenario_with_load("  drain: 1s\nbehaviours: {b: {steps: [ack, {wait: 1000000001ns}, "
                                       "executed]}}\nfleet: {segments: [{name: a, share: 100%, behaviour: b}]}")),
        HasSubstr("respond up to 1s1ms after"))
        << "rounded up";
    EXPECT_THAT(warnings_of(scenario_with_load("  completionTimeout: 15s\n" + late +
                                               "\ntarget: {broker: 'mqtt://b', api: 'http://a'}")),
                HasSubstr("; completionTimeout (15s) should be longer"));
}

TEST(check, warns_of_budgets_that_always_hold) {
    const auto warned = [](const std::string& budget) {
        return warnings_of(minimal_scenario("budgets: ['" + budget + "']"));
    };
    EXPECT_EQ(warned("e2e.p99 >= 0s"),
              "f:3:11: 'e2e.p99 >= 0s' always holds; write a limit that a bad run misses, or leave it out");
    EXPECT_THAT(warned("outcomes.executed.rate <= 100%"), HasSubstr("'outcomes.executed.rate <= 100%' always holds"));
    EXPECT_EQ(warned("e2e.p99 > 0s"), "");
    EXPECT_EQ(warned("outcomes.executed.rate >= 100%"), "");
    EXPECT_EQ(warned("campaigns.duplicates.rate <= 100%"), "") << "a vehicle may have several";
    EXPECT_EQ(warned("anomalies >= 0"), "") << "accepts what the default budget would not";
    EXPECT_EQ(warned("unexpected.rate <= 100%"), "");
}

TEST(check, warns_of_an_e2e_limit_that_lost_requests_keep) {
    const auto warned = [](const std::string& budget) {
        return warnings_of(
            scenario_with_load("  services: {horn: 1, climate: {deadline: 40s}}\nbudgets: ['" + budget + "']"));
    };
    EXPECT_EQ(warned("e2e.p99 < 1m"), "f:5:11: lost requests do not miss this limit: they count with "
                                      "load.completionTimeout, which is 1m");
    EXPECT_THAT(warned("e2e{service=climate}.p99 < 40s"), HasSubstr("the deadline of climate, which is 40s"));
    EXPECT_EQ(warned("e2e.p99 < 39s"), "");
    EXPECT_EQ(warned("e2e{service=horn}.p99 < 59s"), "");
    EXPECT_EQ(warned("platform.p99 < 2m"), "");
}

TEST(check, warns_of_recovery_budgets_without_data) {
    const auto warned = [](const std::string& rest) { return warnings_of(minimal_scenario(rest)); };
    const std::string tunnel = "conditions: [{tunnel: {at: 1s, for: 1s}}]\n";
    EXPECT_EQ(warned("budgets: [recovery.time < 60s]"),
              "f:3:11: recovery.time has no data: the scenario has no conditions to recover from");
    EXPECT_EQ(warned(tunnel + "budgets: [recovery.time < 60s]"), "");
    EXPECT_EQ(warned(tunnel + "budgets: [recovery.latency < 60s]"),
              "f:4:11: recovery.latency has no data: it compares with the first upper limit of a percentile or max of "
              "e2e, and budgets has none");
    EXPECT_EQ(warned(tunnel + "budgets: [recovery.latency < 60s, e2e.p99 < 2s]"), "");
}

TEST(check, warns_of_a_plan_without_requests) {
    EXPECT_THAT(warnings_of("name: t\nload: {phases: [{duration: 5, arrivalRate: 0.1}]}"),
                HasSubstr("f:2:8: the plan has 0 requests"));
    EXPECT_EQ(warnings_of("name: t\nload: {phases: [{duration: 10, arrivalRate: 0.1}]}"), "");
}

TEST(check, warns_of_a_fleet_that_cannot_carry_the_load) {
    EXPECT_EQ(
        warnings_of(small_fleet("[{wait: 1s}, ack, {wait: 1s}, executed]", "duration: 60s, arrivalRate: 6")),
        "f:7:7: 'peak' requests 6.00/s, and 10 vehicles carry 5.00/s at most: a vehicle has one request at a time, "
        "for 2 s on average. The rest is skipped; use 12 vehicles, or at most 5.00/s");
    const auto two_seconds = "[{wait: 2s}, executed]";
    struct {
        std::string yaml;
        bool warns;
        const char* why;
    } const rows[] = {
        {small_fleet(two_seconds, "duration: 60s, arrivalRate: 5"), false, "as much as it carries"},
        {small_fleet(two_seconds, "duration: 60s, arrivalRate: 1, rampTo: 8"), true, "the end of a ramp"},
        {small_fleet(two_seconds, "duration: 1s, arrivalRate: 8"), false, "too short to occupy ten vehicles"},
        {small_fleet(two_seconds, "duration: 10s, arrivalCount: 60"), true, "6 a second"},
        {small_fleet(two_seconds, "duration: 60s, arrivalRate: 8, maxVusers: 5"), false, "skips on purpose"},
        {small_fleet(two_seconds, "pause: 60"), false, "a pause"},
        {small_fleet(two_seconds, "duration: 60s, arrivalRate: 3",
                     "conditions: [{spike: {at: 70s, for: 20s, factor: 2}}]"),
         true, "a spike"},
        {small_fleet("[]", "duration: 60s, arrivalRate: 1.1"), true, "the platform's deadline, 10 s"},
        {small_fleet("[]", "duration: 60s, arrivalRate: 0.9"), false, "the platform's deadline, 10 s"},
        {small_fleet("[ack]", "duration: 90s, arrivalRate: 0.4", "  drain: 40s"), true,
         "acknowledged: 30 s from there"},
        {small_fleet("[{wait: 20s}, executed]", "duration: 60s, arrivalRate: 0.9"), false, "10 s, then it is free"},
        {small_fleet(
             "[{choose: [{weight: 1, steps: [{wait: 1s}, executed]}, {weight: 1, steps: [{wait: 3s}, executed]}]}]",
             "duration: 60s, arrivalRate: 6"),
         true, "2 s on average"},
    };
    for (const auto& r : rows) EXPECT_EQ(!warnings_of(r.yaml).empty(), r.warns) << r.why << "\n" << warnings_of(r.yaml);
}

TEST(check, free_vehicles_replace_silent_ones) {
    const std::string fleet = "name: t\nfleet: {vehicles: 100, segments: [{name: a, share: 90%, behaviour: quick}, "
                              "{name: s, share: 10%, behaviour: timeout}]}\n"
                              "behaviours: {quick: {steps: [{wait: 1s}, executed]}}\n";
    EXPECT_EQ(warnings_of(fleet + "load: {phases: [{duration: 60, arrivalRate: 90}]}"), "")
        << "although 10 % of 90/s would keep 90 vehicles busy for 10 s";
    EXPECT_THAT(warnings_of(fleet + "load: {phases: [{duration: 1, arrivalCount: 1000000000000}]}"),
                testing::AllOf(HasSubstr("is skipped; use at most "), testing::Not(HasSubstr("vehicles, or"))))
        << "more vehicles than a fleet can have are no remedy";
    EXPECT_NE(warnings_of(fleet + "load: {phases: [{duration: 60, arrivalRate: 95}]}"), "");
}

TEST(check, an_unknown_deadline_is_the_completion_timeout) {
    const auto scenario = [](const std::string& contract) {
        return "name: t\ntarget: {broker: 'mqtt://b', api: 'http://a'}\nfleet: {vehicles: 10, segments: [{name: a, "
               "share: "
               "100%, behaviour: timeout}]}\nload: {completionTimeout: 20s, phases: [{duration: 60, arrivalRate: "
               "1}]}\n" +
               contract;
    };
    EXPECT_THAT(warnings_of(scenario("")), HasSubstr("for 20 s on average"));
    EXPECT_EQ(warnings_of(scenario("contract: {deadlines: {pending: 5s, running: 5s}}")), "");
}

TEST(check, warns_of_windows_that_are_longer_than_the_load) {
    const auto warned = [](const std::string& budget) {
        return warnings_of("name: t\nload: {phases: [{name: a, duration: 20, arrivalRate: 1}, {name: b, duration: 30, "
                           "arrivalRate: 1}, {name: a, duration: 10, arrivalRate: 1}]}\nbudgets: [" +
                           budget + "]");
    };
    EXPECT_EQ(warned("{budget: e2e.p99 < 1s, over: 60s}"), "");
    EXPECT_EQ(warned("{budget: e2e.p99 < 1s, over: 61s}"),
              "f:3:11: the budget has no data: it covers 1m of the load at a time, which is no full window of 1m1s");
    EXPECT_EQ(warned("{budget: e2e.p99 < 1s, during: a, over: 20s}"), "");
    EXPECT_THAT(warned("{budget: e2e.p99 < 1s, during: a, over: 21s}"), HasSubstr("it covers 20s of the load"));
    EXPECT_THAT(warned("{budget: e2e.p99 < 1s, except: a, over: 31s}"), HasSubstr("it covers 30s of the load"));
    EXPECT_EQ(warned("{budget: unexpected == 0, abort: 59s}"), "");
    EXPECT_EQ(warned("{budget: unexpected == 0, abort: 1m}"),
              "f:3:11: abort: 1m does not end the run: the load is over by then");
}

TEST(check, warns_of_tls_budgets_without_data) {
    const auto warned = [](const std::string& target, const std::string& budget) {
        return warnings_of(minimal_scenario("target: " + target + "\nbudgets: [" + budget + "]"));
    };
    EXPECT_EQ(warned("embedded", "sessions.tls.p99 < 300ms"),
              "f:4:11: sessions.tls has no data: the vehicles use no TLS; target.broker would be mqtts://HOST");
    EXPECT_THAT(warned("{broker: 'mqtt://b', embedded: {}}", "sessions.tls.failed == 0"),
                HasSubstr("f:4:11: sessions.tls.failed has no data"));
    EXPECT_THAT(warned("{broker: 'mqtts://b', embedded: {}}", "sessions.tls.resumed.rate > 90%"),
                testing::Not(HasSubstr("has no data")));
    EXPECT_EQ(warned("embedded", "sessions.tcp.p99 < 300ms"), "");
}
