// Telemetry groups of a tap: which ones, and the topic filter of each.
#include "tap_groups.hpp"

#include "plan_from_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;

namespace {

std::string filter_of(const std::string& topic) {
    const plan_from_text text("name: t\nfleet:\n  vehicles: 3\n  telemetry:\n    - {name: g, every: 1s, topic: '" +
                              topic +
                              "', payload: '{\"seq\":{seq}}'}\n"
                              "  segments: [{name: a, share: 100%, behaviour: success, variables: {region: eu}}]\n"
                              "load: {phases: [{duration: 1s, arrivalCount: 1}]}\n");
    return filter_of_all_vehicles(text.compiled.telemetry_messages.at(0).topic(), text.compiled.symbols);
}

constexpr const char* three_messages = R"(
name: t
fleet:
  vehicles: 3
  telemetry:
    - {name: position, every: 1s, topic: 'v1/{vin}/tlm/position', payload: '{"seq":{seq}}'}
    - {name: charge, every: 1s, topic: 'v1/{vin}/tlm/charge', payload: '{"seq":{seq}}'}
  alarms:
    - {name: tyre, rate: 1/day, topic: 'v1/{vin}/alarm/tyre', payload: '{"seq":{seq}}'}
load: {phases: [{duration: 1s, arrivalCount: 1}]}
)";

} // namespace

TEST(tap_groups, a_level_that_depends_on_the_vehicle_is_a_wildcard) {
    EXPECT_EQ(filter_of("v1/{vin}/tlm/position"), "v1/+/tlm/position");
    EXPECT_EQ(filter_of("fixed/topic"), "fixed/topic");
    EXPECT_EQ(filter_of("cars/car-{index}/{segment}/x"), "cars/+/+/x");
    EXPECT_EQ(filter_of("{vin}"), "+");
}

TEST(tap_groups, are_all_of_them_unless_the_tap_names_some) {
    const plan_from_text text(three_messages);
    const auto all = tap_groups_of(text.plan, observer::tap_options{});
    EXPECT_EQ(all.indexes, (std::vector<std::uint32_t>{0, 1, 2}));
    ASSERT_EQ(all.mapping.size(), 3U);
    EXPECT_EQ(all.mapping[2].name, "tyre");
    EXPECT_EQ(all.mapping[2].filter, "v1/+/alarm/tyre");

    const auto some =
        tap_groups_of(text.plan, observer::tap_options{.telemetry_groups = {"tyre", "charge", "unknown"}});
    EXPECT_EQ(some.indexes, (std::vector<std::uint32_t>{1, 2})) << "in the order of the scenario";
    ASSERT_EQ(some.mapping.size(), 2U);
    EXPECT_EQ(some.mapping[0].name, "charge");
}
