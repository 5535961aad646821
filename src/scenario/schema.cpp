#include <loadsim/scenario/read.hpp>

#include "renamed_names.hpp"
#include "schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace loadsim::scenario {
namespace {

/// Default value in its JSON type; YAML scalars are kept as text.
boost::json::value typed(const boost::json::object& schema, const std::string& text) {
    const auto* type = schema.if_contains("type");
    if (type == nullptr || !type->is_string() || type->as_string() == "string") return boost::json::string(text);
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value(boost::json::string(text)) : value;
}

} // namespace

source_location object_reader::location_of(std::string_view name) const {
    return std::ranges::find(from_.members, name, &yaml_member::key)->location;
}

bool object_reader::has_old_name_of(std::string_view name) const {
    return std::ranges::any_of(from_.members, [&](const yaml_member& m) {
        return !present_name(m.key, {&name, 1}).empty();
    });
}

void object_reader::finish() const {
    for (const auto& m : from_.members) {
        if (std::ranges::count(names_, m.key) != 0) continue;
        const auto guard = context_.enter(m.key);
        context_.add_problem(m.location, unknown_or_renamed("key", m.key, names_));
    }
}

bool value_types::check_item_count(read_context& r, const yaml_node& n, std::size_t count, std::string_view what,
                                   std::size_t max) {
    if (count <= max) return true;
    r.add_problem(n, std::to_string(count) + " " + std::string(what) + "; " + std::to_string(max) + " are the most");
    return false;
}

void object_schema::add(std::string_view name, std::string_view documentation, boost::json::object schema,
                        const yaml_node& default_value) {
    schema["description"] = documentation;
    if (default_value.what == yaml_node::kind::scalar && !default_value.text.empty())
        schema["default"] = typed(schema, default_value.text);
    properties_[name] = std::move(schema);
}

boost::json::object object_schema::take_schema() {
    boost::json::object made{
        {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties_)}};
    if (!required_.empty()) made["required"] = std::move(required_);
    return made;
}

std::string schema() {
    boost::json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "loadsim scenario"}};
    for (auto& entry : value_types::object<scenario_config>{}.schema()) root[entry.key()] = entry.value();
    root["patternProperties"] = boost::json::object{{"^x-", boost::json::object{}}}; // any value, for YAML anchors
    root["$defs"] = boost::json::object{{"step", value_types::step::definition()}};
    return boost::json::serialize(root) + "\n";
}

} // namespace loadsim::scenario
