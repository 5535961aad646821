// What is wrong with trip options.
#include "example_trips.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <limits>

using namespace loadsim::telemetry;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(trip_options, of_the_examples_are_usable) {
    EXPECT_THAT(check(example::commuters()), IsEmpty());
    EXPECT_THAT(check(example::deliveries()), IsEmpty());
    EXPECT_THAT(check(example::night_shift()), IsEmpty());
    trip_options parked;
    parked.routes = example::routes();
    EXPECT_THAT(check(parked), IsEmpty());
}

TEST(trip_options, get_one_sentence_for_each_problem) {
    struct bad_case {
        std::function<void(trip_options&)> change;
        std::string sentence;
    };
    const bad_case cases[] = {
        {[](auto& o) { o.start = 24h; }, "the start is a time of day"},
        {[](auto& o) { o.speed = 0; }, "the speed is from 0.001"},
        {[](auto& o) { o.charge_power = 0.5; }, "the charge power is from 1 to 350 kW"},
        {[](auto& o) { o.stops.spacing = 10; }, "the spacing of stops"},
        {[](auto& o) { o.stops.least_time = 2h; }, "the time of a stop"},
        {[](auto& o) { o.weather.mean = std::numeric_limits<double>::quiet_NaN(); }, "weather: the mean"},
        {[](auto& o) { o.routes.clear(); }, "there is no route"},
        {[](auto& o) {
             o.routes[1][0] = {11.5, 95, 0};
         },
         "route 2: way points"},
        {[](auto& o) {
             o.routes[1][0] = {111.5, 48, 0};
         },
         "GeoJSON has the longitude first"},
        {[](auto& o) { o.routes[0].resize(1); }, "route 1: it is shorter than 1 km"},
        {[](auto& o) { o.round_trips.resize(9, o.round_trips[0]); }, "9 round trips; at most 8"},
        {[](auto& o) { o.round_trips[0].departure_back = -1h; }, "round trip 1: a departure is a time of day"},
        {[](auto& o) { o.round_trips[0].departure_back = o.round_trips[0].departure; }, "choose another one"},
        {[](auto& o) { o.round_trips[1].spread = 13h; }, "round trip 2: the spread"},
        {[](auto& o) { o.round_trips[0].share = {1.5}; }, "the share is from 0% to 100%"},
        {[](auto& o) { o.round_trips[0].days.reset(); }, "it has no weekday"},
        {[](auto& o) {
             o.round_trips[0].length = {20'000, 10'000};
         },
         "its p99 is not less than its median"},
        {[](auto& o) { o.round_trips[0].departure_back = 7h; }, "less than 2h of the day"},
        {[](auto& o) { o.round_trips[0].departure_back = 7h + 55min; }, "round trip 1 has too little time"},
    };
    for (const auto& c : cases) {
        auto options = example::commuters();
        c.change(options);
        EXPECT_THAT(check(options), ElementsAre(HasSubstr(c.sentence))) << c.sentence;
    }
}
