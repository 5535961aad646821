// Routes from GeoJSON.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/telemetry/trip_options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

inline constexpr std::size_t way_point_limit = 100'000; ///< of all routes of a file

/// Routes of a GeoJSON text (RFC 7946): each LineString, and each line of a MultiLineString, also in features and
/// collections; other geometries are ignored. A position is longitude, latitude and, optionally, the altitude.
/// Errors: no JSON, no line, a line with a wrong position, too many way points; the location is `name`.
result<std::vector<telemetry::route>> parse_routes(std::string_view geojson, const std::string& name);

} // namespace loadsim::scenario
