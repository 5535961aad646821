// Built-in trip profiles and routes, and the keys of a profile.
#include "scenario_text.hpp"

#include "schema_visitors.hpp"
#include "telemetry/builtin_trips.hpp"

#include <loadsim/telemetry/vehicle_model.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const trip_profile& profile(std::string_view name) {
    for (const auto& p : builtin_trip_profiles())
        if (p.name == name) return p;
    throw std::out_of_range(std::string(name));
}

telemetry::trip_options with_routes(const trip_profile& p) {
    auto options = p.options;
    options.routes = builtin_routes();
    return options;
}

/// Share of the fleet that drives, mean of an interval of a day, in percent.
double driving(const telemetry::vehicle_model& model, nanoseconds from, nanoseconds until) {
    int samples = 0, drive = 0;
    for (auto t = from; t < until; t += 10min)
        for (std::uint32_t v = 0; v < 500; ++v, ++samples)
            drive += model.state_at(vehicle_id{v}, t) == telemetry::drive_state::driving ? 1 : 0;
    return 100.0 * drive / samples;
}

/// First problem of a profile, "" for none.
std::string profile_problem_of(std::string_view yaml) {
    read_context r;
    const auto node = parse_yaml(yaml, 0, r);
    trip_profile made;
    value_types::trip_profile{}.read(r, *node, made);
    return r.located_problems().empty() ? ""
                                        : r.located_problems().front().path + ": " + r.located_problems().front().text;
}

} // namespace

TEST(builtin_trips, are_usable) {
    std::vector<std::string> names;
    for (const auto& p : builtin_trip_profiles()) {
        names.push_back(p.name);
        EXPECT_THAT(telemetry::check(with_routes(p)), IsEmpty()) << p.name;
    }
    EXPECT_THAT(names, ElementsAre("commuters", "deliveries", "weekend", "winter-morning"));
}

TEST(builtin_trips, commuters_have_a_morning_and_an_evening_rush) {
    const telemetry::vehicle_model model(with_routes(profile("commuters")), 1);
    const double morning = driving(model, 7h, 9h);
    const double evening = driving(model, 16h, 19h);
    EXPECT_GT(morning, 5);
    EXPECT_GT(evening, 5);
    for (const int hour : {0, 2, 4, 5, 11, 12, 13, 21, 23})
        EXPECT_LT(driving(model, 1h * hour, 1h * (hour + 1)), morning / 3) << hour;
    EXPECT_LT(driving(model, 5 * 24h + 7h, 5 * 24h + 9h), 1) << "Saturday";
}

TEST(builtin_trips, have_the_days_and_times_of_their_comments) {
    const telemetry::vehicle_model weekend(with_routes(profile("weekend")), 1);
    EXPECT_GT(driving(weekend, 5 * 24h + 8h, 5 * 24h + 18h), 3 * driving(weekend, 8h, 14h) + 3);
    const telemetry::vehicle_model deliveries(with_routes(profile("deliveries")), 1);
    EXPECT_GT(driving(deliveries, 6h, 19h), 15);
    EXPECT_EQ(driving(deliveries, 6 * 24h + 6h, 6 * 24h + 19h), 0) << "Sunday";
    const telemetry::vehicle_model winter(with_routes(profile("winter-morning")), 1);
    EXPECT_GT(driving(winter, 7h, 8h), driving(telemetry::vehicle_model(with_routes(profile("commuters")), 1), 7h, 8h));
    EXPECT_LT(winter.signals_at(vehicle_id{1}, 7h)[telemetry::signal::outside_temperature], 5);
}

TEST(builtin_trips, signals_change_within_their_bounds) {
    EXPECT_EQ(builtin_routes().size(), 4U);
    for (const auto& p : builtin_trip_profiles()) {
        const telemetry::vehicle_model model(with_routes(p), 1);
        for (std::uint32_t v = 0; v < 4; ++v) {
            const auto from = 24h * (v % 2 == 0 ? 0 : 5) + 6h; // Monday, Saturday
            auto before = model.signals_at(vehicle_id{v}, from);
            for (auto t = nanoseconds{from} + 1s; t < from + 6h; t += 1s) {
                const auto now = model.signals_at(vehicle_id{v}, t);
                for (const auto& s : telemetry::signal_table()) {
                    ASSERT_GE(now[s.id], s.least) << p.name << ": " << s.name;
                    ASSERT_LE(now[s.id], s.most) << p.name << ": " << s.name;
                    if (s.type != telemetry::signal_type::number) continue;
                    const double by = now[s.id] - before[s.id];
                    const double change = s.id == telemetry::signal::heading ? std::remainder(by, 360.0) : by;
                    ASSERT_LE(std::abs(change), s.change_most + 1e-6) << p.name << ": " << s.name;
                }
                before = now;
            }
        }
    }
}

TEST(trip_profile, is_written_as_it_was_read) {
    for (const auto& p : builtin_trip_profiles()) {
        const auto yaml = to_yaml(value_types::trip_profile{}.write(p));
        read_context r;
        const auto node = parse_yaml(yaml, 0, r);
        trip_profile again;
        again.name = p.name;
        value_types::trip_profile{}.read(r, *node, again);
        EXPECT_THAT(r.located_problems(), IsEmpty()) << yaml;
        EXPECT_EQ(again.options, p.options) << yaml;
    }
}

TEST(trip_profile, of_wrong_values_gets_the_place_and_the_remedy) {
    const std::pair<const char*, const char*> cases[] = {
        {"{}", "'departures' is missing"},
        {"departures: [{at: \"07:45\"}]", "departures[0]: 'back' is missing"},
        {"departures: [{at: 7h, back: \"17:00\"}]", "departures[0].at: '7h' is no time of day"},
        {"departures: [{at: \"24:00\", back: \"17:00\"}]", "departures[0].at: '24:00' is no time of day"},
        {"departures: [{at: \"07:4x\", back: \"17:00\"}]", "departures[0].at: '07:4x' is no time of day"},
        {"departures: [{at: \"07:00\", back: \"17:00\", days: [mondy]}]",
         "departures[0].days[0]: unknown value 'mondy'"},
        {"departures: [{at: \"07:00\", back: \"17:00\", days: never}]", "departures[0].days: unknown value 'never'"},
        {"{departures: [], length: {median: 12, p99: 80km}}", "length.median: '12' is no distance"},
        {"{departures: [], length: {median: -1km, p99: 80km}}", "length.median: '-1km' is no distance"},
        {"{departures: [], stops: {every: 10m}}", "the spacing of stops is from 100m to 100km"},
        {"departures: [{at: \"07:00\", back: \"07:00\"}]", "choose another one"},
        {"{departures: [], speed: 1}", "speed"},
    };
    for (const auto& [yaml, sentence] : cases) EXPECT_THAT(profile_problem_of(yaml), HasSubstr(sentence)) << yaml;
    EXPECT_EQ(profile_problem_of("departures: [{at: \"07:00\", back: \"17:00\"}]"), "");
}
