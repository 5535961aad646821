// Windows of the trips in a week: what the options say, before any vehicle.
#pragma once

#include <loadsim/telemetry/trip_options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadsim::telemetry {

inline constexpr nanoseconds day_length = std::chrono::hours{24};

// Parts of a trip's window that are free of driving.
inline constexpr nanoseconds free_before_departure = std::chrono::minutes{3}; ///< doors, ignition, end of a charge
inline constexpr nanoseconds free_after_arrival = std::chrono::minutes{25};   ///< doors, a charge before the next trip
inline constexpr nanoseconds end_of_day = std::chrono::hours{2};              ///< free of trips: charge, cooling down

/// One of the two trips of a round trip. Times since the begin of the day.
struct trip_slot {
    std::size_t round_trip = 0;
    bool back = false;
    nanoseconds departure{}; ///< mean
    nanoseconds spread{};    ///< standard deviation
    nanoseconds earliest{};  ///< departure
    nanoseconds latest{};    ///< arrival
};

/// Trips of each weekday, in order; their windows do not overlap.
struct week_plan {
    nanoseconds day_begin{};                    ///< time of day; may be negative: on the day before
    std::array<std::vector<trip_slot>, 7> days; ///< by weekday of the begin of the day
    std::vector<double> length_most;            ///< of each round trip, in metres; less than least_trip_length: no room
};

/// The plan of the options; without trips if their round trips leave too little time in which all vehicles are at home.
struct planned_week {
    week_plan plan;
    bool fits = true; ///< the round trips leave enough time
};
planned_week plan_week(const trip_options&);

/// Largest trip whose duration is not more, in metres.
double length_for(nanoseconds duration, const stop_options&);

} // namespace loadsim::telemetry
