#include <loadsim/telemetry/trip_options.hpp>

#include "route_track.hpp"
#include "week_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadsim::telemetry {
namespace {

constexpr double longest_trip = 1'000'000; // metres

bool is_time_of_day(nanoseconds t) { return t >= nanoseconds{0} && t < day_length; }
/// False also for NaN.
bool is_between(double value, double least, double most) { return value >= least && value <= most; }

void check_round_trip(const round_trip& r, std::size_t i, std::vector<std::string>& found) {
    const auto add = [&](std::string_view text) { found.push_back(fmt::format("round trip {}: {}", i + 1, text)); };
    if (!is_time_of_day(r.departure) || !is_time_of_day(r.departure_back))
        add("a departure is a time of day from 00:00 to 23:59");
    if (r.departure == r.departure_back) add("the departure back is at the time of the departure: choose another one");
    if (r.spread < nanoseconds{0} || r.spread > day_length / 2) add("the spread is from 0s to 12h");
    if (!is_between(r.share.value, 0, 1)) add("the share is from 0% to 100%");
    if (r.days.none()) add("it has no weekday: name one at least, or leave the days out");
    if (!is_between(r.length.median, least_trip_length, longest_trip) ||
        !is_between(r.length.p99, r.length.median, longest_trip))
        add("the length is from 500m to 1000km, and its p99 is not less than its median");
}

} // namespace

std::string route_problem(const route& r) {
    const auto is_on_earth = [](const way_point& p) {
        return is_between(p.latitude, -85, 85) && is_between(p.longitude, -180, 180) &&
               is_between(p.altitude, -500, 9000);
    };
    if (!std::ranges::all_of(r, is_on_earth))
        return "latitudes are from -85 to 85, longitudes from -180 to 180 degrees, altitudes from -500 to 9000 metres; "
               "GeoJSON has the longitude first";
    double length = 0;
    for (std::size_t k = 1; k < r.size(); ++k) {
        const double step = distance(r[k - 1], r[k]);
        if (step > 100'000)
            return fmt::format("way points {} and {} are {:.0f} km apart; at most 100 km: add way points between them",
                               k, k + 1, step / 1000);
        length += step;
    }
    return length < 1000 ? "it is shorter than 1 km: add way points" : "";
}

std::vector<std::string> check(const trip_options& options) {
    std::vector<std::string> found;
    if (!is_time_of_day(options.start)) found.emplace_back("the start is a time of day from 00:00 to 23:59");
    if (!is_between(options.speed, 0.001, 100'000)) found.emplace_back("the speed is from 0.001 to 100000");
    if (!is_between(options.charge_power, 1, 350)) found.emplace_back("the charge power is from 1 to 350 kW");
    if (!is_between(options.stops.spacing, 100, 100'000))
        found.emplace_back("the spacing of stops is from 100m to 100km");
    if (options.stops.least_time < nanoseconds{0} || options.stops.least_time > std::chrono::hours{1})
        found.emplace_back("the time of a stop is from 0s to 1h");
    const auto& w = options.weather;
    if (!is_between(w.mean, -40, 40) || !is_between(w.swing, 0, 15) || !is_between(w.spread, 0, 10))
        found.emplace_back(
            "weather: the mean is from -40 to 40 degrees, the swing from 0 to 15, the spread from 0 to 10");
    if (options.routes.empty()) found.emplace_back("there is no route: name a GeoJSON file with one, or leave it out");
    for (std::size_t i = 0; i < options.routes.size(); ++i)
        if (const auto why = route_problem(options.routes[i]); !why.empty())
            found.push_back(fmt::format("route {}: {}", i + 1, why));
    if (options.round_trips.size() > max_round_trips)
        found.push_back(fmt::format("{} round trips; at most {}", options.round_trips.size(), max_round_trips));
    for (std::size_t i = 0; i < options.round_trips.size(); ++i) check_round_trip(options.round_trips[i], i, found);
    if (!found.empty()) return found; // windows of such round trips mean nothing
    const auto week = plan_week(options);
    if (!week.fits)
        found.emplace_back(
            "the round trips leave less than 2h of the day in which all vehicles are at home; the batteries are "
            "charged then: move or shorten one");
    for (std::size_t i = 0; i < week.plan.length_most.size() && week.fits; ++i)
        if (week.plan.length_most[i] < least_trip_length)
            found.push_back(
                fmt::format("round trip {} has too little time before the next departure: a trip takes it and half "
                            "an hour; move one of the departures",
                            i + 1));
    return found;
}

} // namespace loadsim::telemetry
