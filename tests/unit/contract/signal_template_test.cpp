// {signal.NAME} in templates.
#include "template_fixture.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;
using testing::HasSubstr;

namespace {

const fixed_signals driving({"61.5", "true", "", "ON \"1\""});
const template_values of_driving{.signals = &driving};

std::string signal_problem(std::string_view text, const template_symbols& symbols = all_symbols()) {
    std::vector<std::string> pointers;
    return problems_of(text_template::compile(text, symbols, pointers));
}

} // namespace

TEST(signal_template, renders_values_as_the_source_writes_them) {
    EXPECT_EQ(compiled("v={signal.Vehicle.Speed} {signal.Vehicle.IsMoving}[{signal.Vehicle.Cabin.Door.Row1}]")
                  .rendered(of_driving),
              "v=61.5 true[]");
    EXPECT_EQ(compiled("[{signal.Vehicle.Speed}]").rendered({}), "[]") << "without a source no signal has a value";
}

TEST(signal_template, json_has_numbers_and_booleans_bare) {
    const auto text = compiled_json(
        R"({"a":{signal.Vehicle.Speed},"b":{signal.Vehicle.IsMoving},"c":{signal.Vehicle.Cabin.Door.Row1},"d":{signal.Vehicle.LowVoltageSystemState},"e":"{signal.Vehicle.Speed} {signal.Vehicle.LowVoltageSystemState}"})");
    EXPECT_EQ(text.rendered(of_driving), R"({"a":61.5,"b":true,"c":null,"d":"ON \"1\"","e":"61.5 ON \"1\""})");
    const struct {
        const char *value, *bare, *quoted;
    } rows[] = {
        {"0", "0", "0"},
        {"-0.5", "-0.5", "-0.5"},
        {"false", "false", "false"},
        {"null", "null", "null"},
        {"", "null", ""},
        {"nan", R"("nan")", "nan"},
        {"01", R"("01")", "01"},
        {"1e5", R"("1e5")", "1e5"},
        {"1.", R"("1.")", "1."},
        {"a\nb", R"("a\nb")", "a\\nb"},
        {"{x", R"("{x")", "{x"},
    };
    for (const auto& r : rows) {
        const fixed_signals one({r.value});
        std::string out = "before ";
        compiled_json("{signal.Vehicle.Speed}").render({.signals = &one}, out);
        EXPECT_EQ(out, std::string("before ") + r.bare) << r.value;
        EXPECT_EQ(compiled_json(R"("{signal.Vehicle.Speed}")").rendered({.signals = &one}),
                  std::string("\"") + r.quoted + "\"")
            << r.value;
    }
}

TEST(signal_template, paths_are_percent_encoded) {
    std::vector<std::string> pointers;
    const auto path = text_template::compile_path(
        "/{signal.Vehicle.Speed}/{signal.Vehicle.LowVoltageSystemState}/{raw:signal.Vehicle.LowVoltageSystemState}",
        all_symbols(), pointers);
    ASSERT_TRUE(path) << problems_of(path);
    EXPECT_EQ(path->rendered(of_driving), "/61.5/ON%20%221%22/ON \"1\"");
}

TEST(signal_template, a_section_is_there_when_the_signal_has_a_value) {
    const auto text = compiled("{#signal.Vehicle.Speed}{signal.Vehicle.Speed}{/signal.Vehicle.Speed}");
    EXPECT_EQ(text.rendered(of_driving), "61.5");
    const fixed_signals parked({"0"}), absent({""});
    EXPECT_EQ(text.rendered({.signals = &parked}), "0") << "0 is a value";
    EXPECT_EQ(text.rendered({.signals = &absent}), "");
    EXPECT_EQ(text.rendered({}), "");
}

TEST(signal_template, says_whether_signals_are_used) {
    EXPECT_TRUE(compiled("{vin}{signal.Vehicle.Speed}").uses_signals());
    EXPECT_TRUE(compiled("{#signal.Vehicle.Speed}x{/signal.Vehicle.Speed}").uses_signals());
    EXPECT_FALSE(compiled("{vin}").uses_signals());
    EXPECT_FALSE(compiled("{vin}{signal.Vehicle.Speed}").is_constant());
    EXPECT_EQ(compiled("a/{signal.Vehicle.Speed}/b").topic_filter({}), "a/+/b");
}

TEST(signal_template, refuses_unknown_names_with_the_nearest_one) {
    EXPECT_EQ(signal_problem("{signal.Vehicle.Sped}"), "unknown signal 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?");
    EXPECT_EQ(signal_problem("{signal.Speed}"), "unknown signal 'Speed'; did you mean 'Vehicle.Speed'?");
    EXPECT_EQ(signal_problem("{signal.Car.Motion.speed}"),
              "unknown signal 'Car.Motion.speed'; did you mean 'Vehicle.Speed'?");
    EXPECT_EQ(signal_problem("{signal.Odometer}"), "unknown signal 'Odometer'; there are: Vehicle.Speed, "
                                                   "Vehicle.IsMoving, Vehicle.Cabin.Door.Row1, "
                                                   "Vehicle.LowVoltageSystemState");
    EXPECT_EQ(signal_problem("{Vehicle.Speed}"),
              "unknown variable 'Vehicle.Speed'; did you mean 'signal.Vehicle.Speed'?");
    EXPECT_EQ(signal_problem("{#signal.Vehicle.Sped}x{/signal.Vehicle.Sped}"),
              "unknown signal 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?");
    EXPECT_THAT(signal_problem("{xyz}"), HasSubstr(", signal.NAME"));
    EXPECT_THAT(signal_problem("{signal.Vehicle.Speed}", {.variables = bit(variable::vin)}),
                HasSubstr("'signal.Vehicle.Speed' has no value here; there are: vin"))
        << "a template that is not of a vehicle";
    std::vector<std::string> many;
    for (int i = 0; i < 25; ++i) many.push_back("Vehicle.Signal" + std::to_string(i));
    EXPECT_THAT(signal_problem("{signal.Odometer}", {.signals = many}),
                testing::EndsWith("Vehicle.Signal19 and 5 more"));
}
