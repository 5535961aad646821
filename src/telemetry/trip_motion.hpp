// Speed and distance within a trip.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/telemetry/trip_options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace loadsim::telemetry {

inline constexpr double acceleration_most = 2;      ///< m/s^2, also when braking
inline constexpr double town_speed = 50 / 3.6;      ///< m/s, largest
inline constexpr double motorway_speed = 130 / 3.6; ///< m/s, largest
inline constexpr double town_length = 3000;         ///< metres at each end of a trip; only town up to twice that

/// Part of a trip with equal distances between stops. From stop to stop the vehicle takes `leg_time`, faster or slower; the
/// rest of the time it stands.
struct trip_part {
    double start = 0;       ///< seconds after the departure
    double from = 0;        ///< metres from the departure
    std::uint32_t legs = 0; ///< 0: no such part
    double leg_length = 0, leg_time = 0;
    double speed_most = 0;

    double end() const { return start + legs * leg_time; }
};

/// A trip of a given length: town, motorway, town.
struct trip_shape {
    trip_shape(double length, const stop_options&);

    std::array<trip_part, 3> parts{};
    double length = 0;   ///< metres
    double duration = 0; ///< seconds
    double motorway_share() const { return length > 0 ? parts[1].legs * parts[1].leg_length / length : 0; }
};

/// At an instant of a trip.
struct trip_motion {
    double distance = 0;      ///< metres from the departure
    double speed = 0;         ///< m/s
    double acceleration = 0;  ///< m/s^2
    double in_leg = 0;        ///< seconds since the last stop was left
    std::uint64_t random = 0; ///< of the leg
};

/// Random numbers of the legs of a trip.
struct leg_numbers {
    std::uint64_t seed = 0;
    vehicle_id vehicle{};
    std::int64_t day = 0;
    std::size_t trip = 0;
};

/// `t`: seconds after the departure, 0 to duration.
trip_motion motion_at(const trip_shape&, double t, const leg_numbers&);

} // namespace loadsim::telemetry
