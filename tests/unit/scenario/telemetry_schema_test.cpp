// Keys of trips, telemetry, alarms and store: what they are read into, and that they are written back.
#include "scenario_text.hpp"
#include "temporary_folder.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using telemetry::reissue_order;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// A scenario with these keys of the fleet, which begin on line 4.
std::string with_fleet(std::string_view keys) { return minimal_scenario("fleet:\n" + std::string(keys)); }

scenario_config read_twice(const std::string& yaml) {
    const auto made = read_valid(yaml);
    EXPECT_EQ(read_valid(write(made)), made) << write(made);
    return made;
}

constexpr auto two_groups = R"(  telemetry:
    - {name: position, every: {driving: 1s, charging: 30s}, topic: "t/{vin}/p", payload: '{"seq":{seq}}'}
    - {name: energy, every: 10m, jitter: 0%, qos: 0, expiry: 1h, topic: "t/{vin}/e", vss: [Vehicle.Speed]}
)";

} // namespace

TEST(telemetry_schema, is_absent_by_default) {
    const auto made = read_twice(minimal_scenario(""));
    EXPECT_FALSE(made.fleet.trips);
    EXPECT_EQ(made.fleet.telemetry, telemetry::telemetry_options{});
    const auto compiled = compile(made);
    ASSERT_TRUE(compiled);
    EXPECT_THAT(compiled->telemetry_messages, IsEmpty());
    EXPECT_THAT(compiled->segment_groups, ElementsAre(IsEmpty()));
    EXPECT_EQ(compiled->vehicle_model.state_at(vehicle_id{3}, 8h), telemetry::drive_state::parked);
    EXPECT_EQ(compiled->vehicle_model.next_state_change(vehicle_id{3}, 8h), nanoseconds::max());
}

TEST(telemetry_schema, reads_groups) {
    const auto made = read_twice(with_fleet(two_groups));
    const auto& groups = made.fleet.telemetry.groups;
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].name, "position");
    EXPECT_EQ(groups[0].every, (telemetry::state_periods{.driving = 1s, .charging = 30s}));
    EXPECT_EQ(groups[0].jitter, fraction{0.1});
    EXPECT_EQ(groups[0].message.topic, "t/{vin}/p");
    EXPECT_EQ(groups[0].message.payload.text, R"({"seq":{seq}})");
    EXPECT_FALSE(groups[0].message.qos) << "that of fleet.mqtt";
    EXPECT_EQ(groups[1].every, telemetry::period_always(10min));
    EXPECT_EQ(groups[1].jitter, fraction{0});
    EXPECT_EQ(groups[1].message.qos, 0);
    EXPECT_EQ(groups[1].message.expiry, 1h);
    EXPECT_THAT(*groups[1].message.vss, ElementsAre("Vehicle.Speed"));
    EXPECT_EQ(made.fleet.segment_only_groups, 0U);
    EXPECT_THAT(labels_of(made).telemetry, ElementsAre("position", "energy"));
}

TEST(telemetry_schema, compiles_groups_and_alarms) {
    const auto made =
        read_twice(with_fleet(std::string(two_groups) +
                              "  alarms: [{name: tyre, rate: 0.1/day, topic: 't/{vin}/a', payload: 'low {seq}'}]\n"));
    ASSERT_EQ(made.fleet.telemetry.alarms.size(), 1U);
    EXPECT_DOUBLE_EQ(made.fleet.telemetry.alarms[0].rate.per_second, 0.1 / 86'400);
    EXPECT_THAT(labels_of(made).telemetry, ElementsAre("position", "energy", "tyre"));
    const auto compiled = compile(made);
    ASSERT_TRUE(compiled);
    ASSERT_EQ(compiled->telemetry_messages.size(), 3U);
    contract::outgoing_message out;
    ASSERT_TRUE(compiled->telemetry_messages[2].compose({.vin = "V", .seq = 7}, out));
    EXPECT_EQ(out.topic + " " + out.payload, "t/V/a low 7");
    EXPECT_TRUE(compiled->telemetry_messages[1].uses_signals());
    EXPECT_THAT(compiled->segment_groups, ElementsAre(ElementsAre(0, 1)));
}

TEST(telemetry_schema, segments_have_groups_of_their_own) {
    const auto made = read_twice(with_fleet(std::string(two_groups) + R"(  segments:
    - {name: a, share: 40%}
    - {name: b, share: 30%, telemetry: [energy, {name: own, every: 5s, topic: "t/{vin}", payload: x}]}
    - {name: c, share: 20%, telemetry: [{name: own, every: 5s, topic: "t/{vin}", payload: x}]}
    - {name: d, share: 10%, telemetry: []}
)"));
    EXPECT_THAT(labels_of(made).telemetry, ElementsAre("position", "energy", "own"));
    EXPECT_EQ(made.fleet.segment_only_groups, 1U);
    const auto compiled = compile(made);
    ASSERT_TRUE(compiled);
    EXPECT_THAT(compiled->segment_groups, ElementsAre(ElementsAre(0, 1), ElementsAre(1, 2), ElementsAre(2), IsEmpty()));
    EXPECT_EQ(compiled->telemetry_messages.size(), 3U);
}

TEST(telemetry_schema, reads_the_store) {
    EXPECT_EQ(read_twice(with_fleet(std::string(two_groups) + "  store: {}\n")).fleet.telemetry.store,
              telemetry::store_options{});
    const auto made = read_twice(with_fleet(std::string(two_groups) + R"(  store:
    messages: 50
    bytes: 20kB
    age: 2d
    totalBytes: 1.5GB
    reissue: {order: interleaved, share: 25%, rate: 10/s}
    sqlite: /tmp/store
    diskBytes: 8000000
)"));
    const auto& store = made.fleet.telemetry.store;
    ASSERT_TRUE(store);
    EXPECT_EQ(store->messages, 50U);
    EXPECT_EQ(store->bytes, 20'000U);
    EXPECT_EQ(store->age, 48h);
    EXPECT_EQ(store->total_bytes, 1'500'000'000U);
    EXPECT_EQ(store->reissue, (telemetry::reissue_options{reissue_order::interleaved, {0.25}, rate{10}}));
    EXPECT_EQ(store->sqlite, "/tmp/store");
    EXPECT_EQ(store->disk_bytes, 8'000'000U);
}

TEST(telemetry_schema, trips_are_those_of_a_profile_unless_a_key_says_otherwise) {
    const auto trips = [](std::string_view keys) {
        return *read_twice(with_fleet("  trips: " + std::string(keys) + "\n")).fleet.trips;
    };
    const auto commuters = trips("{profile: commuters}");
    ASSERT_EQ(commuters.round_trips.size(), 2U);
    EXPECT_EQ(commuters.round_trips[0].departure, 7h + 45min);
    EXPECT_EQ(commuters.round_trips[0].length.median, 12'000);
    EXPECT_EQ(commuters.round_trips[1].length.median, 6'000);
    EXPECT_EQ(commuters.start, 7h + 30min);
    EXPECT_EQ(commuters.speed, 1);
    const auto changed =
        trips("{profile: commuters, start: \"16:00\", speed: 60, firstDay: sunday, length: {median: 5km, "
              "p99: 30km}, weather: {mean: -10}, chargePower: 22}");
    EXPECT_EQ(changed.start, 16h);
    EXPECT_EQ(changed.speed, 60);
    EXPECT_EQ(changed.first_day, telemetry::weekday::sunday);
    EXPECT_EQ(changed.round_trips[0].length.median, 5'000);
    EXPECT_EQ(changed.round_trips[1].length.median, 6'000) << "it has a length of its own";
    EXPECT_EQ(changed.weather.mean, -10);
    EXPECT_EQ(changed.weather.swing, commuters.weather.swing);
    EXPECT_EQ(changed.charge_power, 22);
    const auto own = trips("{departures: [{at: \"08:00\", back: \"18:00\"}]}");
    ASSERT_EQ(own.round_trips.size(), 1U);
    EXPECT_EQ(own.round_trips[0].departure_back, 18h);
    EXPECT_THAT(trips("{speed: 60}").round_trips, IsEmpty());
}

TEST(telemetry_schema, routes_are_of_geojson_files) {
    const harness::temporary_folder folder;
    const auto line = [](double from) {
        return R"({"type":"LineString","coordinates":[[11.5,)" + std::to_string(from) + "],[11.6," +
               std::to_string(from + 0.1) + "]]}";
    };
    const auto a = folder.write("a.geojson", line(48.1)).string();
    const auto b = folder.write("b.geojson", line(49.1)).string();
    const auto one = read_twice(with_fleet("  trips: {profile: commuters, routes: " + a + "}\n")).fleet.trips;
    ASSERT_EQ(one->routes.size(), 1U);
    EXPECT_DOUBLE_EQ(one->routes[0][0].latitude, 48.1);
    const auto two =
        read_twice(with_fleet("  trips: {profile: commuters, routes: [" + a + ", " + b + "]}\n")).fleet.trips;
    EXPECT_EQ(two->routes.size(), 2U);
    EXPECT_THAT(two->route_files, ElementsAre(a, b));
    EXPECT_THAT(read_valid(with_fleet("  trips: {profile: commuters}\n")).fleet.trips->routes, IsEmpty())
        << "the built-in ones are of the model";
}

TEST(telemetry_schema, phases_and_spikes_change_the_rate) {
    const auto made = read_twice(R"(name: t
fleet: {telemetry: [{name: a, every: 1s, topic: "t/{vin}", payload: x}]}
load:
  phases:
    - {duration: 10, arrivalRate: 1}
    - {pause: 10, telemetryRate: 3}
    - {duration: 20, arrivalRate: 1, telemetryRate: 0.5}
conditions: [{spike: {at: 25s, for: 5s, factor: 1, telemetry: 4}}]
)");
    const auto compiled = compile(made);
    ASSERT_TRUE(compiled);
    const auto factor = [&](nanoseconds at) { return compiled->rate_factors.at(at).factor; };
    EXPECT_EQ(factor(0s), 1);
    EXPECT_EQ(factor(10s), 3);
    EXPECT_EQ(factor(20s), 0.5);
    EXPECT_EQ(factor(25s), 2);
    EXPECT_EQ(factor(30s), 0.5);
}

TEST(telemetry_schema, needs_no_requests) {
    problems warnings;
    EXPECT_TRUE(
        read("name: t\nload: {phases: [{pause: 10s}]}\n" + std::string("fleet:\n") + two_groups, "f", {}, &warnings));
    EXPECT_EQ(to_string(warnings), "");
}
