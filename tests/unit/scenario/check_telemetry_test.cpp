// Problems and warnings of trips, telemetry, alarms and the store, with their places.
#include "scenario_text.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::HasSubstr;

namespace {

/// A fleet with this flow map of keys; it begins in column 8 of line 3.
std::string fleet_of(std::string_view keys) { return minimal_scenario("fleet: {" + std::string(keys) + "}"); }

/// A fleet with one group: name a, and these keys.
std::string group_of(std::string_view keys) { return fleet_of("telemetry: [{name: a, " + std::string(keys) + "}]"); }

std::string warnings_of_telemetry(const std::string& yaml) {
    problems warnings;
    EXPECT_TRUE(read(yaml, "f", {}, &warnings)) << problems_of(yaml);
    return to_string(warnings);
}

constexpr auto usual_keys = "every: 1s, topic: 't/{vin}', payload: '{seq}'";

} // namespace

TEST(check_telemetry, problems_have_their_places) {
    const std::string ok = usual_keys;
    const std::pair<std::string, const char*> rows[] = {
        {fleet_of("telemetry: [{every: 1s, topic: t, payload: x}]"), "'name' is missing"},
        {group_of("topic: t, payload: x"), "'every' is missing"},
        {group_of("every: 1s, payload: x"), "'topic' is missing"},
        {group_of("every: 1s, topic: t"), "'payload' is missing; give it, vss or protobuf"},
        {group_of("every: 1s, topic: t, payload: x, vss: [Vehicle.Speed]"), "a message has one payload"},
        {group_of("every: 0s, topic: t, payload: x"), "'0s' is too short; 1ms is the least"},
        {group_of("every: -1s, topic: t, payload: x"), "f:3:38: '-1s'"},
        {group_of("every: {driving: 0s}, topic: t, payload: x"), "'0s' is too short"},
        {group_of("every: {drivin: 1s}, topic: t, payload: x"), "unknown key 'drivin'; did you mean 'driving'?"},
        {group_of("every: {}, topic: 't/{vin}', payload: x"), "no drive state has a period, so nothing is sent"},
        {group_of("jitter: 101%, " + ok), "is not between 0% and 100%"},
        {group_of("every: 1s, topic: 'a/#', payload: x"), "'a/#' is a filter; a message goes to one topic"},
        {group_of("every: 1s, topic: 't/{vni}', payload: x"), "unknown variable 'vni'; did you mean 'vin'?"},
        {group_of("every: 1s, topic: 't/{vin}', payload: '{signal.Vehicle.Sped}'"), "did you mean"},
        {group_of("every: 1s, topic: 't/{vin}', vss: [Vehicle.Sped]"),
         "unknown signal 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?"},
        {group_of("every: 1s, topic: 't/{vin}', vss: []"), "it names no signal"},
        {fleet_of("telemetry: [{name: a, " + ok + "}, {name: a, " + ok + "}]"),
         "'a' is the name of another group or alarm, too"},
        {fleet_of("telemetry: [{name: a, " + ok + "}], alarms: [{name: a, rate: 1/h, topic: 't/{vin}', payload: x}]"),
         "'a' is the name of another group or alarm, too"},
        {fleet_of("alarms: [{name: a, rate: 0, topic: 't/{vin}', payload: x}]"), "an alarm has a rate above 0"},
        {fleet_of("alarms: [{name: a, rate: 1/year, topic: 't/{vin}', payload: x}]"),
         "'1/year' is not a rate; there are /s, /m, /h and /day"},
        {fleet_of("segments: [{name: s, share: 100%, telemetry: [positon]}], telemetry: [{name: position, " + ok +
                  "}]"),
         "unknown telemetry group 'positon'; did you mean 'position'?"},
        {fleet_of("segments: [{name: s, share: 100%, telemetry: [a, a]}], telemetry: [{name: a, " + ok + "}]"),
         "the segment sends the group 'a' already"},
        {fleet_of("store: {bytes: 1XB}"), "'1XB' is no size"},
        {fleet_of("store: {bytes: 1.5}"), "'1.5' is no size"},
        {fleet_of("store: {messages: 0, bytes: 0, age: 0s}"), "would grow until memory is full"},
        {fleet_of("store: {reissue: {order: interleaved, share: 0%}}"), "a share is above 0%"},
        {fleet_of("store: {reissue: {order: late}}"), "unknown value 'late'"},
        {fleet_of("store: {sqlite: " LOADSIM_TEST_DATA "/protobuf/vehicle.desc}"), "is a file; name a folder"},
        {fleet_of("store: {sqlite: s, diskBytes: 100}"), "a database needs"},
        {fleet_of("trips: {profile: comuters}"), "unknown profile 'comuters'; did you mean 'commuters'?"},
        {fleet_of("trips: {speed: 0}"), "f:3:9: the speed is from 0.001 to 100000"},
        {fleet_of("trips: {speed: 1e9}"), "'1e9' is not a number from 0; write it without an exponent"},
        {fleet_of("trips: {start: 7}"), "'7' is no time of day"},
        {fleet_of("trips: {profile: commuters, routes: /no/such.geojson}"), "'/no/such.geojson': "},
        {fleet_of("trips: {profile: commuters, routes: " LOADSIM_TEST_DATA "/protobuf/vehicle.proto}"),
         "this is no JSON"},
        {"name: t\nload: {phases: [{duration: 10, arrivalRate: 1, telemetryRate: -1}]}",
         "f:2:63: '-1' is not a number from 0"},
        {minimal_scenario("conditions: [{spike: {at: 1s, for: 1s, factor: 2, telemetry: -2}}]"),
         "'-2' is not a number"},
    };
    for (const auto& [yaml, problem] : rows) EXPECT_THAT(problems_of(yaml), HasSubstr(problem)) << yaml;
}

TEST(check_telemetry, problems_of_a_message_are_at_its_key) {
    const auto found = problems_of(minimal_scenario(R"(fleet:
  segments:
    - name: s
      share: 100%
      telemetry:
        - name: own
          every: 1s
          topic: "t/{vni}"
          payload: x
  alarms:
    - name: alarm
      rate: 1/h
      topic: "a/{vin}"
      payload: "{cod}"
)"));
    EXPECT_THAT(found, HasSubstr("f:10:18: unknown variable 'vni'"));
    EXPECT_THAT(found, HasSubstr("f:16:16: unknown variable 'cod'"));
}

TEST(check_telemetry, protobuf_forms) {
    const auto problem = [](std::string_view message, std::string_view fields) {
        return problems_of(minimal_scenario("fleet:\n  telemetry:\n  - name: a\n    every: 1s\n    topic: t/{vin}\n"
                                            "    protobuf:\n      descriptor: " LOADSIM_TEST_DATA
                                            "/protobuf/vehicle.desc\n      message: " +
                                            std::string(message) + "\n      fields:\n" + std::string(fields)));
    };
    constexpr auto type = "acme.tlm.Position";
    EXPECT_EQ(problem(type, "        at.seconds: '{now:s}'\n        vin: '{vin}'\n        tyres: [2.4, 2.5]"), "");
    EXPECT_THAT(problem("acme.Position", "        vin: x"),
                HasSubstr("f:10:16: unknown message 'acme.Position'; did you mean 'acme.tlm.Position'?"));
    EXPECT_THAT(problem(type, "        vni: x"), HasSubstr("f:12:14: unknown field 'vni'; did you mean 'vin'?"));
    EXPECT_THAT(problem(type, "        vin: x\n        at.seconds: soon"),
                HasSubstr("f:13:21: 'soon' is no whole number"))
        << "a key with dots";
    EXPECT_THAT(problem(type, "        tyres: [2.4, flat]"), HasSubstr("f:12:22: 'flat' is no number"));
    EXPECT_THAT(
        group_of("every: 1s, topic: 't/{vin}', protobuf: {descriptor: /no/such.desc, message: m, fields: {a: 1}}"),
        testing::ResultOf([](const std::string& yaml) { return problems_of(yaml); },
                          HasSubstr("the file '/no/such.desc' cannot be read")));
}

TEST(check_telemetry, cells_of_fleet_data_in_fields_of_protobuf) {
    const harness::temporary_folder folder;
    folder.write("cars.csv", "vin,key\nV1,01ff\nV2,0x\n");
    EXPECT_THAT(problems_of(fleet_of(
                    "vehicles: 2, data: " + folder.path().string() +
                    "/cars.csv, telemetry: [{name: a, every: 1s, topic: a, protobuf: {descriptor: " LOADSIM_TEST_DATA
                    "/protobuf/vehicle.desc, message: acme.tlm.Position, fields: {raw: {hex: '{data.key}'}}}}]")),
                HasSubstr("cars.csv:3:4: '0x' is no hex, and {data.key} is within it"));
}

TEST(check_telemetry, a_route_that_cannot_be_driven_is_named_with_its_file) {
    const harness::temporary_folder folder;
    const auto file =
        folder.write("short.geojson", R"({"type": "LineString", "coordinates": [[11.5, 48.1], [11.5001, 48.1]]})")
            .string();
    EXPECT_EQ(problems_of(fleet_of("trips: {profile: commuters, routes: '" + file + "'}")),
              "f:3:45: '" + file + "': route 1: it is shorter than 1 km: add way points");
}

TEST(check_telemetry, warnings) {
    EXPECT_EQ(warnings_of_telemetry(group_of(usual_keys)), "");
    const std::string alarm = "name: a, topic: 't/{vin}', payload: x";
    EXPECT_EQ(warnings_of_telemetry(fleet_of("alarms: [{" + alarm + ", rate: 1/s}]")), "");
    EXPECT_THAT(warnings_of_telemetry(fleet_of("vehicles: 2000, alarms: [{" + alarm + ", rate: 1000000/s}]")),
                HasSubstr("each vehicle sends 1e+06 of these alarms a second, the fleet 2e+09"));
    EXPECT_THAT(warnings_of_telemetry(fleet_of("trips: {speed: 3600}, alarms: [{" + alarm + ", rate: 1/s}]")),
                HasSubstr("each vehicle sends 3600 of these alarms a second"));
    EXPECT_EQ(warnings_of_telemetry(group_of("every: 1s, topic: t, payload: '{vin}'")), "");
    EXPECT_EQ(warnings_of_telemetry(group_of("every: 1s, topic: t, vss: [Vehicle.Speed]")), "");
    EXPECT_THAT(warnings_of_telemetry(group_of("every: 1s, topic: t, payload: x")),
                HasSubstr("neither topic nor payload names the vehicle"));
    EXPECT_THAT(warnings_of_telemetry(fleet_of("store: {}")), HasSubstr("f:3:9: it stays empty"));
    const std::string ok = usual_keys;
    EXPECT_THAT(warnings_of_telemetry(fleet_of("store: {}, telemetry: [{name: a, qos: 0, " + ok + "}]")),
                HasSubstr("all telemetry has QoS 0"));
    EXPECT_EQ(warnings_of_telemetry(
                  fleet_of("store: {}, telemetry: [{name: a, qos: 0, " + ok + "}, {name: b, qos: 1, " + ok + "}]")),
              "");
    EXPECT_THAT(warnings_of_telemetry(
                    fleet_of("segments: [{name: s, share: 100%, telemetry: []}], telemetry: [{name: a, " + ok + "}]")),
                HasSubstr("no segment sends this group"));
}
