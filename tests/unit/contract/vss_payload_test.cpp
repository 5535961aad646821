// VSS JSON, and the choice of a message's payload.
#include "protobuf_types.hpp"
#include "template_fixture.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;
using testing::HasSubstr;

namespace {

const scenario_symbols vehicle_symbols{.signals = signal_names};

result<message_template> with_telemetry(const message_options& message) {
    std::vector<std::string> pointers;
    return message_template::compile(message, symbols_in(template_scope::telemetry, vehicle_symbols, {}), pointers,
                                     "fleet.telemetry[0]");
}

std::string telemetry_problems(const message_options& message) { return problems_of(with_telemetry(message)); }

} // namespace

TEST(vss_payload, has_vin_time_sequence_number_and_signals) {
    const auto made = with_telemetry({.topic = "t/{vin}",
                                      .vss = std::vector<std::string>{"Vehicle.Speed", "Vehicle.LowVoltageSystemState",
                                                                      "Vehicle.IsMoving", "Vehicle.Cabin.Door.Row1"}});
    ASSERT_TRUE(made) << problems_of(made);
    const fixed_signals driving({"61.5", "true", "", "ON \"1\""});
    outgoing_message out;
    ASSERT_TRUE(made->compose({.vin = "V\"1", .seq = 17, .now_us = 1'700'000'000'123'456, .signals = &driving}, out));
    EXPECT_EQ(out.topic, "t/V\"1");
    EXPECT_EQ(out.payload, R"({"vin":"V\"1","ts":1700000000123,"seq":17,"signals":{"Vehicle.Speed":61.5,)"
                           R"("Vehicle.LowVoltageSystemState":"ON \"1\"","Vehicle.IsMoving":true,)"
                           R"("Vehicle.Cabin.Door.Row1":null}})");
}

TEST(vss_payload, is_json_that_uses_signals) {
    std::vector<std::string> pointers;
    const std::vector<std::string> names{"Vehicle.Speed"};
    const auto made = payload_template::compile_vss(names, all_symbols(), pointers);
    ASSERT_TRUE(made) << problems_of(made);
    EXPECT_TRUE(made->is_json());
    EXPECT_TRUE(made->uses_signals());
    EXPECT_FALSE(made->empty());
    const auto message = message_template::compile({.topic = "t", .vss = names}, all_symbols(), pointers, "m");
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->uses_signals());
    EXPECT_TRUE(
        message_template::compile({.topic = "{signal.Vehicle.Speed}"}, all_symbols(), pointers, "m")->uses_signals());
    EXPECT_FALSE(message_template::compile({.topic = "{vin}"}, all_symbols(), pointers, "m")->uses_signals());
}

TEST(vss_payload, refuses_names_with_their_place) {
    using names = std::vector<std::string>;
    EXPECT_EQ(telemetry_problems({.topic = "t", .vss = names{"Vehicle.Speed", "Vehicle.Sped", "Odometer"}}),
              "fleet.telemetry[0].vss[1]: unknown signal 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?\n"
              "fleet.telemetry[0].vss[2]: unknown signal 'Odometer'; there are: Vehicle.Speed, Vehicle.IsMoving, "
              "Vehicle.Cabin.Door.Row1, Vehicle.LowVoltageSystemState");
    EXPECT_EQ(telemetry_problems({.topic = "t", .vss = names{"Vehicle.Speed", "Vehicle.Speed"}}),
              "fleet.telemetry[0].vss[1]: 'Vehicle.Speed' is there twice; a signal has one value");
    EXPECT_EQ(telemetry_problems({.topic = "t", .vss = names{}}),
              "fleet.telemetry[0].vss: it names no signal; write, say, [Vehicle.Speed, Vehicle.TraveledDistance]");
    options o;
    o.presence.payload = {};
    o.presence.vss = names{"Vehicle.Speed"};
    EXPECT_THAT(problems_of(message_contract::compile(o, vehicle_symbols)),
                HasSubstr("contract.presence.vss: 'seq' has no value here"));
}

TEST(message_payload, is_one_of_its_forms) {
    const harness::temporary_folder folder;
    const protobuf_options position{
        .descriptor = folder.write("p.desc", descriptor_set_of("syntax = \"proto3\"; message P { uint32 speed = 1; }")),
        .message = "P",
        .fields = {{"speed", {.text = "{signal.Vehicle.Speed}"}}}};
    const std::vector<std::string> names{"Vehicle.Speed"};
    const auto two = HasSubstr(": a message has one payload: payload, vss or protobuf");
    EXPECT_THAT(telemetry_problems({.topic = "t", .payload = {.text = "x"}, .vss = names}), two);
    EXPECT_THAT(telemetry_problems({.topic = "t", .payload = {.text = "x"}, .protobuf = position}), two);
    EXPECT_THAT(telemetry_problems({.topic = "t", .vss = names, .protobuf = position}), two);
    EXPECT_EQ(telemetry_problems({.topic = "t", .payload = {.text = "x"}}), "");
    EXPECT_EQ(telemetry_problems({.topic = "t", .vss = names}), "");
    EXPECT_EQ(telemetry_problems({.topic = "t", .protobuf = position}), "");
    auto bad = position;
    bad.fields.front().first = "sped";
    EXPECT_EQ(telemetry_problems({.topic = "t", .protobuf = bad}),
              "fleet.telemetry[0].protobuf.fields.sped: unknown field 'sped'; did you mean 'speed'? (of P)");

    const auto made = with_telemetry({.topic = "t", .protobuf = position});
    ASSERT_TRUE(made);
    outgoing_message out;
    const fixed_signals driving({"61"}), broken({"61.5"});
    ASSERT_TRUE(made->compose({.signals = &driving}, out));
    EXPECT_EQ(out.payload, "\x08\x3d");
    EXPECT_FALSE(made->compose({.signals = &broken}, out));
    EXPECT_EQ(out.problem, "fleet.telemetry[0].protobuf.fields.speed: '61.5' is no whole number");
    EXPECT_FALSE(made->compose({}, out)) << "no signal has a value";
}
