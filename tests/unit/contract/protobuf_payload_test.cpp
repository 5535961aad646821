#include "protobuf_types.hpp"
#include "template_fixture.hpp"
#include "temporary_folder.hpp"

#include <loadsim/base/encoding.hpp>

#include <gmock/gmock.h>

#include <thread>

using namespace loadsim;
using namespace loadsim::contract;
using form = payload_options::payload_format;
using testing::HasSubstr;

namespace {

constexpr std::string_view vehicle_proto = R"(syntax = "proto3";
package acme.tlm;
enum Gear { PARK = 0; DRIVE = 1; REVERSE = -1; }
message Position { double latitude = 1; double longitude = 2; }
message Empty {}
message Tyre { float pressure = 1; repeated string notes = 2; }
message Report {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;
  float real = 11; double wide = 12; bool on = 13; Gear gear = 14; string text = 15; bytes raw = 16;
  Position position = 17; repeated int32 numbers = 18; repeated Tyre tyres = 19; repeated Gear gears = 20;
  map<string, double> signals = 21; map<int32, Position> places = 22; optional int32 maybe = 23;
  oneof kind { int32 number = 24; string word = 25; Position spot = 26; }
  message Nested { bool deep = 1; } Nested nested = 27; Empty empty = 28; repeated bytes raws = 29;
  repeated bool ons = 30; repeated double wides = 31; repeated string texts = 32; repeated uint64 u64s = 33;
})";

using fields = std::vector<std::pair<std::string, payload_options>>;

payload_options text_of(std::string text) { return {.text = std::move(text)}; }

class protobuf_payload_test : public testing::Test {
protected:
    result<payload_template> compile(fields with, std::string_view proto = vehicle_proto,
                                     std::string message = "acme.tlm.Report") {
        std::vector<std::string> pointers;
        return payload_template::compile_protobuf({.descriptor = folder_.write("types.desc", descriptor_set_of(proto)),
                                                   .message = std::move(message),
                                                   .fields = std::move(with)},
                                                  all_symbols(), pointers);
    }
    std::string problems_with(fields with) { return problems_of(compile(std::move(with))); }

    /// Text format of what is rendered, or the problem.
    std::string rendered(fields with, const template_values& values = {}) {
        const auto made = compile(std::move(with));
        EXPECT_TRUE(made) << problems_of(made);
        std::string out = "+", problem;
        if (!made || !made->render(values, out, &problem)) {
            EXPECT_EQ(out, "+") << "as it was";
            return problem;
        }
        return decoded_text(vehicle_proto, "acme.tlm.Report", out.substr(1));
    }

    harness::temporary_folder folder_;
};

} // namespace

TEST_F(protobuf_payload_test, converts_texts_to_every_type) {
    const struct {
        const char *field, *text, *decoded;
    } rows[] = {
        {"i32", "-2147483648", "i32: -2147483648"},
        {"i32", "61.0", "i32: 61"},
        {"i64", "9223372036854775807", "i64: 9223372036854775807"},
        {"u32", "4294967295", "u32: 4294967295"},
        {"u32", "-0.00", ""},
        {"u64", "18446744073709551615", "u64: 18446744073709551615"},
        {"s32", "-5", "s32: -5"},
        {"s64", "-5000000000", "s64: -5000000000"},
        {"f32", "7", "f32: 7"},
        {"f64", "70000000000", "f64: 70000000000"},
        {"sf32", "-7", "sf32: -7"},
        {"sf64", "-70000000000", "sf64: -70000000000"},
        {"real", "61.5", "real: 61.5"},
        {"real", "-1e3", "real: -1000"},
        {"wide", "48.137154", "wide: 48.137154"},
        {"wide", "1e300", "wide: 1e+300"},
        {"on", "true", "on: true"},
        {"on", "1", "on: true"},
        {"on", "false", ""},
        {"on", "0", ""},
        {"gear", "DRIVE", "gear: DRIVE"},
        {"gear", "REVERSE", "gear: REVERSE"},
        {"gear", "PARK", ""},
        {"text", "M\xc3\xbcnchen", "text: \"M\\303\\274nchen\""},
        {"text", "", ""},
        {"raw", "a\xff", "raw: \"a\\377\""},
        {"position.latitude", "48.5", "position { latitude: 48.5 }"},
        {"nested.deep", "true", "nested { deep: true }"},
        {"maybe", "0", "maybe: 0"},
        {"number", "0", "number: 0"},
        {"spot.latitude", "0", "spot { }"},
    };
    for (const auto& r : rows) {
        // As a constant, and as a value of a message.
        EXPECT_EQ(rendered({{r.field, text_of(r.text)}}), r.decoded) << r.field << " " << r.text;
        EXPECT_EQ(rendered({{r.field, text_of("{code}")}}, {.code = r.text}), r.decoded) << r.field << " " << r.text;
    }
}

/// Bytes of the specification: protobuf.dev, encoding.
TEST_F(protobuf_payload_test, has_the_bytes_of_the_specification) {
    constexpr std::string_view proto = R"(syntax = "proto3";
        message Test1 { int32 a = 1; string b = 2; Test2 c = 3; repeated int32 e = 6; sint32 z = 7; fixed32 f = 8; }
        message Test2 { int32 a = 1; })";
    const std::pair<fields, std::string> rows[] = {
        {{{"a", text_of("{code}")}}, "\x08\x96\x01"},
        {{{"b", text_of("testing")}}, "\x12\x07testing"},
        {{{"c.a", text_of("{code}")}}, "\x1a\x03\x08\x96\x01"},
        {{{"e[0]", text_of("3")}, {"e[1]", text_of("270")}, {"e[2]", text_of("86942")}},
         "\x32\x06\x03\x8e\x02\x9e\xa7\x05"},
        {{{"z", text_of("-2")}}, "\x38\x03"},
        {{{"f", text_of("1")}}, std::string("\x45\x01\0\0\0", 5)},
    };
    for (const auto& [with, bytes] : rows) {
        const auto made = compile(with, proto, "Test1");
        ASSERT_TRUE(made) << problems_of(made);
        std::string out;
        EXPECT_TRUE(made->render({.code = "150"}, out));
        EXPECT_EQ(out, bytes) << with.front().first;
    }
}

TEST_F(protobuf_payload_test, lists_messages_and_maps) {
    EXPECT_EQ(rendered({{"numbers[1]", text_of("{seq}")}, {"numbers[0]", text_of("7")}, {"numbers[2]", text_of("0")}},
                       {.seq = 8}),
              "numbers: 7 numbers: 8 numbers: 0");
    EXPECT_EQ(rendered({{"tyres[1].pressure", text_of("{seq}")},
                        {"tyres[0].pressure", text_of("2.5")},
                        {"tyres[1].notes[0]", text_of("{vin}")},
                        {"tyres[1].notes[1]", text_of("b")}},
                       {.vin = "V", .seq = 3}),
              R"(tyres { pressure: 2.5 } tyres { pressure: 3 notes: "V" notes: "b" })");
    EXPECT_EQ(rendered({{"gears[0]", text_of("DRIVE")}, {"gears[1]", text_of("{code}")}}, {.code = "PARK"}),
              "gears: DRIVE gears: PARK");
    EXPECT_EQ(rendered({{"raws[0]", {.text = "{code}", .format = form::hex}},
                        {"ons[0]", text_of("{ok}")},
                        {"wides[0]", text_of("{seq}")},
                        {"texts[0]", text_of("{vin}")},
                        {"u64s[0]", text_of("{seq}")}},
                       {.vin = "V", .code = "0a", .seq = 3}),
              R"(raws: "\n" ons: true wides: 3 texts: "V" u64s: 3)");
    EXPECT_EQ(rendered({{"signals[0].key", text_of("b")},
                        {"signals[0].value", text_of("{seq}")},
                        {"signals[1].key", text_of("a")},
                        {"signals[1].value", text_of("2")},
                        {"places[0].key", text_of("1")},
                        {"places[0].value.latitude", text_of("{seq}")}},
                       {.seq = 4}),
              R"(signals { key: "a" value: 2 } signals { key: "b" value: 4 } places { key: 1 value { latitude: 4 } })");
}

TEST_F(protobuf_payload_test, bytes_and_texts_have_the_forms_of_payloads) {
    EXPECT_EQ(rendered({{"raw", {.text = "01 {code}", .format = form::hex}}}, {.code = "ff"}), R"(raw: "\001\377")");
    EXPECT_EQ(rendered({{"raw", {.text = "Zm9v", .format = form::base64}}}), R"(raw: "foo")");
    EXPECT_EQ(rendered({{"raw", {.text = folder_.write("raw.bin", "\x01{vin}").string(), .format = form::file}}}),
              R"(raw: "\001{vin}")");
    EXPECT_EQ(rendered({{"text", {.text = R"({"a":"{code}"})"}}}, {.code = "\""}), R"(text: "{\"a\":\"\\\"\"}")");
    EXPECT_EQ(rendered({{"text", {.text = "[{code}", .format = form::plain}}}, {.code = "x"}), R"(text: "[x")");
    EXPECT_EQ(rendered({{"raw", {.text = "{code}", .format = form::hex}}}, {.code = "xx"}), ".fields.raw is no hex");
}

TEST_F(protobuf_payload_test, signals_are_values) {
    const fixed_signals driving({"61.5", "true", "", "ON"});
    EXPECT_EQ(rendered({{"wide", text_of("{signal.Vehicle.Speed}")},
                        {"on", text_of("{signal.Vehicle.IsMoving}")},
                        {"text", text_of("{signal.Vehicle.LowVoltageSystemState}")}},
                       {.signals = &driving}),
              R"(wide: 61.5 on: true text: "ON")");
    EXPECT_TRUE(compile({{"wide", text_of("{signal.Vehicle.Speed}")}})->uses_signals());
    EXPECT_FALSE(compile({{"wide", text_of("{seq}")}})->uses_signals());
    EXPECT_TRUE(compile({{"wide", text_of("{parameter.temperature}")}})->uses_parameter(0));
    EXPECT_FALSE(compile({{"wide", text_of("{seq}")}})->uses_parameter(0));
    EXPECT_FALSE(compile({{"wide", text_of("1")}})->empty());
    EXPECT_FALSE(compile({{"wide", text_of("1")}})->is_constant());
}

TEST_F(protobuf_payload_test, nothing_is_left_of_the_message_before) {
    const auto made = compile({{"text", text_of("{code}")},
                               {"u32", text_of("{seq}")},
                               {"signals[0].key", text_of("{vin}")},
                               {"signals[0].value", text_of("{seq}")}});
    ASSERT_TRUE(made) << problems_of(made);
    const auto render = [&](const template_values& v) {
        std::string out;
        EXPECT_TRUE(made->render(v, out));
        return decoded_text(vehicle_proto, "acme.tlm.Report", out);
    };
    EXPECT_EQ(render({.vin = "a", .code = "long text before", .seq = 70000}),
              R"(u32: 70000 text: "long text before" signals { key: "a" value: 70000 })");
    EXPECT_EQ(render({.vin = "b"}), R"(signals { key: "b" value: 0 })");
    std::string out;
    EXPECT_FALSE(made->render({.code = "x", .seq = -1}, out));
    EXPECT_EQ(render({.vin = "c", .seq = 2}), R"(u32: 2 signals { key: "c" value: 2 })");
    const auto copy = *made;
    out.clear();
    EXPECT_TRUE(copy.render({.vin = "d", .seq = 3}, out));
    EXPECT_EQ(decoded_text(vehicle_proto, "acme.tlm.Report", out), R"(u32: 3 signals { key: "d" value: 3 })");
}

TEST_F(protobuf_payload_test, equal_values_make_equal_bytes) {
    fields with;
    for (int i = 0; i < 20; ++i) {
        with.push_back({"signals[" + std::to_string(i) + "].key", text_of("k" + std::to_string(i) + "{vin}")});
        with.push_back({"signals[" + std::to_string(i) + "].value", text_of("{seq}")});
    }
    std::string first, again, other;
    const auto made = compile(with);
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->render({.vin = "V", .seq = 1}, first));
    EXPECT_TRUE(made->render({.vin = "V", .seq = 1}, again));
    EXPECT_TRUE(compile(with)->render({.vin = "V", .seq = 1}, other));
    EXPECT_EQ(first, again);
    EXPECT_EQ(first, other);
}

TEST_F(protobuf_payload_test, threads_share_a_template) {
    const auto made = compile({{"u32", text_of("{seq}")}, {"tyres[0].notes[0]", text_of("{vin}")}});
    ASSERT_TRUE(made);
    std::vector<std::string> wrong(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t)
        threads.emplace_back([&made, &mine = wrong[t], t] {
            const auto vin = std::to_string(t);
            std::string expected, out;
            made->render({.vin = vin, .seq = static_cast<std::int64_t>(t)}, expected);
            for (int i = 0; i < 200; ++i) {
                out.clear();
                if (!made->render({.vin = vin, .seq = static_cast<std::int64_t>(t)}, out) || out != expected)
                    mine = out;
            }
        });
    for (auto& t : threads) t.join();
    EXPECT_THAT(wrong, testing::Each(""));
}

TEST_F(protobuf_payload_test, names_a_value_that_does_not_convert) {
    const struct {
        const char *field, *text, *why;
    } rows[] = {
        {"i32", "fast", "'fast' is no whole number"},
        {"i32", "61.5", "'61.5' is no whole number"},
        {"i32", "61.", "'61.' is no whole number"},
        {"i32", "", "'' is no whole number"},
        {"i32", " 1", "' 1' is no whole number"},
        {"i32", "+1", "'+1' is no whole number"},
        {"i32", "2147483648", "'2147483648' is not between -2147483648 and 2147483647"},
        {"sf32", "-2147483649", "'-2147483649' is not between -2147483648 and 2147483647"},
        {"i64", "9223372036854775808", "is not between -9223372036854775808 and 9223372036854775807"},
        {"u32", "-1", "'-1' is not between 0 and 4294967295"},
        {"u32", "--1", "'--1' is no whole number"},
        {"f64", "18446744073709551616", "is not between 0 and 18446744073709551615"},
        {"real", "fast", "'fast' is no number"},
        {"real", "", "'' is no number"},
        {"real", "nan", "'nan' is no number"},
        {"wide", "inf", "'inf' is no number"},
        {"wide", "1,5", "'1,5' is no number"},
        {"wide", "1e400", "'1e400' is out of the range of a double"},
        {"real", "1e39", "'1e39' is out of the range of a float"},
        {"on", "yes", "'yes' is neither true nor false"},
        {"on", "", "'' is neither true nor false"},
        {"gear", "DRVE", "unknown value 'DRVE'; did you mean 'DRIVE'?"},
        {"gear", "1", "unknown value '1'; there are: PARK, DRIVE, REVERSE"},
        {"text", "\xff", "' is no UTF-8"},
        {"position.latitude", "north", "'north' is no number"},
        {"numbers[0]", "x", "'x' is no whole number"},
    };
    for (const auto& r : rows) {
        const auto place = std::string(".fields.") + r.field + ": ";
        EXPECT_THAT(rendered({{r.field, text_of("{code}")}}, {.code = r.text}),
                    testing::AllOf(testing::StartsWith(place), HasSubstr(r.why)));
        if (std::string_view(r.text).find('\xff') == std::string_view::npos) {
            EXPECT_THAT(problems_with({{r.field, text_of(r.text)}}),
                        testing::AllOf(testing::StartsWith(place), HasSubstr(r.why)))
                << "a constant, before the load";
        }
    }
}

TEST_F(protobuf_payload_test, a_field_has_one_sentence) {
    const auto made = compile({{"u32", text_of("{code}")}});
    ASSERT_TRUE(made);
    std::string out, first, second;
    EXPECT_FALSE(made->render({.code = "x"}, out, &first));
    EXPECT_FALSE(made->render({.code = "y"}, out, &second));
    EXPECT_FALSE(made->render({.code = "y"}, out)) << "nobody asks";
    EXPECT_EQ(first, ".fields.u32: 'x' is no whole number");
    EXPECT_EQ(second, first);
}

TEST_F(protobuf_payload_test, refuses_fields_that_do_not_fit) {
    const std::pair<fields, std::string_view> rows[] = {
        {{}, ".fields: no field has a value"},
        {{{"sped", text_of("1")}}, ".fields.sped: unknown field 'sped'"},
        {{{"positon.latitude", text_of("1")}},
         "unknown field 'positon'; did you mean 'position'? (of acme.tlm.Report)"},
        {{{"position.lattitude", text_of("1")}},
         ".fields.position.lattitude: unknown field 'lattitude'; did you mean 'latitude'? (of acme.tlm.Position)"},
        {{{"position", text_of("1")}},
         ".fields.position: 'position' is the message acme.tlm.Position; a value belongs to one of its fields, such as "
         "'position.latitude'"},
        {{{"empty", text_of("1")}}, "'empty' is the message acme.tlm.Empty; a value belongs to one of its fields"},
        {{{"real.x", text_of("1")}}, "'real' is a value of the type float and has no fields"},
        {{{"real[0]", text_of("1")}}, ".fields.real[0]: 'real' is no list"},
        {{{"real[0]", text_of("1")}, {"real[1]", text_of("2")}}, ".fields.real[0]: 'real' is no list"}, // once
        {{{"numbers", text_of("1")}}, "'numbers' is a list; write 'numbers[0]' or a list of values"},
        {{{"tyres.pressure", text_of("1")}}, "'tyres' is a list; write 'tyres[0]'"},
        {{{"numbers[1]", text_of("1")}},
         ".fields.numbers[1]: 'numbers[0]' is missing; the indexes of a list begin with 0 and leave none out"},
        {{{"tyres[0].pressure", text_of("1")}, {"tyres[2].pressure", text_of("1")}},
         ".fields.tyres[2].pressure: 'tyres[1]' is missing"},
        {{{"numbers[x]", text_of("1")}}, "'numbers[x]': an index is a number from 0 to 999"},
        {{{"numbers[-1]", text_of("1")}}, "'numbers[-1]': an index is"},
        {{{"numbers[1000]", text_of("1")}}, "'numbers[1000]': an index is"},
        {{{"numbers[0", text_of("1")}}, "'numbers[0': an index is"},
        {{{"numbers[", text_of("1")}}, "'numbers[': an index is"},
        {{{"numbers[0]x", text_of("1")}}, "'numbers[0]x': an index is"},
        {{{"", text_of("1")}}, ".fields.: unknown field ''"},
        {{{"position.", text_of("1")}}, "unknown field ''"},
        {{{"u32", text_of("1")}, {"u32", text_of("2")}}, ".fields.u32: it is there twice; a field has one value"},
        {{{"numbers[0]", text_of("1")}, {"numbers[00]", text_of("2")}}, ".fields.numbers[00]: it is there twice"},
        {{{"number", text_of("1")}, {"word", text_of("2")}},
         ".fields.word: 'number' has a value, too; of the oneof 'kind' only one field has one"},
        {{{"number", text_of("1")}, {"spot.latitude", text_of("2")}},
         ".fields.spot.latitude: 'number' has a value, too"},
        {{{"u32", {.text = "01", .format = form::hex}}},
         ".fields.u32: a value of the type uint32 is written as a text, without {hex: ..} or {base64: ..}"},
        {{{"text", {.text = "01", .format = form::base64}}},
         ".fields.text: a value of the type string is written as a text"},
        {{{"real", {.text = "1", .format = form::json}}}, "without {json: ..} or {file: ..}"},
        {{{"raw", {.text = "0", .format = form::hex}}}, ".fields.raw: it is not hex"},
        {{{"raw", {.text = "/no/such/file", .format = form::file}}},
         ".fields.raw: the file '/no/such/file' cannot be read"},
        {{{"u32", text_of("{sqe}")}}, ".fields.u32: unknown variable 'sqe'; did you mean 'seq'?"},
        {{{"u32", text_of("{signal.Vehicle.Sped}")}}, ".fields.u32: unknown signal 'Vehicle.Sped'"},
    };
    for (const auto& [with, sentence] : rows) {
        const auto text = problems_with(with);
        EXPECT_THAT(text, HasSubstr(std::string(sentence)));
        EXPECT_EQ(std::ranges::count(text, '\n'), 0) << text;
    }
    EXPECT_THAT(problems_with({{"sped", text_of("1")}, {"real", text_of("fast")}, {"u32", text_of("{vni}")}}),
                testing::AllOf(HasSubstr(".fields.sped: "), HasSubstr(".fields.u32: ")))
        << "all at once";
}

TEST_F(protobuf_payload_test, reads_what_protoc_has_written) {
    std::vector<std::string> pointers;
    const auto made = payload_template::compile_protobuf({.descriptor = LOADSIM_TEST_DATA "/protobuf/vehicle.desc",
                                                          .message = "acme.tlm.Position",
                                                          .fields = {{"at.seconds", text_of("{now:s}")},
                                                                     {"vin", text_of("{vin}")},
                                                                     {"number", text_of("{seq}")},
                                                                     {"tyres[0]", text_of("0.5")}}},
                                                         all_symbols(), pointers);
    ASSERT_TRUE(made) << problems_of(made);
    std::string out;
    EXPECT_TRUE(made->render({.vin = "V1", .seq = 150, .now_us = 2'000'000}, out));
    EXPECT_EQ(to_hex(out), "0a020802"
                           "12025631"
                           "189601"
                           "2a08000000000000e03f");
}

TEST_F(protobuf_payload_test, names_required_fields_without_a_value) {
    constexpr std::string_view proto = R"(syntax = "proto2";
        message Report { required int32 a = 1; optional Part part = 2; repeated Part parts = 3; optional int32 b = 4; }
        message Part { required string name = 1; optional int32 size = 2; })";
    EXPECT_EQ(problems_of(compile({{"b", text_of("1")}}, proto, "Report")),
              ".fields: 'a' is required and has no value");
    EXPECT_EQ(
        problems_of(compile({{"a", text_of("{seq}")}, {"part.size", text_of("1")}, {"parts[0].size", text_of("1")}},
                            proto, "Report")),
        ".fields: 'part.name' is required and has no value\n.fields: 'parts[0].name' is required and has no value");
    const auto made = compile({{"a", text_of("{seq}")}, {"part.name", text_of("{vin}")}}, proto, "Report");
    ASSERT_TRUE(made) << problems_of(made);
    std::string out;
    EXPECT_TRUE(made->render({.vin = "V"}, out));
    EXPECT_EQ(decoded_text(proto, "Report", out), R"(a: 0 part { name: "V" })");
}

TEST_F(protobuf_payload_test, refuses_descriptors_with_place_and_remedy) {
    const auto problem = [&](const std::string& bytes, std::string message = "acme.tlm.Report") {
        std::vector<std::string> pointers;
        return problems_of(payload_template::compile_protobuf({.descriptor = folder_.write("bad.desc", bytes),
                                                               .message = std::move(message),
                                                               .fields = {{"u32", text_of("1")}}},
                                                              all_symbols(), pointers));
    };
    const auto place = ".descriptor: the file '" + (folder_ / "bad.desc").string() + "' ";
    const auto good = descriptor_set_of(vehicle_proto);
    const auto no_set = place + "is no FileDescriptorSet; write one with protoc --include_imports "
                                "--descriptor_set_out=FILE";
    for (const std::string& bytes :
         {std::string(), std::string(vehicle_proto), good.substr(0, good.size() / 2), std::string("\x0a\0", 2),
          parsed_proto("test.proto", vehicle_proto).SerializeAsString(), good + "\x50\x01", std::string(100, '\0')})
        EXPECT_EQ(problem(bytes), no_set) << bytes.size();
    EXPECT_EQ(problem(good), "");
    EXPECT_EQ(problem(good + good), "") << "two sets, one behind the other";
    EXPECT_EQ(problem(good, "acme.tlm.Reprt"),
              ".message: unknown message 'acme.tlm.Reprt'; did you mean 'acme.tlm.Report'?");
    EXPECT_EQ(problem(good, "Report"), ".message: unknown message 'Report'; did you mean 'acme.tlm.Report'?");
    EXPECT_EQ(problem(good, "Nothing"),
              ".message: unknown message 'Nothing'; there are: acme.tlm.Position, acme.tlm.Empty, acme.tlm.Tyre, "
              "acme.tlm.Report, acme.tlm.Report.Nested");
    std::vector<std::string> pointers;
    EXPECT_THAT(problems_of(payload_template::compile_protobuf({.descriptor = "/no/such/file", .message = "M"},
                                                               all_symbols(), pointers)),
                HasSubstr(".descriptor: the file '/no/such/file' cannot be read (No such file"));

    google::protobuf::FileDescriptorSet all;
    *all.add_file() =
        parsed_proto("a.proto", R"(syntax = "proto3"; import "b.proto"; message A { B b = 1; uint32 u32 = 2; })");
    EXPECT_EQ(
        problem(all.SerializeAsString(), "A"),
        ".message: the descriptor set lacks b.proto, which a.proto imports; write it with protoc --include_imports");
    *all.add_file() = parsed_proto("b.proto", R"(syntax = "proto3"; message B {})");
    EXPECT_EQ(problem(all.SerializeAsString(), "A"), "") << "in any order";
    *all.add_file() = parsed_proto("c.proto", R"(syntax = "proto3"; message B { int32 other = 1; })");
    EXPECT_EQ(problem(all.SerializeAsString(), "A"),
              place + "has a type of c.proto twice; write one with protoc --include_imports --descriptor_set_out=FILE");
    all.Clear();
    *all.add_file() = parsed_proto("d.proto", R"(syntax = "proto3"; message A { Missing m = 1; uint32 u32 = 2; })");
    EXPECT_THAT(problem(all.SerializeAsString(), "A"),
                HasSubstr(".message: the descriptor set is wrong: d.proto, A.m: \"Missing\" is not defined"));
}
