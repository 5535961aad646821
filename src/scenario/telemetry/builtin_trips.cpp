#include "telemetry/builtin_trips.hpp"

#include "embedded_data.hpp"
#include "schema_visitors.hpp"
#include "telemetry/geojson_route.hpp"
#include "yaml.hpp"

#include <cassert>

namespace loadsim::scenario {
namespace {

constexpr std::size_t max_profiles = 100;

std::vector<trip_profile> parse_trip_profiles() {
    read_context r;
    std::vector<trip_profile> all;
    if (const auto root = parse_yaml(trips_yaml, 0, r))
        value_types::keyed_list<value_types::trip_profile>{{}, "profiles", max_profiles}.read(
            r, *root->find("profiles"), all);
    assert(r.located_problems().empty());
    return all;
}

} // namespace

const std::vector<trip_profile>& builtin_trip_profiles() {
    static const auto all = parse_trip_profiles();
    return all;
}

const std::vector<telemetry::route>& builtin_routes() {
    static const auto all = parse_routes(routes_geojson, "data/routes/made_up.geojson").value();
    return all;
}

} // namespace loadsim::scenario
