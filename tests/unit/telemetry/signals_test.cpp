// Table of signals, their names and their values as text.
#include <loadsim/telemetry/signals.hpp>

#include <gmock/gmock.h>

#include <set>

using namespace loadsim;
using namespace loadsim::telemetry;
using testing::StartsWith;

namespace {

using name = loadsim::telemetry::signal;

std::string text(name s, double value) {
    signal_values v;
    v[s] = value;
    std::string out = "=";
    append(v, s, out);
    return out.substr(1);
}

} // namespace

TEST(signals, have_distinct_vss_names_and_bounds) {
    std::set<std::string_view> names;
    for (const auto& s : signal_table()) {
        EXPECT_THAT(std::string(s.name), StartsWith("Vehicle."));
        EXPECT_TRUE(names.insert(s.name).second) << s.name;
        EXPECT_EQ(find_signal(s.name).value(), s.id);
        EXPECT_LT(s.least, s.most) << s.name;
        EXPECT_EQ(s.type == signal_type::number, s.change_most > 0) << s.name;
    }
}

TEST(signals, have_the_names_of_the_table_alone) { EXPECT_FALSE(find_signal("Vehicle.Sped")); }

TEST(signals, numbers_have_a_fixed_number_of_digits) {
    EXPECT_EQ(text(name::speed, 61.46), "61.5");
    EXPECT_EQ(text(name::speed, 0), "0.0");
    EXPECT_EQ(text(name::speed, 99.96), "100.0");
    EXPECT_EQ(text(name::traveled_distance, 123456789.4), "123456789");
    EXPECT_EQ(text(name::latitude, 48.0000012), "48.000001");
    EXPECT_EQ(text(name::longitude, -0.5), "-0.500000");
    EXPECT_EQ(text(name::acceleration, -1.005001), "-1.01");
    EXPECT_EQ(text(name::acceleration, -0.001), "0.00") << "no negative zero";
}

TEST(signals, booleans_and_texts_are_words) {
    EXPECT_EQ(text(name::is_moving, 1), "true");
    EXPECT_EQ(text(name::is_moving, 0), "false");
    const char* words[] = {"LOCK", "OFF", "ACC", "ON"};
    for (int i = 0; i < 4; ++i) EXPECT_EQ(text(name::low_voltage_state, i), words[i]);
}

TEST(signals, json_quotes_texts_alone) {
    signal_values v;
    std::string out;
    append_json(v, name::low_voltage_state, out);
    append_json(v, name::horn, out);
    append_json(v, name::speed, out);
    EXPECT_EQ(out, "\"LOCK\"false0.0");
}
