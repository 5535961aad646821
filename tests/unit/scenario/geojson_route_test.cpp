// Routes from GeoJSON.
#include "telemetry/geojson_route.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::string route_problem_of(std::string_view text) {
    const auto routes = parse_routes(text, "r.geojson");
    return routes ? "" : to_string(routes.error());
}

constexpr std::string_view line_string = R"({"type": "LineString", "coordinates": [[11.5, 48.1], [11.6, 48.2, 520]]})";

} // namespace

TEST(geojson_route, has_the_longitude_first) {
    const auto routes = parse_routes(line_string, "r").value();
    EXPECT_THAT(routes,
                ElementsAre(ElementsAre(telemetry::way_point{48.1, 11.5, 0}, telemetry::way_point{48.2, 11.6, 520})));
}

TEST(geojson_route, is_found_in_features_and_collections) {
    const std::string feature =
        R"({"type": "Feature", "properties": {}, "geometry": )" + std::string(line_string) + "}";
    const std::string point = R"({"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}})";
    const auto collection =
        R"({"type": "FeatureCollection", "features": [)" + feature + "," + point + "," + feature + "]}";
    const auto geometries = R"({"type": "GeometryCollection", "geometries": [)" + std::string(line_string) + "]}";
    const std::string lines = R"({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]})";
    EXPECT_EQ(parse_routes(feature, "r").value().size(), 1U);
    EXPECT_EQ(parse_routes(collection, "r").value().size(), 2U);
    EXPECT_EQ(parse_routes(geometries, "r").value().size(), 1U);
    EXPECT_EQ(parse_routes(lines, "r").value().size(), 2U);
}

TEST(geojson_route, without_a_line_is_a_problem) {
    EXPECT_THAT(route_problem_of("[1,"), HasSubstr("r.geojson: this is no JSON"));
    EXPECT_THAT(route_problem_of("{}"), HasSubstr("there is no LineString"));
    EXPECT_THAT(route_problem_of(R"({"type": "Feature", "geometry": null})"), HasSubstr("there is no LineString"));
    EXPECT_THAT(route_problem_of(R"({"type": "FeatureCollection", "features": 3})"),
                HasSubstr("there is no LineString"));
}

TEST(geojson_route, with_a_wrong_position_names_it) {
    for (const auto* position : {"[1]", "[1, 2, 3, 4]", "[\"1\", 2]", "3", "null"}) {
        const auto text = R"({"type": "LineString", "coordinates": [[1, 2], )" + std::string(position) + "]}";
        EXPECT_THAT(route_problem_of(text), HasSubstr("position 2 of route 1 is no [longitude, latitude]")) << position;
    }
}

TEST(geojson_route, is_limited) {
    std::string text = R"({"type": "LineString", "coordinates": [[1, 2])";
    for (std::size_t i = 0; i < way_point_limit; ++i) text += ",[1,2]";
    EXPECT_THAT(route_problem_of(text + "]}"), HasSubstr("more than 100000 way points"));
}
