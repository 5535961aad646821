// Properties of a vehicle that never change.
#pragma once

#include <loadsim/base/ids.hpp>

#include <array>
#include <cstdint>

namespace loadsim::telemetry {

/// Consumption on a motorway against that in town, at most: see vehicle_day.
inline constexpr double motorway_consumption = 1.25;
inline constexpr double least_level = 0.10; ///< of the battery, at an arrival

struct vehicle_traits {
    double capacity = 0;     ///< kWh
    double full_level = 0;   ///< of the capacity, at the end of a charge
    double consumption = 0;  ///< kWh per metre in town at 20 degrees
    double odometer = 0;     ///< metres at the begin of the week before the first day
    double home = 0;         ///< of the vehicle's route, 0 to 1
    std::uint32_t route = 0; ///< number below `routes`
    double warmer_by = 0;    ///< degrees Celsius above the fleet's weather
};

vehicle_traits traits_of(std::uint64_t seed, vehicle_id, std::size_t routes);

/// Tyres: pressure lost in the time between two inflations, in kPa, and where in that time the first day is, 0 to 1.
struct tyre_traits {
    std::array<double, 4> loss{};
    double phase = 0;
};
tyre_traits tyres_of(std::uint64_t seed, vehicle_id);

} // namespace loadsim::telemetry
