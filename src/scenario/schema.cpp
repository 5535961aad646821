#include <loadsim/base/encoding.hpp>
#include <loadsim/scenario/read.hpp>

#include "includes.hpp"
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
        if (printable_length(m.key) != m.key.size()) continue; // expect_map() has reported it
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

void value_types::mark_defaults(yaml_node& n, const yaml_node& defaults) {
    if (n.text == defaults.text) n.may_hold_secret = false;
    for (std::size_t i = 0; i < std::min(n.items.size(), defaults.items.size()); ++i)
        mark_defaults(n.items[i], defaults.items[i]);
    for (auto& m : n.members)
        if (const auto* default_value = defaults.find(m.key)) mark_defaults(m.value, *default_value);
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

boost::json::object root_schema() {
    using boost::json::object;
    auto root = value_types::object<scenario_config>{}.schema();
    boost::json::array keys;
    for (const auto& property : root.at("properties").as_object()) keys.emplace_back(property.key());
    const object path{{"type", "string"}};
    const object any_x_key{{"pattern", "^x-"}};
    auto& properties = root.at("properties").as_object();
    const auto add = [&](const file_key& key, object schema) {
        schema["description"] = key.documentation;
        properties[key.name] = std::move(schema);
    };
    add(file_keys[0], value_types::any_of(path, object{{"type", "array"}, {"items", path}}));
    add(file_keys[1],
        {{"title", "map of names to: map of keys"},
         {"type", "object"},
         {"additionalProperties",
          object{{"type", "object"}, {"propertyNames", value_types::any_of(object{{"enum", keys}}, any_x_key)}}}});
    root["patternProperties"] = object{{"^x-", object{}}}; // any value, for YAML anchors
    root["$defs"] = object{{"step", value_types::step::definition()}};
    return root;
}

std::string schema() {
    boost::json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "loadsim scenario"}};
    for (auto& entry : root_schema()) root[entry.key()] = entry.value();
    // The included files may have the required keys.
    const auto required_keys = [](boost::json::value keys) {
        return boost::json::object{{"required", std::move(keys)}};
    };
    root["anyOf"] =
        boost::json::array{required_keys(root.at("required")), required_keys(boost::json::array{file_keys[0].name})};
    root.erase("required");
    return boost::json::serialize(root) + "\n";
}

} // namespace loadsim::scenario
