// Options of the trips of the fleet's vehicles.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::telemetry {

enum class weekday : std::uint8_t { monday, tuesday, wednesday, thursday, friday, saturday, sunday };

/// Days of the week, by weekday.
using weekday_set = std::bitset<7>;
inline constexpr weekday_set every_day{0b1111111};
inline constexpr weekday_set working_days{0b0011111};

/// Length of a trip, different in each vehicle: lognormal, and bounded (see vehicle_model).
struct trip_length {
    double median = 12'000; ///< metres
    double p99 = 80'000;    ///< metres
    friend bool operator==(const trip_length&, const trip_length&) = default;
};

/// Two trips of a vehicle: to a place on its route, and back.
struct round_trip {
    nanoseconds departure{};      ///< mean time of day
    nanoseconds departure_back{}; ///< mean time of day; earlier than the departure: on the next day
    nanoseconds spread{};         ///< standard deviation of both departures
    fraction share{1};            ///< of the days on which a vehicle makes it
    weekday_set days = every_day; ///< of the departure
    trip_length length{};         ///< of one of the two trips
    friend bool operator==(const round_trip&, const round_trip&) = default;
};

/// Stops between departure and arrival: traffic lights, or deliveries.
struct stop_options {
    double spacing = 600; ///< metres, off the motorway
    nanoseconds least_time{5'000'000'000};
    friend bool operator==(const stop_options&, const stop_options&) = default;
};

/// Outside temperature: a sine over the day, warmest at 15:00, and the weather of each day.
struct weather_options {
    double mean = 12;  ///< degrees Celsius, of all days
    double swing = 5;  ///< degrees above and below the mean of a day
    double spread = 3; ///< standard deviation of the means of days
    friend bool operator==(const weather_options&, const weather_options&) = default;
};

/// A point of a route. Altitude in metres.
struct way_point {
    double latitude = 0;
    double longitude = 0;
    double altitude = 0;
    friend bool operator==(const way_point&, const way_point&) = default;
};

/// Way points in order. A vehicle that comes to the last one continues to the first one if they are the same point, and
/// turns round otherwise.
using route = std::vector<way_point>;

/// Days of the vehicles.
struct trip_options {
    nanoseconds start = std::chrono::hours{7} + std::chrono::minutes{30}; ///< time of day at the start of the load
    double speed = 1;                                                     ///< simulated seconds per second
    weekday first_day = weekday::monday;                                  ///< weekday of the first day
    std::vector<round_trip> round_trips{};                                ///< empty: all vehicles are parked
    stop_options stops{};
    weather_options weather{};
    double charge_power = 11;               ///< kW of a charge that need not be faster
    std::vector<route> routes{};            ///< each vehicle has one of them; at least one
    std::vector<std::string> route_files{}; ///< from which the routes were read; empty: from none
    friend bool operator==(const trip_options&, const trip_options&) = default;
};

inline constexpr std::size_t max_round_trips = 8;
inline constexpr double least_trip_length = 500; ///< metres

/// Why vehicles cannot drive along a route, and what to do about it. Empty: they can.
std::string route_problem(const route&);
/// One sentence for each problem: what is wrong and what to do about it. Empty: usable.
std::vector<std::string> check(const trip_options&);

} // namespace loadsim::telemetry
