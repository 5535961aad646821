// Trips and charges of one vehicle on one day.
#pragma once

#include "ramped_pulse.hpp"
#include "vehicle_traits.hpp"
#include "weather.hpp"
#include "week_plan.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/telemetry/trip_options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loadsim::telemetry {

/// Times of day here: since the begin of the vehicle's day.
struct planned_trip {
    std::size_t number = 0; ///< twice that of the round trip, and 1 more on the way back
    bool back = false;
    nanoseconds departure{}, arrival{};
    double length = 0;   ///< metres
    double from = 0;     ///< metres from home along the route, at the departure
    double odometer = 0; ///< metres, at the departure
    double energy = 0;   ///< kWh per metre
    double level = 0;    ///< kWh at the departure
};

struct planned_charge {
    nanoseconds begin{}, end{};
    ramped_pulse power; ///< kW; its area is in kW * s
    double level = 0;   ///< kWh at the begin
};

struct vehicle_day {
    std::int64_t number = 0; ///< -1: begins before the first midnight
    vehicle_traits traits;
    double odometer = 0; ///< metres, at the begin
    std::size_t trip_count = 0, charge_count = 0;
    std::array<planned_trip, 2 * max_round_trips> trip_list;
    std::array<planned_charge, 2 * max_round_trips> charge_list;

    std::span<const planned_trip> trips() const { return {trip_list.data(), trip_count}; }
    std::span<const planned_charge> charges() const { return {charge_list.data(), charge_count}; }
    double full() const { return traits.full_level * traits.capacity; } ///< kWh; at the begin and at the end
};

/// Makes the days of vehicles. Threads: const, any.
class day_planner {
public:
    day_planner(const trip_options&, std::uint64_t seed);

    std::int64_t day_at(nanoseconds day_time) const;
    nanoseconds begin_of(std::int64_t day) const { return day * day_length + week_.day_begin; }
    vehicle_day day_of(vehicle_id, std::int64_t day) const;

    const weather& outside() const { return weather_; }

private:
    struct round_trip_numbers {
        double median = 0, log_range = 0; ///< length: median * exp(log_range * bell)
        double length_most = 0;
        std::uint64_t share = 0; ///< of 2^64
        unsigned days = 0;       ///< bit for each weekday on which it begins
    };
    struct own_round_trip {
        double length = 0;
        unsigned days = 0;
    };
    using own_round_trips = std::array<own_round_trip, max_round_trips>;

    own_round_trips round_trips_of(vehicle_id, const vehicle_traits&) const;
    void add_trips(vehicle_day&, vehicle_id, const own_round_trips&, std::size_t weekday) const;
    void add_charges(vehicle_day&, vehicle_id) const;
    void add_charge(vehicle_day&, nanoseconds begin, nanoseconds end_most, double level) const;

    std::uint64_t seed_;
    trip_options options_;
    week_plan week_;
    weather weather_;
    std::vector<round_trip_numbers> round_trips_;
};

} // namespace loadsim::telemetry
