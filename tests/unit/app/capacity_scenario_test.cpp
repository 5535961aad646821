// What a capacity search reads from a scenario: the samples of budgets, the first load, and what it refuses.
#include "capacity_scenario.hpp"

#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::app;
using experiment::load_metric;

namespace {

constexpr auto text = R"(
name: t
fleet:
  vehicles: 200
  segments:
    - {name: healthy, share: 60%, behaviour: success}
    - {name: broken, share: 30%, behaviour: failure}
    - {name: silent, share: 10%, behaviour: timeout}
  telemetry:
    - {name: fast, every: 2s, topic: 'a/{vin}', payload: x}
    - {name: slow, every: 10s, topic: 'b/{vin}', payload: x}
load:
  services: {horn: 3, climate: 1}
  phases:
    - {duration: 10s, arrivalRate: 5, rampTo: 50}
    - {duration: 10s, arrivalCount: 700}
    - {pause: 5s}
budgets: ['%s']
)";

experiment::sample_rate rate_of(const std::string& budget, load_metric metric) {
    auto yaml = std::string(text);
    yaml.replace(yaml.find("%s"), 2, budget);
    return sample_rates_of(scenario::read(yaml, "f").value(), metric).front();
}

} // namespace

TEST(capacity_scenario, begins_with_the_highest_rate_of_the_phases) {
    auto yaml = std::string(text);
    yaml.replace(yaml.find("%s"), 2, "e2e.p99 < 1s");
    EXPECT_EQ(highest_rate(scenario::read(yaml, "f").value()).per_second, 70);
    EXPECT_EQ(highest_rate(scenario::scenario_config{}).per_second, 0);
}

TEST(capacity_scenario, samples_are_the_requests_of_services_and_segments_that_respond) {
    const struct {
        const char* budget;
        double share;
        const char* why;
    } rows[] = {
        {"accept.p99 < 1s", 1, "every request"},
        {"e2e.p99 < 1s", 0.9, "those whose vehicle responds"},
        {"expiry.p99 < 60s", 0.1, "those whose vehicle does not"},
        {"e2e{service=horn}.p99 < 1s", 0.75 * 0.9, "3 of 4"},
        {"e2e{segment=broken}.p99 < 1s", 0.3, "a segment"},
        {"e2e{service=climate,segment=healthy}.p99 < 1s", 0.25 * 0.6, "both"},
        {"e2e{segment=silent}.p99 < 1s", 0, "none"},
    };
    for (const auto& [budget, share, why] : rows) {
        SCOPED_TRACE(why);
        const auto of_rate = rate_of(budget, load_metric::rate);
        EXPECT_EQ(of_rate.fixed, 0);
        EXPECT_NEAR(of_rate.for_load, share, 1e-9);
        const auto of_vehicles = rate_of(budget, load_metric::vehicles);
        EXPECT_NEAR(of_vehicles.fixed, 70 * share, 1e-9) << "the rate is that of the scenario for any fleet";
        EXPECT_EQ(of_vehicles.for_load, 0);
    }
}

TEST(capacity_scenario, samples_of_telemetry_grow_with_vehicles) {
    const auto of_all = rate_of("telemetry.publish.p99 < 1s", load_metric::vehicles);
    EXPECT_EQ(of_all.fixed, 0);
    EXPECT_NEAR(of_all.for_load, 0.6, 1e-9) << "one in 2 s, one in 10 s";
    EXPECT_NEAR(rate_of("telemetry.publish{group=slow}.p99 < 1s", load_metric::rate).fixed, 20, 1e-9);
}

TEST(capacity_scenario, refuses_what_is_in_some_steps_only) {
    scenario::scenario_config scenario;
    EXPECT_TRUE(check_for_steps(scenario, load_metric::rate, true).empty());
    EXPECT_TRUE(check_for_steps(scenario, load_metric::connect_rate, false).empty());
    EXPECT_EQ(to_string(check_for_steps(scenario, load_metric::connect_rate, true)),
              "--metric connectRate: a rehearsal connects nothing; leave --rehearse out");
    scenario.conditions.emplace_back();
    EXPECT_EQ(to_string(check_for_steps(scenario, load_metric::rate, false)),
              "conditions: a capacity search compares steps of one load each, and conditions would be in some of them "
              "only; leave them out: --set 'conditions=[]'");
}
