// Value types of the vehicles' trips: times of day, distances, weekdays, round trips and profiles.
#pragma once

#include <loadsim/telemetry/trip_options.hpp>

#include "value_types.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace loadsim::scenario {

/// Day of the vehicles by name: trip options without routes. A scenario names one.
struct trip_profile {
    std::string name;
    telemetry::trip_options options;
};

namespace value_types {

/// "07:45".
struct time_of_day {
    void read(read_context&, const yaml_node&, nanoseconds& out) const;
    yaml_node write(nanoseconds) const;
    boost::json::object schema() const;
};

/// 12km, 400m; in metres.
struct distance {
    void read(read_context&, const yaml_node&, double& out) const;
    yaml_node write(double) const;
    boost::json::object schema() const;
};

/// every-day, working-days, weekend, or a list of weekdays.
struct weekdays {
    void read(read_context&, const yaml_node&, telemetry::weekday_set& out) const;
    yaml_node write(telemetry::weekday_set) const;
    boost::json::object schema() const;
};

/// Keys of a trip profile, below its name. Reports the problems of telemetry::check(), except that of missing routes.
struct trip_profile {
    void read(read_context&, const yaml_node&, scenario::trip_profile& out) const;
    yaml_node write(const scenario::trip_profile&) const;
    boost::json::object schema() const;
};

/// Keys of fleet.trips: those of a profile, of a named one or of one's own, with time, speed and routes.
struct trips {
    void read(read_context&, const yaml_node&, telemetry::trip_options& out) const;
    yaml_node write(const telemetry::trip_options&) const;
    boost::json::object schema() const;
};

} // namespace value_types
} // namespace loadsim::scenario
