// Built-in trip profiles and routes.
#pragma once

#include "telemetry/trip_schema.hpp"

#include <vector>

namespace loadsim::scenario {

/// Profiles of data/trips.yaml, without routes. Threads: any.
const std::vector<trip_profile>& builtin_trip_profiles();

/// Routes of data/routes/made_up.geojson. Threads: any.
const std::vector<telemetry::route>& builtin_routes();

} // namespace loadsim::scenario
