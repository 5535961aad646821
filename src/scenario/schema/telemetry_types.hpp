// Value types of the fleet's telemetry: groups, alarms, store, and what segments send of them.
#pragma once

#include <loadsim/fleet/options.hpp>
#include <loadsim/telemetry/options.hpp>

#include "schema/composite_types.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace loadsim::scenario {

inline constexpr std::size_t max_telemetry_groups = 100;

/// An item of a segment's telemetry: a group, or the name of one of the fleet.
struct segment_group {
    bool is_name = false; ///< only the name is set
    telemetry::group_options group;
};

/// A segment as it is written: with the groups that it has of its own.
struct segment_keys {
    vehicle::segment segment;
    std::optional<std::vector<segment_group>> telemetry{};
};

/// The fleet's groups and segments as they are written; fleet::options has the groups of all in one list.
struct telemetry_keys {
    std::vector<telemetry::group_options> groups;
    std::vector<segment_keys> segments;
};

telemetry_keys telemetry_keys_of(const fleet::options&);
/// Sets groups and segments. Equal groups of several segments are one.
void assign_telemetry(telemetry_keys, fleet::options&);

namespace value_types {

/// 10s, or {driving: 1s, parked: 10m, charging: 30s}.
struct state_periods {
    void read(read_context&, const yaml_node&, telemetry::state_periods& out) const;
    yaml_node write(const telemetry::state_periods&) const;
    boost::json::object schema() const;
};

struct telemetry_group {
    void read(read_context&, const yaml_node&, telemetry::group_options& out) const;
    yaml_node write(const telemetry::group_options&) const;
    boost::json::object schema() const;
};

/// NAME, or the keys of a group.
struct segment_telemetry {
    void read(read_context&, const yaml_node&, segment_group& out) const;
    yaml_node write(const segment_group&) const;
    boost::json::object schema() const;
};

struct telemetry_alarm {
    void read(read_context&, const yaml_node&, telemetry::alarm_options& out) const;
    yaml_node write(const telemetry::alarm_options&) const;
    boost::json::object schema() const;
};

struct telemetry_store {
    void read(read_context&, const yaml_node&, telemetry::store_options& out) const;
    yaml_node write(const telemetry::store_options&) const;
    boost::json::object schema() const;
};

} // namespace value_types
} // namespace loadsim::scenario
