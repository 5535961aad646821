// Position and heading on a route by the distance along it.
#pragma once

#include <loadsim/telemetry/trip_options.hpp>

#include <vector>

namespace loadsim::telemetry {

/// Great-circle distance in metres (haversine; mean radius of the earth).
double distance(const way_point&, const way_point&);

struct track_position {
    way_point point;
    double heading = 0; ///< degrees from north, clockwise, of a vehicle that moves along the route; not normalised
};

/// A route as a closed line: one with different ends continues back to its begin. Between way points latitude, longitude
/// and altitude are linear in the distance; the heading turns within 50 m before and after a way point.
class route_track {
public:
    explicit route_track(const route&);       ///< a route without a problem: see check(trip_options)
    double length() const { return length_; } ///< of the closed line
    track_position at(double distance) const; ///< any distance, also negative

private:
    struct leg {
        double start = 0, length = 0;
        way_point from;
        double latitude_slope = 0, longitude_slope = 0, altitude_slope = 0; ///< per metre
        double heading = 0;
        double turn = 0;   ///< at its end, in degrees, -180 to 180
        double radius = 0; ///< of the turn at its end, in metres
    };
    std::vector<leg> legs_;
    double length_ = 0;
};

} // namespace loadsim::telemetry
