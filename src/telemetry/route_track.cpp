#include "route_track.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace loadsim::telemetry {
namespace {

constexpr double earth_radius = 6'371'008.8; // metres, mean (IUGG)
constexpr double turn_radius = 50;           // metres
constexpr double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// Degrees to the east; negative: to the west. The shorter way, also across the 180th meridian.
double degrees_east(const way_point& from, const way_point& to) {
    return std::remainder(to.longitude - from.longitude, 360.0);
}

double heading_of(const way_point& from, const way_point& to) {
    const double north = to.latitude - from.latitude;
    const double east = degrees_east(from, to) * std::cos(radians((from.latitude + to.latitude) / 2));
    return std::atan2(east, north) * 180 / std::numbers::pi;
}

} // namespace

double distance(const way_point& a, const way_point& b) {
    const double by_latitude = std::sin(radians(b.latitude - a.latitude) / 2);
    const double by_longitude = std::sin(radians(b.longitude - a.longitude) / 2);
    const double h = by_latitude * by_latitude +
                     std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * by_longitude * by_longitude;
    return 2 * earth_radius * std::asin(std::sqrt(std::min(h, 1.0)));
}

route_track::route_track(const route& points) {
    route line;
    for (const auto& p : points)
        if (line.empty() || distance(line.back(), p) > 0) line.push_back(p);
    if (distance(line.front(), line.back()) > 0)
        for (std::size_t i = line.size() - 1; i-- > 0;) line.push_back(route::value_type{line[i]});
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        leg l;
        l.start = length_;
        l.from = line[i];
        l.length = distance(line[i], line[i + 1]);
        l.latitude_slope = (line[i + 1].latitude - line[i].latitude) / l.length;
        l.longitude_slope = degrees_east(line[i], line[i + 1]) / l.length;
        l.altitude_slope = (line[i + 1].altitude - line[i].altitude) / l.length;
        l.heading = heading_of(line[i], line[i + 1]);
        length_ += l.length;
        legs_.push_back(l);
    }
    for (std::size_t i = 0; i < legs_.size(); ++i) {
        const auto& next = legs_[(i + 1) % legs_.size()];
        legs_[i].turn = std::remainder(next.heading - legs_[i].heading, 360.0);
        legs_[i].radius = std::min({turn_radius, legs_[i].length / 2, next.length / 2});
    }
}

track_position route_track::at(double any_distance) const {
    double along = std::fmod(any_distance, length_);
    if (along < 0) along += length_;
    const auto after =
        std::upper_bound(legs_.begin(), legs_.end(), along, [](double value, const leg& l) { return value < l.start; });
    const auto& l = *(after - 1); // the first leg starts at 0
    const auto& before = l.start > 0 ? *(after - 2) : legs_.back();
    const double in_leg = along - l.start;
    track_position p;
    p.point = {l.from.latitude + in_leg * l.latitude_slope, l.from.longitude + in_leg * l.longitude_slope,
               l.from.altitude + in_leg * l.altitude_slope};
    if (std::abs(p.point.longitude) > 180) p.point.longitude = std::remainder(p.point.longitude, 360.0);
    p.heading = l.heading;
    if (in_leg < before.radius)
        p.heading -= before.turn * (before.radius - in_leg) / (2 * before.radius);
    else if (l.length - in_leg < l.radius)
        p.heading += l.turn * (l.radius - l.length + in_leg) / (2 * l.radius);
    return p;
}

} // namespace loadsim::telemetry
