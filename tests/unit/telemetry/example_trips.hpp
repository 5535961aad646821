// Trip options of the tests.
#pragma once

#include <loadsim/telemetry/trip_options.hpp>

namespace example {

using namespace std::chrono_literals;
using loadsim::nanoseconds;
using namespace loadsim::telemetry;

/// Two routes: one with different ends, and a closed one. Legs of 1 to 6 km.
inline std::vector<route> routes() {
    return {{{48.10, 11.50, 520}, {48.12, 11.53, 525}, {48.15, 11.52, 540}, {48.16, 11.58, 500}, {48.20, 11.64, 470}},
            {{52.50, 13.30, 40}, {52.52, 13.34, 45}, {52.50, 13.38, 50}, {52.48, 13.34, 35}, {52.50, 13.30, 40}}};
}

inline trip_options commuters() {
    trip_options o;
    o.round_trips = {
        {.departure = 7h + 45min, .departure_back = 17h + 15min, .spread = 35min, .share = {0.9}, .days = working_days},
        {.departure = 11h,
         .departure_back = 13h,
         .spread = 1h,
         .share = {0.5},
         .days = ~working_days,
         .length = {6'000, 40'000}}};
    o.routes = routes();
    return o;
}

/// Long trips of a short charge: charges between trips.
inline trip_options deliveries() {
    trip_options o;
    for (const auto departure : {nanoseconds{6h}, nanoseconds{9h + 20min}, nanoseconds{12h + 40min}, nanoseconds{16h}})
        o.round_trips.push_back({.departure = departure,
                                 .departure_back = departure + 100min,
                                 .spread = 10min,
                                 .days = working_days,
                                 .length = {30'000, 60'000}});
    o.stops = {.spacing = 400, .least_time = 30s};
    o.weather = {.mean = 20, .swing = 6, .spread = 3};
    o.routes = routes();
    return o;
}

/// Away over midnight, in the cold.
inline trip_options night_shift() {
    trip_options o;
    o.round_trips = {{.departure = 22h, .departure_back = 6h, .spread = 20min, .days = working_days}};
    o.weather = {.mean = -8, .swing = 4, .spread = 4};
    o.routes = routes();
    return o;
}

} // namespace example
