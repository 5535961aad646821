#include "telemetry/geojson_route.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <optional>
#include <utility>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

constexpr int depth_most = 8; // of collections in collections

/// Reads the lines of a GeoJSON object; stops at the first problem.
class route_reader {
public:
    std::vector<telemetry::route> routes;
    std::string problem;

    void read(const json::value& value, int depth = 0) {
        const auto* object = value.if_object();
        if (object == nullptr || depth > depth_most || !problem.empty()) return;
        const auto type = text_of(*object, "type");
        const auto* coordinates = member(*object, "coordinates");
        if (type == "FeatureCollection")
            read_all(member(*object, "features"), depth);
        else if (type == "GeometryCollection")
            read_all(member(*object, "geometries"), depth);
        else if (type == "Feature" && member(*object, "geometry") != nullptr)
            read(*member(*object, "geometry"), depth + 1);
        else if (type == "LineString")
            read_line(coordinates);
        else if (type == "MultiLineString" && coordinates != nullptr && coordinates->is_array())
            for (const auto& line : coordinates->get_array()) read_line(&line);
    }

private:
    static const json::value* member(const json::object& object, std::string_view name) {
        return object.if_contains(name);
    }
    static std::string_view text_of(const json::object& object, std::string_view name) {
        const auto* value = member(object, name);
        return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
    }
    void read_all(const json::value* list, int depth) {
        if (list == nullptr || !list->is_array()) return;
        for (const auto& one : list->get_array()) read(one, depth + 1);
    }
    void read_line(const json::value* coordinates) {
        if (!problem.empty()) return;
        telemetry::route line;
        if (coordinates != nullptr && coordinates->is_array())
            for (const auto& position : coordinates->get_array()) {
                const auto point = point_of(position);
                if (!point) {
                    problem = fmt::format(
                        "position {} of route {} is no [longitude, latitude] or [longitude, latitude, altitude]",
                        line.size() + 1, routes.size() + 1);
                    return;
                }
                line.push_back(*point);
                if (++points_ > way_point_limit) {
                    problem = fmt::format("more than {} way points; simplify the routes", way_point_limit);
                    return;
                }
            }
        routes.push_back(std::move(line));
    }
    static std::optional<telemetry::way_point> point_of(const json::value& position) {
        const auto* numbers = position.if_array();
        if (numbers == nullptr || numbers->size() < 2 || numbers->size() > 3) return std::nullopt;
        double values[3] = {};
        for (std::size_t i = 0; i < numbers->size(); ++i) {
            if (!(*numbers)[i].is_number()) return std::nullopt;
            values[i] = (*numbers)[i].to_number<double>();
        }
        return telemetry::way_point{values[1], values[0], values[2]};
    }

    std::size_t points_ = 0;
};

} // namespace

result<std::vector<telemetry::route>> parse_routes(std::string_view geojson, const std::string& name) {
    boost::system::error_code error;
    const auto document = json::parse(geojson, error);
    if (error)
        return problems{name,
                        fmt::format("this is no JSON ({}); a route is GeoJSON with a LineString", error.message())};
    route_reader reader;
    reader.read(document);
    if (!reader.problem.empty()) return problems{name, reader.problem};
    if (reader.routes.empty())
        return problems{
            name, "there is no LineString; a route is a GeoJSON LineString, a Feature or FeatureCollection with some"};
    return std::move(reader.routes);
}

} // namespace loadsim::scenario
